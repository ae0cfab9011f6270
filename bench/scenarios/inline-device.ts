/** F1: what an event costs when no thread has to be woken, here and in DPDK's C. */
import { ADVICE } from '../peers/dpdk/build.js';
import { DpdkPeer } from '../peers/dpdk/dpdk-peer.js';
import { InlineChild } from '../rigs/inline-child.js';
import type { InlineShape, InlineType } from '../rigs/inline-rig.js';
import { withRigs } from '../rigs/rigs.js';
import type { Contestant, Goal, Outcome, Row, Scenario } from '../scenario.js';
import { measureInTurns } from '../turns.js';
import { BURST, FLOWS } from '../workload.js';

const EVENTS = 1_000_000;
const TYPES: readonly InlineType[] = ['atomic', 'ordered', 'parallel'];
const CONSUMER_COUNTS = [1, 4];
const EVENTS_PER_PASS = [BURST, 128];
/** The deepest that event_sw allows. */
const DEQUEUE_DEPTH = 128;
const RIVAL = 'event_sw';
const COST_MAX = 1.2;
const COST_HALF = 1;

type F1Shape = InlineShape & { readonly perPass: number };

export const inlineDevice: Scenario = {
  name: 'inline-device',
  topology: 'P1 ──▶ [queue] ──▶ C1..Cn   on one thread',
  about:
    `One thread in every role: writes bursts of ${BURST}, enqueues them, makes a pass after 32 or ` +
    '128 events, dequeues from each consumer port and reads what it got; ' +
    `${FLOWS} flows, CQ depth ${DEQUEUE_DEPTH}, implicit release; a warm process per row. event_sw: DPDK’s, in C, the same way.`,
  threads: 1,

  run: (settings, progress) =>
    withRigs(async (open): Promise<Outcome> => {
      const peer = await DpdkPeer.start('event_sw', 'one thread');
      if (peer !== undefined) await open(peer);
      const contestants: Contestant[] = [];
      for (const shape of shapes()) {
        const rig = await open(InlineChild.start(shape));
        contestants.push(...pair(shape, rig, peer));
      }
      const rows = await measureInTurns(contestants, 'ns/event', settings, progress);
      if (peer === undefined) return { rows, readings: [], goals: [], notes: [ADVICE] };
      return { rows, readings: [], goals: goals(rows) };
    }),
};

function shapes(): F1Shape[] {
  return TYPES.flatMap((type) =>
    CONSUMER_COUNTS.flatMap((consumers) =>
      EVENTS_PER_PASS.map((perPass) => ({
        type,
        consumers,
        perPass,
        dequeueDepth: DEQUEUE_DEPTH,
      })),
    ),
  );
}

/** softdlb and, where it is there, event_sw beside it. */
function pair(shape: F1Shape, rig: InlineChild, peer: DpdkPeer | undefined): Contestant[] {
  const { type, consumers, perPass } = shape;
  const ports = `${consumers} consumer ${consumers === 1 ? 'port' : 'ports'}`;
  const name = `${type}, ${ports}, pass per ${perPass}`;
  const ours = { name, events: EVENTS, run: (events: number) => rig.run(events) };
  if (peer === undefined) return [ours];
  const rival = { name: `${name}: ${RIVAL}`, label: RIVAL };
  const command = `inline ${type} ${consumers} ${perPass}`;
  const theirs = {
    name: rival.name,
    events: EVENTS,
    against: rival,
    run: (events: number) => peer.run(`${command} ${events}`),
  };
  return [{ ...ours, against: rival }, theirs];
}

function goals(rows: readonly Row[]): Goal[] {
  const ratios = rows.filter(({ name }) => !name.endsWith(RIVAL)).map(({ ratio }) => ratio);
  const low = ratios.filter((ratio) => ratio <= COST_HALF).length;
  const within = ratios.filter((ratio) => ratio <= COST_MAX).length;
  const total = ratios.length;
  return [
    {
      text: `at most ${COST_MAX} x ${RIVAL} in all: ${within} of ${total}`,
      met: within === total,
    },
    {
      text: `at most ${COST_HALF.toFixed(1)} x ${RIVAL} in half: ${low} of ${total}`,
      met: low * 2 >= total,
    },
  ];
}
