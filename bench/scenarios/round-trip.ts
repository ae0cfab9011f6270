/** F5: how long one event takes there and back. */
import { BareTripRig } from '../rigs/bare-trip-rig.js';
import { MessageTripRig } from '../rigs/message-trip-rig.js';
import { withRigs } from '../rigs/rigs.js';
import { RoundTripRig } from '../rigs/round-trip-rig.js';
import { Trips } from '../rigs/trips.js';
import { CheckFailed } from '../scenario.js';
import type { Goal, Outcome, Plot, Reading, Scenario, Settings } from '../scenario.js';
import { middle } from '../turns.js';
import type { Progress } from '../progress.js';

interface Way {
  readonly name: string;
  readonly trips: number;
  readonly go: (trips: Trips) => Promise<void> | void;
  /** The way by MessagePort that it is compared with, and how much of its median it may cost. */
  readonly rival?: string;
  readonly goal?: number;
}

const PAUSE_MS = 1;
const GAP_MS = 0.1;
const PARKED_TRIPS = 300;
const TRIPS = 3000;
/** Node 20's messages are slower than those of its successors. */
const isNode20 = process.versions.node.startsWith('20.');
const PARKED_MAX = isNode20 ? 1.2 : 2;
const READY_MAX = 2.5;
const SPINNING_MAX = 1;
const PERCENTILES = [50, 99, 99.9];
const PLOTTED = [50, 90, 99, 99.9];

const MESSAGE_PARKED = 'MessagePort, parked';
const MESSAGE_BUSY = 'MessagePort, back to back';
const MESSAGE_OFFERED = 'MessagePort, 10 000 a second';

export const roundTrip: Scenario = {
  name: 'round-trip',
  topology: 'main ──▶ [atomic] ──▶ W1 ──▶ [directed] ──▶ main',
  about:
    'One event in flight: after a pause of 1 ms, in which everybody parks; or back to back, with ' +
    'the device’s own spinning. Four wake-ups by Atomics alone, of three threads, as such a trip takes. Then 10 000 a second, counted from when each was due.',
  threads: 3,

  run: (settings, progress) =>
    withRigs(async (open): Promise<Outcome> => {
      const device = await open(RoundTripRig.open());
      const messages = await open(MessageTripRig.open());
      const bare = await open(BareTripRig.open());
      const ways = waysOf(device, messages, bare);
      const rounds = await playRounds(ways, settings, progress);
      const results = ways.map((way, i): Result => {
        const rival = ways.findIndex(({ name }) => name === way.rival);
        return { way, own: rounds[i]!, theirs: rounds[rival] };
      });
      return {
        rows: [],
        readings: results.flatMap(readings),
        goals: results.flatMap(goal),
        plots: [plot(results)],
      };
    }),
};

function waysOf(device: RoundTripRig, messages: MessageTripRig, bare: BareTripRig): Way[] {
  return [
    {
      name: 'parked, main blocks',
      trips: PARKED_TRIPS,
      go: (trips) => device.blocking(trips, PAUSE_MS),
      rival: MESSAGE_PARKED,
      goal: PARKED_MAX,
    },
    {
      name: 'parked, main in ready()',
      trips: PARKED_TRIPS,
      go: (trips) => device.ready(trips, PAUSE_MS),
      rival: MESSAGE_PARKED,
      goal: READY_MAX,
    },
    {
      name: 'four bare wake-ups, parked',
      trips: PARKED_TRIPS,
      go: (trips) => bare.blocking(trips, PAUSE_MS),
      rival: MESSAGE_PARKED,
    },
    {
      name: MESSAGE_PARKED,
      trips: PARKED_TRIPS,
      go: (trips) => messages.oneByOne(trips, PAUSE_MS),
    },
    {
      name: 'back to back, main blocks',
      trips: TRIPS,
      go: (trips) => device.blocking(trips, 0),
      rival: MESSAGE_BUSY,
      goal: SPINNING_MAX,
    },
    {
      name: 'four bare wake-ups, back to back',
      trips: TRIPS,
      go: (trips) => bare.blocking(trips, 0),
      rival: MESSAGE_BUSY,
    },
    { name: MESSAGE_BUSY, trips: TRIPS, go: (trips) => messages.oneByOne(trips, 0) },
    {
      name: '10 000 a second, main blocks',
      trips: TRIPS,
      go: (trips) => device.offered(trips, GAP_MS),
      rival: MESSAGE_OFFERED,
    },
    { name: MESSAGE_OFFERED, trips: TRIPS, go: (trips) => messages.offered(trips, GAP_MS) },
  ];
}

/** In turns; the first round warms up and is not counted. */
async function playRounds(
  ways: readonly Way[],
  { runs, events }: Settings,
  progress: Progress,
): Promise<Trips[][]> {
  const rounds: Trips[][] = ways.map(() => []);
  for (let round = 0; round <= runs; round++) {
    progress.step(round === 0 ? 'warm-up' : `${round}`);
    for (const [i, { name, trips: wanted, go }] of ways.entries()) {
      const trips = new Trips(Math.min(wanted, events ?? wanted));
      await go(trips);
      if (trips.problems.length > 0) {
        throw new CheckFailed(trips.problems.map((problem) => `${name}: ${problem}`));
      }
      if (round > 0) rounds[i]!.push(trips);
    }
  }
  return rounds;
}

/** The rounds of a way, and those of its rival. */
interface Result {
  readonly way: Way;
  readonly own: readonly Trips[];
  readonly theirs: readonly Trips[] | undefined;
}

function percentile(rounds: readonly Trips[], percent: number): number {
  return middle(rounds.map((trips) => trips.percentile(percent)));
}

/** The median over the rounds of what it is in each. */
function ratio(own: readonly Trips[], theirs: readonly Trips[], percent: number): number {
  const paired = own.map((trips, i) => trips.percentile(percent) / theirs[i]!.percentile(percent));
  return middle(paired);
}

function readings({ way, own, theirs }: Result): Reading[] {
  return PERCENTILES.map((percent) => {
    const by = theirs && `, ${ratio(own, theirs, percent).toFixed(2)} x MessagePort`;
    return {
      name: `${way.name}: p${percent}`,
      value: percentile(own, percent),
      unit: `µs${by ?? ''}`,
    };
  });
}

function goal({ way: { name, goal: most }, own, theirs }: Result): Goal[] {
  if (theirs === undefined || most === undefined) return [];
  return [
    {
      text: `${name}: p50 at most ${most} x MessagePort`,
      met: ratio(own, theirs, 50) <= most,
    },
    {
      text: `${name}: p99 at most ${most} x MessagePort`,
      met: ratio(own, theirs, 99) <= most,
    },
  ];
}

/** Over the odds that a trip takes longer: 1 in 2, 1 in 10, … */
function plot(results: readonly Result[]): Plot {
  return {
    file: 'latency-percentiles',
    title: 'Round trip by percentile',
    x: { label: 'one trip in … takes longer', scale: 'log' },
    y: { label: 'microseconds', scale: 'log' },
    series: results.map(({ way, own }) => ({
      name: way.name,
      points: PLOTTED.map((percent) => {
        const odds = Math.round(100 / (100 - percent));
        return [odds, percentile(own, percent)] as const;
      }),
    })),
  };
}
