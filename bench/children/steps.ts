/**
 * `node steps.js TYPE CONSUMERS PER_PASS EVENTS`: nanoseconds per event of each step of an inline device,
 * as one line of JSON. What reading the clock takes is taken off.
 */
import { EventBurst, attachPort, openDevice } from '../../lib/index.js';
import type { InlineType } from '../rigs/inline-rig.js';
import {
  Arrivals,
  BURST,
  newFlowTable,
  problemsOf,
  resetFlowTable,
  writeEvents,
} from '../workload.js';

export interface StepReport {
  readonly steps: Readonly<Record<string, number>>;
  readonly problems: readonly string[];
}

const STEPS = ['write', 'enqueue', 'pass', 'dequeue', 'read'];
const [WRITE, ENQUEUE, PASS, DEQUEUE, READ] = [0, 1, 2, 3, 4] as const;
const EVENTS_LIMIT = 4096;
const NS_PER_MS = 1e6;
/** The first rounds are those in which V8 compiles. */
const WARM_UP_ROUNDS = 4;
const ROUNDS = 8;
const CLOCK_READS = 100_000;

const [type, consumers, perPass, events] = [
  process.argv[2] as InlineType,
  Number(process.argv[3]),
  Number(process.argv[4]),
  Number(process.argv[5]),
];
const device = await openDevice({ scheduling: 'inline' });
const dequeueDepth = Math.max(BURST, perPass);
const domain = await device.createDomain({
  eventsLimit: EVENTS_LIMIT,
  queues: [{ type, sequences: EVENTS_LIMIT }],
  ports: [{}, ...Array.from({ length: consumers }, () => ({ links: [0], dequeueDepth }))],
});
await domain.start();
const producer = attachPort(domain.attachment(0));
const ports = Array.from({ length: consumers }, (_, i) => attachPort(domain.attachment(1 + i)));
const sent = new EventBurst(BURST);
const taken = new EventBurst(BURST);
const table = newFlowTable();
const arrivals = new Arrivals(table);
const spent = new Float64Array(STEPS.length);
const reads = new Float64Array(STEPS.length);

/** Adds the time since `from` to a step. Returns the time. */
function note(step: number, from: number): number {
  const now = performance.now();
  spent[step] = spent[step]! + now - from;
  reads[step] = reads[step]! + 1;
  return now;
}

function round(): void {
  for (let done = 0; done < events; done += perPass) {
    let at = performance.now();
    for (let first = done; first < done + perPass; first += BURST) {
      writeEvents(sent, first, BURST);
      at = note(WRITE, at);
      producer.enqueueBurst(sent);
      at = note(ENQUEUE, at);
    }
    device.schedule();
    at = note(PASS, at);
    for (const port of ports) {
      do {
        port.dequeueBurst(taken);
        at = note(DEQUEUE, at);
        arrivals.take(taken);
        at = note(READ, at);
      } while (taken.length === BURST);
    }
  }
}

function clockCost(): number {
  const from = performance.now();
  for (let i = 0; i < CLOCK_READS; i++) note(READ, performance.now());
  return (performance.now() - from) / (2 * CLOCK_READS);
}

const problems: string[] = [];
let best = Infinity;
let steps: Record<string, number> = {};
clockCost();
const clock = clockCost();
for (let i = 0; i < WARM_UP_ROUNDS + ROUNDS; i++) {
  spent.fill(0);
  reads.fill(0);
  resetFlowTable(table);
  round();
  problems.push(...problemsOf(events, [arrivals.tally()], type === 'atomic'));
  const sum = spent.reduce((total, ms) => total + ms, 0);
  if (i < WARM_UP_ROUNDS || sum >= best) continue;
  best = sum;
  const perEvent = (_: string, step: number): number =>
    ((spent[step]! - reads[step]! * clock) * NS_PER_MS) / events;
  steps = Object.fromEntries(STEPS.map((name, step) => [name, perEvent(name, step)]));
}
console.log(JSON.stringify({ steps, problems } satisfies StepReport));
await device.close();
