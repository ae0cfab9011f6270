/** The domain of a pool, as a specification for the control plane. */
import type { DomainSpec, PortSpec, QueueSpec } from '../eventdev/spec.js';
import { DEQUEUE_DEPTH_MAX } from '../eventdev/limits.js';
import { PRIORITY } from '../eventdev/event.js';
import { bufferBytes } from './job-buffer.js';
import type { PadataSettings } from './options.js';
import { JOBS_QUEUE, RESULTS_QUEUE, rangeQueue, serialQueue } from './seat.js';

/** Parts of ranges that a worker is given at a time: one in hand and one waiting. */
export const PARTS_PER_SEAT = 2;

/**
 *   port 0 ──NEW──▶ [0 jobs: ordered] ──▶ ports 1..n ──FORWARD──▶ [1 results: directed] ──▶ port 0
 *     └─────NEW──▶ [2, 4.. ranges: parallel] ▶│  ▲ └─FORWARD─▶ [3, 5.. serial: atomic] ─┐    ▲
 *                   one per seat             └──│──────────────FORWARD────────────────│────┘
 *                                               └───────────── one per seat ──────────┘
 *
 * An event's flow is its stream: the jobs queue restores each stream's order by itself, and a serial
 * queue may change its port without two threads serving one stream. Buffers are what limits the jobs
 * in flight. Credits come back a pass after the buffer is free again, so there are twice as many: a
 * job with a buffer does not wait for a credit.
 */
export function padataSpec(settings: PadataSettings): DomainSpec {
  const { name, bytes, workers, streams } = settings;
  const slots = slotCount(settings);
  const window = powerOfTwoFrom(slots);
  const flows = powerOfTwoFrom(streams);
  const submit: PortSpec = {
    name: `${name}-submit`,
    links: [RESULTS_QUEUE],
    dequeueDepth: Math.min(window, DEQUEUE_DEPTH_MAX),
  };
  const order = streams === 1 ? {} : ({ scope: 'flow', flows } as const);
  const ofSeats = Array.from({ length: workers }, (_, seat): QueueSpec[] => [
    { name: `range-${seat}`, type: 'parallel' },
    { name: `serial-${seat}`, type: 'atomic', flows, priority: PRIORITY.HIGHEST },
  ]);
  return {
    name,
    eventsLimit: 2 * slots,
    queues: [
      { name: 'jobs', type: 'ordered', sequences: window, ...order },
      { name: 'results', type: 'directed' },
      ...ofSeats.flat(),
    ],
    ports: [submit, ...Array.from({ length: workers }, (_, seat) => seatSpec(settings, seat))],
    // All of them are the submitting port's, from the start: nothing to hold back.
    buffers: { count: slots, bytes: bufferBytes(bytes), reserve: 0 },
  };
}

/** Buffers of all streams, and behind them those for parts of ranges. */
export function slotCount({ jobs, streams, workers }: PadataSettings): number {
  return jobs * streams + rangeSlots(workers);
}

function rangeSlots(workers: number): number {
  return PARTS_PER_SEAT * workers;
}

function seatSpec({ name, concurrency }: PadataSettings, seat: number): PortSpec {
  const links = [JOBS_QUEUE, rangeQueue(seat), serialQueue(seat)];
  // Jobs that end later end in any order. With several in hand none needs to wait at the port, where
  // it would be bound to a worker that is full; with one the depth follows the work.
  const any = { independentEnqueue: true, implicitRelease: false, dequeueDepth: 1 };
  return { name: `${name}-${seat}`, links, ...(concurrency > 1 ? any : {}) };
}

function powerOfTwoFrom(least: number): number {
  return 2 ** Math.ceil(Math.log2(least));
}
