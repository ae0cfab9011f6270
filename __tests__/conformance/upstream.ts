/**
 * The common set-up of DPDK's own event device tests, in our words.
 *
 * Tests of this folder are named as there, by number and name. Where a number comes from a constant
 * of one driver, ours stands in its place, and why is said beside it.
 */
import { expect } from '@jest/globals';
import { EventBurst, OP, PRIORITY } from '../../lib/index.js';
import type { DomainSpec, EventFields, Port, PortSpec, QueueSpec } from '../../lib/index.js';
import * as limits from '../../lib/eventdev/limits.js';
import { rig, upTo } from '../contracts/harness.js';
import type { Rig } from '../contracts/harness.js';

/** A port of `sw_evdev_selftest.c`. */
export const SW_PORT = {
  newEventThreshold: 1024,
  dequeueDepth: 32,
  enqueueDepth: 64,
  implicitRelease: true,
} as const satisfies PortSpec;

/** A queue of `sw_evdev_selftest.c`. */
export function swQueue(type: QueueSpec['type'], more: Partial<QueueSpec> = {}): QueueSpec {
  return { type, flows: 1024, sequences: 1024, ...more };
}

/** A device of `sw_evdev_selftest.c`; each port is given by the queues that it is linked to. */
export function swRig(queues: QueueSpec[], links: number[][], started = true): Promise<Rig> {
  const ports = links.map((each) => ({ ...SW_PORT, links: each }));
  return rig({ eventsLimit: 4096, queues, ports, started });
}

/** Enqueues one event; fields not mentioned are 0, so it is NEW, to queue 0, of priority 0. */
export function enqueue(port: Port, fields: EventFields = {}): number {
  const burst = new EventBurst(1);
  burst.push({ priority: PRIORITY.HIGHEST, ...fields });
  return port.enqueueBurst(burst);
}

/** Enqueues event `i` of a dequeued burst with this op. */
export function enqueueAs(
  port: Port,
  op: number,
  from: EventBurst,
  i = 0,
  queueId?: number,
): number {
  const burst = new EventBurst(1);
  burst.append(from, i);
  burst.setOp(0, op);
  if (queueId !== undefined) burst.setQueueId(0, queueId);
  return port.enqueueBurst(burst);
}

/** A RELEASE that names nothing: completes the oldest. */
export function release(port: Port): number {
  return enqueue(port, { op: OP.RELEASE });
}

/** The payloads of the next `max` events, without waiting. */
export function dequeue(port: Port, max: number): number[] {
  const burst = new EventBurst(max);
  port.dequeueBurst(burst);
  return Array.from({ length: burst.length }, (_, i) => burst.payload(i));
}

export function inflights(r: Rig): number[] {
  return r.stats().ports.map((port) => port.inflight);
}

/** A call that must be accepted. */
export function mustBeOne(accepted: number): void {
  expect(accepted).toBe(1);
}

export const QUEUES = limits.QUEUES_MAX;
export const PORTS = limits.PORTS_MAX;
/** Flows of a queue, where all queues there can be are set up. */
export const FLOWS = 64;

export function queuesOf(each: (id: number) => QueueSpec, count = QUEUES): QueueSpec[] {
  return upTo(count).map(each);
}

/** The "sane" configuration of `test_eventdev.c`, but for what is given. */
export function sane(spec: Partial<DomainSpec> = {}): Promise<Rig> {
  return rig({
    eventsLimit: 4096,
    queues: queuesOf(() => ({ type: 'atomic', flows: FLOWS })),
    ports: upTo(PORTS).map(() => ({})),
    attach: [0],
    started: false,
    ...spec,
  });
}
