/** One run of traffic that ends with a cut, a recovery, and what must hold then. */
import { Scenario } from './scenario.js';
import type { Topology } from './scenario.js';

/** What stands at the end of a run. */
export interface Cut {
  /** The store that is not made, of the last step; undefined: all are made. */
  readonly at: number | undefined;
  /** Ports act in the middle of it, before this store. */
  readonly actAt: number | undefined;
  readonly last: 'pass' | 'stop' | 'reclaim';
}

/** Runs the same for the same seed up to the last step, which is cut. Returns how many stores the step made, and
 *  what was wrong. */
export async function run(topology: Topology, seed: number, cut: Cut): Promise<[number, string[]]> {
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
  } else {
    rig.pass();
    // Threads go on, whether the scheduler lives or not.
    for (let i = 0; i < 12; i++) scenario.act();
    rig.pass();
  }
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
