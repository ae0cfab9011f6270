/** F13, the wall: what a flow that cannot move does to the others. */
import { ADVICE } from '../peers/dpdk/build.js';
import { DpdkPeer } from '../peers/dpdk/dpdk-peer.js';
import { withRigs } from '../rigs/rigs.js';
import { StuckFlowRig } from '../rigs/stuck-flow-rig.js';
import { CheckFailed } from '../scenario.js';
import type { Contestant, Outcome, Reading, Scenario } from '../scenario.js';
import { measureInTurns } from '../turns.js';

const EVENTS = 500_000;
const WAITING = 4096;
const RATE_MIN = 0.9;
const PERCENT = 100;

export const stuckFlow: Scenario = {
  name: 'stuck-flow',
  topology: 'P1 ──▶ [atomic] ──▶ C1   beside C2, which does not move, on one thread',
  about:
    `One flow’s port holds an event and is stuck; ${WAITING} events of that flow wait, three sent ` +
    'with each one of another flow. Then the other flows: burst 32, a pass per burst.',
  threads: 1,

  run: (settings, progress) =>
    withRigs(async (open): Promise<Outcome> => {
      const free = await open(StuckFlowRig.open(0));
      const stuck = await open(StuckFlowRig.open(WAITING));
      const contestants: Contestant[] = [
        { name: 'no flow is stuck', events: EVENTS, run: (events) => free.run(events) },
        {
          name: `${WAITING} wait behind a port`,
          events: EVENTS,
          run: (events) => stuck.run(events),
        },
      ];
      const rows = await measureInTurns(contestants, 'ns/event', settings, progress);
      const problems = stuck.unstick();
      if (problems.length > 0) throw new CheckFailed(problems);
      const text = `the other flows keep ${RATE_MIN} of their rate`;
      const goals = [{ text, met: 1 / rows[1]!.ratio >= RATE_MIN }];
      return { rows, goals, ...(await demonstration()) };
    }),
};

/** The same with event_sw. */
async function demonstration(): Promise<{ readings: Reading[]; notes?: string[] }> {
  const peer = await DpdkPeer.start('event_sw', 'one thread');
  if (peer === undefined) return { readings: [], notes: [ADVICE] };
  const { offered, others, othersLate, problem } = await peer.wall();
  await peer.close();
  if (problem !== undefined) throw new CheckFailed([`event_sw: ${problem}`]);
  const late = 'event_sw: delivered of those that wait, in 100 000 more passes';
  return {
    readings: [
      { name: 'event_sw: events of other flows offered', value: offered, unit: '' },
      {
        name: 'event_sw: delivered before 48 of the stuck flow wait',
        value: (others / offered) * PERCENT,
        unit: '%',
      },
      { name: late, value: othersLate, unit: '' },
    ],
  };
}
