/** What a device costs on which nothing happens. */
import type { IdleReport } from '../children/idle.js';
import { runChild } from '../rigs/run-child.js';
import { CheckFailed } from '../scenario.js';
import type { Outcome, Scenario } from '../scenario.js';

const IDLE_MS = 5000;
/** Where runs are short as well: enough to see that it works, no measure. */
const IDLE_MS_SHORT = 300;
const GOAL_PERCENT = 1;
const PERCENT = 100;

export const idleDevice: Scenario = {
  name: 'idle-device',
  topology: '- ──▶ [directed],[directed] ──▶ W1,W2   nothing is sent',
  about:
    'CPU time of a process with a started device, its scheduler worker and 2 attached ports that ' +
    `wait, one in dequeueBurst and one in ready(), over ${IDLE_MS / 1000} s; then one event each ` +
    'must arrive.',
  threads: 0,

  async run({ events }, progress): Promise<Outcome> {
    const idleMs = events === undefined ? IDLE_MS : IDLE_MS_SHORT;
    progress.step(`${idleMs / 1000} s`);
    const report = JSON.parse(await runChild('idle.js', [`${idleMs}`])) as IdleReport;
    if (report.problems.length > 0) throw new CheckFailed(report.problems);
    const value = (report.cpuMs / report.wallMs) * PERCENT;
    return {
      rows: [],
      readings: [{ name: 'idle CPU', value, unit: '% of a core' }],
      goals: [{ text: `less than ${GOAL_PERCENT} % of a core`, met: value < GOAL_PERCENT }],
    };
  },
};
