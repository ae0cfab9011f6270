/** From which work on distribution costs nothing any more, against pools and against none. */
import { EndToEndRig } from '../rigs/end-to-end-rig.js';
import { withRigs } from '../rigs/rigs.js';
import { TaskPoolRig } from '../rigs/task-pool-rig.js';
import type { Contestant, Outcome, Plot, Row, Scenario } from '../scenario.js';
import { measureInTurns } from '../turns.js';

const CONSUMERS = 2;
const MICROS = [1, 5, 20, 100, 500];
/** A run is to take about as long whatever the work. */
const RUN_MICROS = 200_000;
const EVENTS_MAX = 20_000;

export const workPerEvent: Scenario = {
  name: 'work-per-event',
  topology: 'P1 ──▶ [atomic] ──▶ C1,C2   each event being 1 to 500 µs of work',
  about: 'As end-to-end with 2 busy consumers, against piscina with 2 threads; depth left out.',
  threads: 2 + CONSUMERS,
  fullOnly: true,

  run: (settings, progress) =>
    withRigs(async (open): Promise<Outcome> => {
      const contestants: Contestant[] = [];
      for (const workMicros of MICROS) {
        const events = Math.min(EVENTS_MAX, RUN_MICROS / workMicros);
        const options = { consumers: CONSUMERS, dequeueDepth: undefined, workMicros };
        const ours = await open(EndToEndRig.open(options));
        const theirs = await open(TaskPoolRig.piscina(CONSUMERS, workMicros));
        const name = `${workMicros} µs: softdlb`;
        const against = { name, label: 'softdlb' };
        contestants.push(
          { name, events, against, run: (count) => ours.run(count) },
          {
            name: `${workMicros} µs: piscina`,
            events,
            against,
            run: (count) => theirs.run(count),
          },
        );
      }
      const rows = await measureInTurns(contestants, 'events/s', settings, progress);
      return { rows, readings: [], goals: [], plots: [plot(rows)] };
    }),
};

function plot(rows: readonly Row[]): Plot {
  const points = (first: number) =>
    MICROS.map((micros, i) => [micros, rows[2 * i + first]!.median] as const);
  return {
    file: 'throughput-by-work',
    title: 'Throughput by work per event, 2 threads',
    x: { label: 'microseconds of work per event', scale: 'log' },
    y: { label: 'events per second', scale: 'log' },
    series: [
      { name: 'softdlb', points: points(0) },
      { name: 'piscina', points: points(1) },
      { name: '2 cores, free distribution', points: MICROS.map((m) => [m, (CONSUMERS * 1e6) / m]) },
    ],
  };
}
