/**
 * One run, in a process of its own: its topology follows from the seed, its timing does not.
 *
 * Arguments: the seed, and for how many milliseconds the producers send. The last line of output is
 * a Verdict. Exit code 1 if anything is wrong.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { openDevice } from '../../lib/index.js';
import type { Domain } from '../../lib/index.js';
import { tell, makeBoard, PAYLOADS, TALLY } from './board.js';
import type { Board } from './board.js';
import { Crew } from './crew.js';
import { Random } from './random.js';
import { specOf, topologyOf } from './topology.js';
import type { Topology } from './topology.js';
import type { Verdict } from './verdict.js';

const seed = Number(process.argv[2]);
const runMs = Number(process.argv[3]);
/** No event received for so long while some are inside: they are stuck. */
const STUCK_MS = 15_000;
/** A snapshot is not one moment; but soon all is where it stays. */
const LOOKS_AT_CREDITS = 100;

const topology = topologyOf(seed);
const random = new Random(~seed);
const board = makeBoard(topology);
const device = await openDevice();
const domain = await device.createDomain(specOf(topology));
let step = 'starting';

const crew = new Crew(domain, topology, board);
const watch = watchProgress(domain, crew);
await domain.start();
step = 'waiting for the threads';
while (Atomics.load(board.tally, TALLY.HIRES) < crew.size) await sleep(1);
step = 'running';
await runFor(runMs);
step = 'waiting for the producers';
tell(board, TALLY.FINISH);
await crew.producersDone();
step = 'waiting for the events inside';
while (domain.stats().inflight > 0) await sleep(1);
step = 'waiting for the credits';
const credits = await creditsAtRest(domain);
step = 'stopping';
const { flushed } = await domain.stop();
step = 'waiting for the workers';
await crew.allDone();
crew.check();
step = 'closing';
await device.close();
clearInterval(watch);
report(verdictOf({ credits, flushed }));

/** All credits there are, once those that went from hand to hand have come to rest. */
async function creditsAtRest(settling: Domain): Promise<number> {
  for (let looks = 0; ; looks++) {
    const { creditsFree, ports } = settling.stats();
    const sum = ports.reduce((all, port) => all + port.credits, creditsFree);
    if (sum === topology.eventsLimit || looks === LOOKS_AT_CREDITS) return sum;
    await sleep(10);
  }
}

/** Traffic, and threads that are terminated now and then. */
async function runFor(ms: number): Promise<void> {
  const until = performance.now() + ms;
  for (let left = ms; left > 0; left = until - performance.now()) {
    const { killEveryMs } = topology;
    await sleep(killEveryMs === 0 ? left : Math.min(left, random.within(1, 2 * killEveryMs)));
    if (killEveryMs > 0) await crew.killOne(random);
  }
}

/** Ends the process with what is known when nothing moves any more. */
function watchProgress(watched: Domain, hired: Crew): NodeJS.Timeout {
  let received = -1;
  let since = performance.now();
  return setInterval(() => {
    hired.check();
    const now = Atomics.load(board.tally, TALLY.RECEIVED);
    if (now !== received) since = performance.now();
    received = now;
    if (performance.now() - since < STUCK_MS) return;
    report({ ...verdictOf({ credits: -1, flushed: -1 }), stuck: { step, stats: watched.stats() } });
    process.exit(1);
  }, 200);
}

function verdictOf(end: { credits: number; flushed: number }): Verdict {
  const tally = (what: number): number => Atomics.load(board.tally, what);
  const sent = board.sent.reduce((sum, each) => sum + each, 0);
  return {
    seed,
    topology,
    wrong: {
      lost: lostOf(topology, board),
      twice: tally(TALLY.TWICE),
      shared: tally(TALLY.SHARED),
      overtaken: tally(TALLY.OVERTAKEN),
      foreign: tally(TALLY.FOREIGN),
      creditsMissing: topology.eventsLimit - end.credits,
      flushed: end.flushed,
    },
    counts: {
      sent,
      received: tally(TALLY.RECEIVED),
      again: tally(TALLY.AGAIN),
      kills: crew.kills,
      detached: tally(TALLY.DETACHED),
    },
    stuck: null,
  };
}

/** Payloads that were accepted and not seen by some stage. */
function lostOf({ producers, stages }: Topology, { seen, sent }: Board): number {
  let lost = 0;
  for (let stage = 0; stage <= stages.length; stage++) {
    for (let producer = 0; producer < producers; producer++) {
      const first = (stage * producers + producer) * PAYLOADS;
      for (let i = 0; i < sent[producer]!; i++) if (seen[first + i] === 0) lost++;
    }
  }
  return lost;
}

function report(verdict: Verdict): void {
  process.stdout.write(`${JSON.stringify(verdict)}\n`);
  const { wrong, stuck } = verdict;
  if (stuck !== null || Object.values(wrong).some((n) => n !== 0)) process.exitCode = 1;
}
