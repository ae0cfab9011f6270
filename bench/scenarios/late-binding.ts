/** F12: short events should not wait behind long ones while somebody is free. */
import { LateBindingRig } from '../rigs/late-binding-rig.js';
import { withRigs } from '../rigs/rigs.js';
import { CheckFailed } from '../scenario.js';
import type { Outcome, Reading, Scenario } from '../scenario.js';
import { middle } from '../turns.js';

/** A little less than three seconds of arrivals. */
const EVENTS = 50_000;
const RATIO_MAX = 1.5;
const PERCENTILES = [50, 99, 99.9];
const VARIANTS = [
  { name: 'depth left out', dequeueDepth: undefined },
  { name: 'depth 1', dequeueDepth: 1 },
];

export const lateBinding: Scenario = {
  name: 'late-binding',
  topology: 'P1 ──▶ [parallel] ──▶ C1,C2   at half load, 1 % of the events being long',
  about:
    'Poisson arrivals; 5 ms of work for one event in a hundred, 5 µs for the others; each worker ' +
    'takes one at a time. From when a short event was sent until its work begins.',
  threads: 4,
  fullOnly: true,

  run: ({ runs, events = EVENTS }, progress) =>
    withRigs(async (open): Promise<Outcome> => {
      const rigs: LateBindingRig[] = [];
      const count = Math.min(events, EVENTS);
      for (const { dequeueDepth } of VARIANTS) {
        rigs.push(await open(LateBindingRig.open(count, dequeueDepth)));
      }
      const rounds: Float64Array[][] = [];
      for (let round = 0; round <= runs; round++) {
        progress.step(round === 0 ? 'warm-up' : `${round}`);
        const pair: Float64Array[] = [];
        for (const rig of rigs) pair.push(await rig.run());
        if (pair.some(({ length }) => length === 0)) throw new CheckFailed(['events are missing']);
        if (round > 0) rounds.push(pair);
      }
      return outcome(rounds);
    }),
};

function outcome(rounds: readonly Float64Array[][]): Outcome {
  const readings = VARIANTS.flatMap(({ name }, i) =>
    PERCENTILES.map((percent): Reading => {
      const value = middle(rounds.map((pair) => percentile(pair[i]!, percent)));
      return { name: `${name}: p${percent}`, value, unit: 'µs' };
    }),
  );
  const pairs = rounds.map(([own, best]) => percentile(own!, 99) / percentile(best!, 99));
  const ratio = middle(pairs);
  const text = `p99 is ${ratio.toFixed(2)} x that of depth 1, at most ${RATIO_MAX} x`;
  return { rows: [], readings, goals: [{ text, met: ratio <= RATIO_MAX }] };
}

function percentile(sorted: Float64Array, percent: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))]!;
}
