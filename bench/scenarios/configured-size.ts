/** F7: what is configured and not used, and how many flows there are, should cost nothing. */
import { InlineChild } from '../rigs/inline-child.js';
import type { InlineShape } from '../rigs/inline-rig.js';
import { withRigs } from '../rigs/rigs.js';
import type { Contestant, Outcome, Row, Scenario } from '../scenario.js';
import { measureInTurns } from '../turns.js';

const EVENTS = 1_000_000;
const CONSUMERS = 4;
const PORTS = 64;
const QUEUES = 32;
const IDLE_MAX = 1.15;
const FLOWS_MAX = 1.3;
const BASE: InlineShape = { type: 'atomic', consumers: CONSUMERS, dequeueDepth: 128 };

interface Entry {
  readonly name: string;
  readonly shape: InlineShape;
  readonly against: string;
  readonly goal?: number;
}

const SMALL = 'only what is used: 5 ports, 1 queue';
const FEW = '16 flows';
const ENTRIES: readonly Entry[] = [
  { name: SMALL, shape: BASE, against: SMALL },
  {
    name: `the same 5 ports and 1 queue of ${PORTS} and ${QUEUES}`,
    shape: { ...BASE, idleQueues: QUEUES - 1, idlePorts: PORTS - 1 - CONSUMERS },
    against: SMALL,
    goal: IDLE_MAX,
  },
  { name: FEW, shape: { ...BASE, flows: 16, wordsPerFlow: 1 }, against: FEW },
  {
    name: '16 384 flows',
    shape: { ...BASE, flows: 16_384, wordsPerFlow: 1 },
    against: FEW,
    goal: FLOWS_MAX,
  },
];

export const configuredSize: Scenario = {
  name: 'configured-size',
  topology: 'P1 ──▶ [atomic] ──▶ C1..C4   on one thread, among idle ports and queues',
  about: 'As inline-device, a pass per 32 events, a process per row.',
  threads: 1,

  run: (settings, progress) =>
    withRigs(async (open): Promise<Outcome> => {
      const contestants: Contestant[] = [];
      for (const { name, shape, against } of ENTRIES) {
        const rig = await open(InlineChild.start(shape));
        const rival = { name: against, label: against === FEW ? FEW : 'first row' };
        contestants.push({ name, events: EVENTS, against: rival, run: (count) => rig.run(count) });
      }
      const rows = await measureInTurns(contestants, 'ns/event', settings, progress);
      return { rows, readings: [], goals: rows.flatMap(goal) };
    }),
};

function goal({ name, ratio }: Row, index: number) {
  const { goal: most, against } = ENTRIES[index]!;
  if (most === undefined) return [];
  return [{ text: `${name}: at most ${most} x “${against}”`, met: ratio <= most }];
}
