/** F4: a small pipeline: exclusive by flow first, then in parallel with its order restored. */
import { TwoStageRig } from '../rigs/two-stage-rig.js';
import { withRigs } from '../rigs/rigs.js';
import type { Outcome, Scenario } from '../scenario.js';
import { measureInTurns } from '../turns.js';

const WORKERS = 2;
const EVENTS = 1_000_000;
const DEQUEUE_DEPTH = 2048;
const FLOOR = 4_000_000;
const MEGA = 1e6;

export const twoStages: Scenario = {
  name: 'two-stages',
  topology: 'P1 ──▶ [atomic] ──▶ W1,W2 ──▶ [ordered] ──▶ W1,W2 ──▶ [directed] ──▶ P1',
  about:
    'A source that is its own sink, the scheduler worker, 2 workers linked to both stages; burst ' +
    '32, 1024 flows. An event counts once, when it is back; it was scheduled three times.',
  threads: 1 + 1 + WORKERS,

  run: (settings, progress) =>
    withRigs(async (open): Promise<Outcome> => {
      const rig = await open(TwoStageRig.open(WORKERS, DEQUEUE_DEPTH));
      const run = (events: number) => rig.run(events);
      const contestant = { name: 'softdlb, 2 workers', events: EVENTS, run };
      const rows = await measureInTurns([contestant], 'events/s', settings, progress);
      const text = `at least ${FLOOR / MEGA} M events/s`;
      return { rows, readings: [], goals: [{ text, met: rows[0]!.median >= FLOOR }] };
    }),
};
