/** F6: what a caller gets who does not batch, and what batching brings. */
import { EndToEndRig } from '../rigs/end-to-end-rig.js';
import { withRigs } from '../rigs/rigs.js';
import type { Contestant, Outcome, Plot, Row, Scenario } from '../scenario.js';
import { measureInTurns } from '../turns.js';
import { DEQUEUE_DEPTH } from './end-to-end.js';

const CONSUMERS = 2;
const BURSTS = [1, 32];
const BURSTS_FULL = [1, 2, 4, 8, 16, 32, 64, 128];
const EVENTS = 1_000_000;
const FLOOR = 1_500_000;
const MEGA = 1e6;

export const burstSize: Scenario = {
  name: 'burst-size',
  topology: 'P1 ──▶ [atomic] ──▶ C1,C2   1, 2, 4 … events a call',
  about: 'As end-to-end; each enqueue has so many events, each dequeue at most so many.',
  threads: 1 + 1 + CONSUMERS,

  run: (settings, progress) =>
    withRigs(async (open): Promise<Outcome> => {
      const bursts = settings.full ? BURSTS_FULL : BURSTS;
      const contestants: Contestant[] = [];
      for (const burst of bursts) {
        const shape = { consumers: CONSUMERS, dequeueDepth: DEQUEUE_DEPTH, burst };
        const rig = await open(EndToEndRig.open(shape));
        const name = burst === 1 ? 'one event a call' : `${burst} events a call`;
        contestants.push({ name, events: EVENTS, run: (events) => rig.run(events) });
      }
      const rows = await measureInTurns(contestants, 'events/s', settings, progress);
      const text = `at least ${FLOOR / MEGA} M events/s with one event a call`;
      const goals = [{ text, met: rows[0]!.median >= FLOOR }];
      return { rows, readings: [], goals, plots: [plot(bursts, rows)] };
    }),
};

function plot(bursts: readonly number[], rows: readonly Row[]): Plot {
  const points = rows.map(({ median }, i) => [bursts[i]!, median / MEGA] as const);
  return {
    file: 'throughput-by-burst',
    title: 'Throughput by burst size',
    x: { label: 'events per call', scale: 'log' },
    y: { label: 'million events per second', scale: 'linear' },
    series: [{ name: 'softdlb, P1 to C1 and C2', points }],
  };
}
