/** Where the time of `inline-device` goes. */
import type { StepReport } from '../children/steps.js';
import type { InlineType } from '../rigs/inline-rig.js';
import { runChild } from '../rigs/run-child.js';
import { CheckFailed } from '../scenario.js';
import type { Outcome, Reading, Scenario } from '../scenario.js';
import { BURST } from '../workload.js';

/** A multiple of what goes into any pass. */
const EVENTS = 128 * 2048;
const TYPES: readonly InlineType[] = ['atomic', 'ordered', 'parallel'];
const SHAPES = [
  { consumers: 1, perPass: BURST },
  { consumers: 4, perPass: BURST },
  { consumers: 1, perPass: 1024 },
];

export const inlineSteps: Scenario = {
  name: 'inline-steps',
  topology: 'P1 ──▶ [queue] ──▶ C1..Cn   on one thread, step by step',
  about:
    'As inline-device, with the clock read after each step, and what that takes taken off: the best of ' +
    '8 rounds. A pass per 1024 events shows what is left when the fixed part of a pass is shared by many.',
  threads: 1,
  fullOnly: true,

  async run({ events = EVENTS }, progress): Promise<Outcome> {
    const readings: Reading[] = [];
    const count = Math.max(1024, Math.min(events, EVENTS));
    for (const type of TYPES) {
      for (const { consumers, perPass } of SHAPES) {
        const name = `${type}, ${consumers} consumer ${consumers === 1 ? 'port' : 'ports'}, pass per ${perPass}`;
        progress.step(name);
        const whole = count - (count % perPass);
        const args = [type, consumers, perPass, whole].map(String);
        const report = JSON.parse(await runChild('steps.js', args)) as StepReport;
        if (report.problems.length > 0) throw new CheckFailed(report.problems);
        for (const [step, value] of Object.entries(report.steps)) {
          readings.push({ name: `${name}: ${step}`, value, unit: 'ns/event' });
        }
      }
    }
    return { rows: [], readings, goals: [] };
  },
};
