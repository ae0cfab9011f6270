/** F11: what a device costs before it has done anything. */
import type { StartUpReport } from '../children/start-up.js';
import { runChild } from '../rigs/run-child.js';
import { CheckFailed } from '../scenario.js';
import type { Outcome, Scenario } from '../scenario.js';
import { middle } from '../turns.js';

const WORKERS = 4;
const BYTES_PER_MB = 1024 * 1024;
const MEMORY_MAX_MB = 64;
const START_MAX = 2;

interface Pair {
  readonly bare: StartUpReport;
  readonly device: StartUpReport;
}

export const startUp: Scenario = {
  name: 'start-up',
  topology: `- ──▶ [atomic] ──▶ W1..W${WORKERS}   nothing is sent but one event to its sender`,
  about:
    `A process with ${WORKERS} threads that have loaded softdlb and do nothing, and one in which each ` +
    'has a port of a device besides. From openDevice until the domain has started, against the ' +
    'start of one bare Worker.',
  threads: 1,

  async run({ runs }, progress): Promise<Outcome> {
    const pairs: Pair[] = [];
    for (let round = 1; round <= runs; round++) {
      progress.step(`${round}`);
      pairs.push({ bare: await report('bare'), device: await report('device') });
    }
    const of = (figure: (pair: Pair) => number): number => middle(pairs.map(figure));
    const beyond = of(({ bare, device }) => (device.rssBytes - bare.rssBytes) / BYTES_PER_MB);
    const ratio = of(({ bare, device }) => device.startMs / bare.startMs);
    const start = `start-up takes ${ratio.toFixed(2)} x a Worker’s, at most ${START_MAX} x`;
    return {
      rows: [],
      readings: [
        { name: 'a bare Worker: start', value: of(({ bare }) => bare.startMs), unit: 'ms' },
        { name: 'device and domain: start', value: of(({ device }) => device.startMs), unit: 'ms' },
        { name: `memory beyond that of ${WORKERS} bare threads`, value: beyond, unit: 'MB' },
      ],
      goals: [
        {
          text: `at most ${MEMORY_MAX_MB} MB beyond the threads’ own`,
          met: beyond <= MEMORY_MAX_MB,
        },
        { text: start, met: ratio <= START_MAX },
      ],
    };
  },
};

async function report(mode: 'bare' | 'device'): Promise<StartUpReport> {
  const output = await runChild('start-up.js', [mode, `${WORKERS}`]);
  const result = JSON.parse(output) as StartUpReport;
  if (result.problems.length > 0) throw new CheckFailed(result.problems);
  return result;
}
