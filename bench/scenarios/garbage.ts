/** Whether the data path leaves anything for the garbage collector. */
import { readTrace } from '../gc-trace.js';
import { runChild } from '../rigs/run-child.js';
import { CheckFailed } from '../scenario.js';
import type { Goal, Outcome, Reading, Scenario } from '../scenario.js';

const EVENTS = 10_000_000;
const TYPES = ['atomic', 'ordered', 'parallel'] as const;

export const garbage: Scenario = {
  name: 'garbage',
  topology: 'P1 ──▶ [queue] ──▶ C1..C4   on one thread, node --trace-gc',
  about:
    'A process of its own per queue type: the collections that V8 reports during start-up and ' +
    'warm-up, and those after it.',
  threads: 1,

  async run(settings, progress): Promise<Outcome> {
    const events = settings.events ?? EVENTS;
    const readings: Reading[] = [];
    const goals: Goal[] = [];
    for (const type of TYPES) {
      progress.step(type);
      const report = readTrace(await runChild('garbage.js', [type, `${events}`], ['--trace-gc']));
      if (report.problems.length > 0) {
        throw new CheckFailed(report.problems.map((problem) => `${type}: ${problem}`));
      }
      const { collectionsBefore, collections, bytes } = report;
      readings.push(
        { name: `${type}: collections until warm`, value: collectionsBefore, unit: '' },
        { name: `${type}: collections afterwards`, value: collections, unit: '' },
        { name: `${type}: allocated`, value: bytes / events, unit: 'bytes/event' },
      );
      const text = `${type}: no collection in ${events.toLocaleString('en')} events`;
      goals.push({ text, met: collections === 0 });
    }
    return { rows: [], readings, goals };
  },
};
