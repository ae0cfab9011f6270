/** The figure of issue 2: what arrives per second with everybody in a thread of their own. */
import { EVENTS_LIMIT, EndToEndRig, WISH } from '../rigs/end-to-end-rig.js';
import type { Contestant, Outcome, Scenario } from '../scenario.js';
import { measureInTurns } from '../turns.js';
import { BURST, FLOWS } from '../workload.js';

const EVENTS = 4_000_000;
const CONSUMERS = 2;
/** Deep enough for whole time slices where threads share a core. */
export const DEQUEUE_DEPTH = 2048;
const FLOOR = 5_000_000;
const MEGA = 1e6;

const VARIANTS = [
  { name: `dequeueDepth ${DEQUEUE_DEPTH}`, dequeueDepth: DEQUEUE_DEPTH },
  { name: 'dequeueDepth left out', dequeueDepth: undefined },
];

export const endToEnd: Scenario = {
  name: 'end-to-end',
  topology: 'P1 ──▶ [atomic] ──▶ C1,C2',
  about:
    `A producer thread, the scheduler worker and ${CONSUMERS} consumer threads; burst ${BURST}, ` +
    `${FLOWS} flows, eventsLimit ${EVENTS_LIMIT}; a refused producer sleeps for ${WISH} credits. ` +
    'From the first enqueue until the last event is checked.',
  threads: 1 + 1 + CONSUMERS,

  async run(settings, progress): Promise<Outcome> {
    const rigs: EndToEndRig[] = [];
    try {
      const contestants: Contestant[] = [];
      for (const { name, dequeueDepth } of VARIANTS) {
        const rig = await EndToEndRig.open({ consumers: CONSUMERS, dequeueDepth });
        rigs.push(rig);
        contestants.push({ name, events: EVENTS, run: (events) => rig.run(events) });
      }
      const rows = await measureInTurns(contestants, 'events/s', settings, progress);
      const met = rows[0]!.best >= FLOOR;
      const text = `best of ${settings.runs} is at least ${FLOOR / MEGA} M events/s`;
      return { rows, readings: [], goals: [{ text: `${text} (${rows[0]!.name})`, met }] };
    } finally {
      for (const rig of rigs) await rig.close();
    }
  },
};
