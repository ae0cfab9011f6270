/**
 * A recovery finds every event exactly once, in order, wherever the scheduler was cut off: at each store
 * of a pass, with threads that go on while it dies.
 */
import { expect, test } from '@jest/globals';
import { SCHED } from '../../lib/index.js';
import { Scenario } from './scenario.js';
import type { Topology } from './scenario.js';

const worker = { links: [0, 1], dequeueDepth: 4, implicitRelease: false };
const ORDERED = { type: 'ordered' as const, sequences: 16 };

const TOPOLOGIES: Topology[] = [
  {
    name: 'atomic, with flows that are blocked',
    spec: {
      eventsLimit: 64,
      queues: [
        { type: 'atomic', flows: 16 },
        { type: 'atomic', flows: 16 },
      ],
      ports: [{}, worker, worker, worker],
    },
    first: [0],
    next: 1,
    inOrder: [true, true],
  },
  {
    name: 'ordered, then atomic',
    spec: {
      eventsLimit: 48,
      queues: [ORDERED, { type: 'atomic', flows: 16 }],
      ports: [{}, worker, worker, worker],
    },
    first: [0],
    next: 1,
    inOrder: [true, true],
  },
  {
    name: 'ordered per flow, then directed',
    spec: {
      eventsLimit: 48,
      queues: [{ ...ORDERED, scope: 'flow', flows: 8 }, { type: 'directed' }],
      ports: [{}, { ...worker, links: [0] }, { ...worker, links: [0] }, worker],
    },
    first: [0],
    next: 1,
    inOrder: [true, true],
  },
  {
    name: 'any, then parallel',
    spec: {
      eventsLimit: 64,
      queues: [{ type: 'any', flows: 16, sequences: 16 }, { type: 'parallel' }],
      ports: [{}, worker, worker],
    },
    first: [0],
    next: 1,
    schedTypes: [SCHED.ORDERED, SCHED.ATOMIC, SCHED.PARALLEL],
    inOrder: [true, false],
  },
  {
    name: 'pieces of ordered events',
    spec: {
      eventsLimit: 32,
      queues: [
        { ...ORDERED, fragments: 4 },
        { type: 'atomic', flows: 16 },
      ],
      ports: [{}, worker, worker],
    },
    first: [0],
    next: 1,
    pieces: 4,
    inOrder: [true, true],
  },
  {
    name: 'pieces of atomic events and of ordered ones per flow',
    spec: {
      eventsLimit: 32,
      queues: [
        { type: 'atomic', flows: 16, fragments: 4 },
        { type: 'parallel' },
        { ...ORDERED, scope: 'flow', flows: 8, fragments: 4 },
      ],
      ports: [{}, { ...worker, links: [0, 1, 2] }, { ...worker, links: [0, 1, 2] }],
    },
    first: [0, 2],
    next: 1,
    pieces: 4,
    inOrder: [true, true],
  },
  {
    name: 'completions in any order',
    spec: {
      eventsLimit: 64,
      queues: [ORDERED, { type: 'atomic', flows: 16 }, { type: 'atomic', flows: 16 }],
      ports: [
        {},
        { ...worker, links: [0, 1, 2], independentEnqueue: true },
        { ...worker, links: [0, 1, 2], independentEnqueue: true },
      ],
    },
    first: [0, 2],
    next: 1,
    isIndependent: true,
    inOrder: [true, false],
  },
  {
    name: 'ports that come, go, and give back',
    spec: {
      eventsLimit: 64,
      queues: [{ type: 'atomic', flows: 16 }, { type: 'parallel' }, ORDERED],
      ports: [
        {},
        { ...worker, links: [0, 1, 2] },
        { ...worker, links: [0, 1, 2] },
        { ...worker, links: [0, 1] },
      ],
    },
    first: [0, 2],
    next: 1,
    isRestless: true,
    inOrder: [true, false],
  },
];

/** What stands at the end of a run. */
interface Cut {
  /** The store that is not made, of the last step; undefined: all are made. */
  readonly at: number | undefined;
  /** Ports act in the middle of it, before this store. */
  readonly actAt: number | undefined;
  readonly last: 'pass' | 'stop' | 'reclaim';
}

/** Runs the same for the same seed up to the last step, which is cut. Returns how many stores the step made, and
 *  what was wrong. */
async function run(topology: Topology, seed: number, cut: Cut): Promise<[number, string[]]> {
  const scenario = await Scenario.open(topology, seed);
  const { rig, random } = scenario;
  const steps = 4 + random(30);
  for (let step = 0; step < steps; step++) {
    if (topology.isRestless === true && random(3) === 0) scenario.unrest();
    scenario.act();
    rig.pass();
  }
  if (topology.isRestless === true) scenario.unrest();
  scenario.act();
  const { knife } = rig;
  knife.stores = 0;
  knife.cutAt = cut.at;
  const before = knife.stores;
  if (cut.actAt !== undefined) {
    knife.before.set(cut.actAt, () => {
      for (let i = 0; i < 3; i++) scenario.act();
    });
  }
  let stopped: Promise<Int32Array | null> = Promise.resolve(null);
  if (cut.last === 'stop') stopped = flushOf(scenario);
  else if (cut.last === 'reclaim') {
    await rig.domain.reclaim(1).catch(() => {});
    rig.pass();
  } else rig.pass(2);
  const stores = knife.stores - before;
  const flushed = await stopped;
  if (flushed !== null) return [stores, scenario.check(flushed, false)];
  knife.isDead = true;
  const wrong = scenario.check(rig.recover());
  return [stores, [...wrong, ...scenario.goOn()]];
}

/** What a stop flushed, or null if it was cut before it answered. */
async function flushOf({ rig }: Scenario): Promise<Int32Array | null> {
  const words: number[] = [];
  try {
    await rig.domain.stop((burst) => words.push(...burst.words.slice(0, burst.length * 4)), {
      graceMs: 0,
    });
    return Int32Array.from(words);
  } catch {
    return null;
  }
}

test.each(TOPOLOGIES)('cut at every store of two passes: $name', async (topology) => {
  let cuts = 0;
  for (let seed = 1; cuts < 150; seed++) {
    const whole: Cut = { at: undefined, actAt: undefined, last: 'pass' };
    const [stores, wrong] = await run(topology, seed, whole);
    expect([seed, wrong]).toEqual([seed, []]);
    if (stores < 50) continue;
    cuts += stores;
    for (let at = 0; at < stores; at++) {
      const actAt = at % 2 === 0 ? undefined : (at * 7) % at;
      const cut: Cut = { at, actAt, last: 'pass' };
      const [, found] = await run(topology, seed, cut);
      expect({ seed, cut, found }).toEqual({ seed, cut, found: [] });
    }
  }
});

test.each(TOPOLOGIES)('cut anywhere, after anything: $name', async (topology) => {
  for (let seed = 100; seed < 250; seed++) {
    const last = seed % 5 === 0 ? 'stop' : seed % 5 === 1 ? 'reclaim' : 'pass';
    if (last === 'reclaim' && topology.pieces !== undefined) continue;
    const at = (seed * 7919) % 331;
    const actAt = seed % 3 === 0 ? undefined : (seed * 31) % (at + 1);
    const cut: Cut = { at, actAt, last };
    const [, found] = await run(topology, seed, cut);
    expect({ seed, cut, found }).toEqual({ seed, cut, found: [] });
  }
});
