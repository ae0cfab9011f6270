/** What an event costs when no thread has to be woken: the price of the rules themselves. */
import { InlineRig } from '../rigs/inline-rig.js';
import type { InlineType } from '../rigs/inline-rig.js';
import type { Contestant, Outcome, Scenario } from '../scenario.js';
import { measureInTurns } from '../turns.js';
import { BURST, FLOWS } from '../workload.js';

const EVENTS = 1_000_000;
const TYPES: readonly InlineType[] = ['atomic', 'ordered', 'parallel'];
const CONSUMER_COUNTS = [1, 4];

export const inlineDevice: Scenario = {
  name: 'inline-device',
  topology: 'P1 ──▶ [queue] ──▶ C1..Cn   on one thread',
  about:
    `One thread in every role: writes a burst of ${BURST}, enqueues it, makes a pass, dequeues from ` +
    `each consumer port and reads what it got; ${FLOWS} flows, implicit release.`,
  threads: 1,

  async run(settings, progress): Promise<Outcome> {
    const rigs: InlineRig[] = [];
    try {
      const contestants: Contestant[] = [];
      for (const type of TYPES) {
        for (const consumers of CONSUMER_COUNTS) {
          const rig = await InlineRig.open(type, consumers);
          rigs.push(rig);
          const name = `${type}, ${consumers} consumer ${consumers === 1 ? 'port' : 'ports'}`;
          contestants.push({ name, events: EVENTS, run: (events) => rig.run(events) });
        }
      }
      const rows = await measureInTurns(contestants, 'ns/event', settings, progress);
      return { rows, readings: [], goals: [] };
    } finally {
      for (const rig of rigs) await rig.close();
    }
  },
};
