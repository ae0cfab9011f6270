/** What more consumers bring when events are work. */
import { EndToEndRig } from '../rigs/end-to-end-rig.js';
import { withRigs } from '../rigs/rigs.js';
import type { Contestant, Outcome, Plot, Row, Scenario } from '../scenario.js';
import { measureInTurns } from '../turns.js';

const CONSUMER_COUNTS = [1, 2, 4, 8];
const WORK_MICROS = 20;
const EVENTS = 20_000;

export const scaling: Scenario = {
  name: 'scaling',
  topology: 'P1 ──▶ [atomic] ──▶ C1..Cn   n = 1 to 8',
  about: `As end-to-end; each event is ${WORK_MICROS} µs of work; depth left out.`,
  threads: 2 + Math.max(...CONSUMER_COUNTS),
  fullOnly: true,

  run: (settings, progress) =>
    withRigs(async (open): Promise<Outcome> => {
      const contestants: Contestant[] = [];
      for (const consumers of CONSUMER_COUNTS) {
        const options = { consumers, dequeueDepth: undefined, workMicros: WORK_MICROS };
        const rig = await open(EndToEndRig.open(options));
        const name = consumers === 1 ? '1 consumer' : `${consumers} consumers`;
        contestants.push({ name, events: EVENTS, run: (events) => rig.run(events) });
      }
      const rows = await measureInTurns(contestants, 'events/s', settings, progress);
      return { rows, readings: [], goals: [], plots: [plot(rows)] };
    }),
};

function plot(rows: readonly Row[]): Plot {
  return {
    file: 'scaling',
    title: `Throughput by consumers, ${WORK_MICROS} µs of work per event`,
    x: { label: 'consumer threads', scale: 'linear' },
    y: { label: 'events per second', scale: 'linear' },
    series: [
      {
        name: 'softdlb',
        points: rows.map(({ median }, i) => [CONSUMER_COUNTS[i]!, median] as const),
      },
    ],
  };
}
