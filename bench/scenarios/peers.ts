/** F3: the same events without softdlb: by message, by hand, and as tasks of a pool. */
import { EndToEndRig } from '../rigs/end-to-end-rig.js';
import { HashRig } from '../rigs/hash-rig.js';
import { MessageRig, OBJECT, OBJECTS, words } from '../rigs/message-rig.js';
import { withRigs } from '../rigs/rigs.js';
import type { Rig } from '../rigs/rigs.js';
import { TaskPoolRig } from '../rigs/task-pool-rig.js';
import type { Contestant, Goal, Outcome, Row, Scenario } from '../scenario.js';
import { measureInTurns } from '../turns.js';
import { DEQUEUE_DEPTH } from './end-to-end.js';

interface Entrant {
  readonly name: string;
  /** As many as take a good part of a second. */
  readonly events: number;
  readonly open: () => Promise<Rig> | Rig;
  /** How many times as fast softdlb has to be. */
  readonly goal?: number;
}

const CONSUMERS = 2;

const ENTRANTS: readonly Entrant[] = [
  {
    name: 'softdlb, P1 ──▶ [atomic] ──▶ C1,C2',
    events: 2_000_000,
    open: () => EndToEndRig.open({ consumers: CONSUMERS, dequeueDepth: DEQUEUE_DEPTH }),
  },
  {
    name: 'by hand: flows hashed to 2 rings, no balancing',
    events: 2_000_000,
    open: () => HashRig.open(CONSUMERS),
  },
  {
    name: 'postMessage, 32 in an Int32Array',
    events: 1_000_000,
    open: () => MessageRig.open(words()),
  },
  {
    name: 'postMessage, 32 objects',
    events: 500_000,
    open: () => MessageRig.open(OBJECTS),
    goal: 3.5,
  },
  {
    name: 'postMessage, one object',
    events: 100_000,
    open: () => MessageRig.open(OBJECT),
  },
  {
    name: 'piscina, no-op task, 1 thread',
    events: 20_000,
    open: () => TaskPoolRig.piscina(1),
    goal: 150,
  },
  {
    name: 'piscina, no-op task, 2 threads',
    events: 20_000,
    open: () => TaskPoolRig.piscina(2),
    goal: 150,
  },
  {
    name: 'tinypool, no-op task, 1 thread',
    events: 20_000,
    open: () => TaskPoolRig.tinypool(1),
    goal: 100,
  },
  {
    name: 'tinypool, no-op task, 2 threads',
    events: 20_000,
    open: () => TaskPoolRig.tinypool(2),
    goal: 100,
  },
  {
    name: 'poolifier, no-op task, 2 threads',
    events: 20_000,
    open: () => TaskPoolRig.poolifier(2),
  },
];

export const peers: Scenario = {
  name: 'peers',
  topology: 'P1 ──▶ C1   by message; P1 ──▶ C1,C2   by hash; P1 ──▶ pool ──▶ P1   by task',
  about:
    'softdlb as in end-to-end; rings by hand, which flows are hashed to once and for all; raw ' +
    'postMessage to one thread, without any scheduling, with as many events on their way; pools ' +
    'with 64 tasks under way and the settings fastest here.',
  threads: 4,

  run: (settings, progress) =>
    withRigs(async (open): Promise<Outcome> => {
      const contestants: Contestant[] = [];
      for (const entrant of ENTRANTS) {
        const rig = await open(entrant.open());
        const { name, events } = entrant;
        contestants.push({ name, events, run: (count) => rig.run(count) });
      }
      const rows = await measureInTurns(contestants, 'events/s', settings, progress);
      return { rows, readings: [], goals: rows.flatMap(goal) };
    }),
};

function goal({ name, ratio }: Row, index: number): Goal[] {
  const least = ENTRANTS[index]!.goal;
  if (least === undefined) return [];
  return [{ text: `at least ${least} x as fast as ${name}`, met: ratio >= least }];
}
