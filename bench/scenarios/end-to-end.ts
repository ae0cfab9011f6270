/** F2: what arrives per second with everybody in a thread of their own, here and with DPDK. */
import { ADVICE } from '../peers/dpdk/build.js';
import { DpdkPeer } from '../peers/dpdk/dpdk-peer.js';
import type { Driver, Layout } from '../peers/dpdk/dpdk-peer.js';
import { EVENTS_LIMIT, EndToEndRig, WISH } from '../rigs/end-to-end-rig.js';
import { withRigs } from '../rigs/rigs.js';
import type { Contestant, Goal, Outcome, Row, Scenario } from '../scenario.js';
import { measureInTurns } from '../turns.js';
import { BURST, FLOWS } from '../workload.js';

const EVENTS = 4_000_000;
const CONSUMERS = 2;
/** Deep enough for whole time slices where threads share a core, and for all that is in flight: an event
 *  whose port has no room is parked, which costs more than its delivery. */
export const DEQUEUE_DEPTH = 4096;
const FLOOR = 10_000_000;
const LEFT_OUT_MIN = 0.85;
const MEGA = 1e6;

const VARIANTS = [
  { name: `dequeueDepth ${DEQUEUE_DEPTH}`, dequeueDepth: DEQUEUE_DEPTH },
  { name: 'dequeueDepth left out', dequeueDepth: undefined },
];

interface Opponent {
  readonly name: string;
  readonly driver: Driver;
  readonly layout: Layout;
  readonly events: number;
  /** softdlb's rate by theirs that is wanted. */
  readonly goal?: number;
}

const OPPONENTS: readonly Opponent[] = [
  {
    name: 'event_sw, scheduler alone on one lcore, the others on one',
    driver: 'event_sw',
    layout: 'two lcores',
    events: EVENTS,
    goal: 1.2,
  },
  {
    name: 'event_dsw, P1 and C1 on one lcore, C2 on one',
    driver: 'event_dsw',
    layout: 'two lcores',
    events: EVENTS,
    goal: 0.9,
  },
  {
    name: 'event_sw, four spinning lcores on 2 CPUs',
    driver: 'event_sw',
    layout: 'four on two',
    events: 20_000,
  },
];

export const endToEnd: Scenario = {
  name: 'end-to-end',
  topology: 'P1 ──▶ [atomic] ──▶ C1,C2',
  about:
    `A producer thread, the scheduler worker and ${CONSUMERS} consumer threads; burst ${BURST}, ` +
    `${FLOWS} flows, eventsLimit ${EVENTS_LIMIT}; a refused producer sleeps for ${WISH} credits. ` +
    'From the first enqueue until the last event is checked.',
  threads: 1 + 1 + CONSUMERS,

  run: (settings, progress) =>
    withRigs(async (open): Promise<Outcome> => {
      const contestants: Contestant[] = [];
      for (const { name, dequeueDepth } of VARIANTS) {
        const rig = await open(EndToEndRig.open({ consumers: CONSUMERS, dequeueDepth }));
        contestants.push({ name, events: EVENTS, run: (events) => rig.run(events) });
      }
      const notes: string[] = [];
      for (const opponent of settings.full ? OPPONENTS : []) {
        const peer = await DpdkPeer.start(opponent.driver, opponent.layout);
        if (peer !== undefined) contestants.push(contestant(opponent, await open(peer)));
        else if (!notes.includes(ADVICE)) notes.push(ADVICE);
      }
      notes.push(settings.full ? CROWD_NOTE : FULL_NOTE);
      const rows = await measureInTurns(contestants, 'events/s', settings, progress);
      const ours = [floor(rows[0]!, settings.runs), leftOut(rows[1]!)];
      return { rows, readings: [], goals: [...ours, ...goals(rows)], notes };
    }),
};

const FULL_NOTE = 'DPDK’s event_sw and event_dsw on two lcores take part with --full';
const CROWD_NOTE =
  'lcores spin: where there are more of them than CPUs, as DPDK’s own test tool would have it ' +
  'here, each waits for time slices of the others. That row is no measure of event_sw';

function contestant({ name, events, ...opponent }: Opponent, peer: DpdkPeer): Contestant {
  const command = `lcores atomic ${CONSUMERS}`;
  return { name, events, ...opponent, run: (count) => peer.run(`${command} ${count}`) };
}

function floor({ name, best }: Row, runs: number): Goal {
  const text = `best of ${runs} is at least ${FLOOR / MEGA} M events/s (${name})`;
  return { text, met: best >= FLOOR };
}

/** F12's second half. */
function leftOut({ name, ratio }: Row): Goal {
  const text = `${name}: at least ${LEFT_OUT_MIN} of the fixed depth’s rate`;
  return { text, met: 1 / ratio >= LEFT_OUT_MIN };
}

function goals(rows: readonly Row[]): Goal[] {
  return OPPONENTS.flatMap(({ name, goal }) => {
    const row = rows.find((each) => each.name === name);
    if (row === undefined || goal === undefined) return [];
    return [{ text: `at least ${goal} x as fast as ${name}`, met: row.ratio >= goal }];
  });
}
