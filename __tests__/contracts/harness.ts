/**
 * A domain on an inline device, and short words for what tests do with it.
 *
 * Everything runs on one thread: nothing moves but by `pass()` and by what the test calls.
 */
import { afterEach, expect } from '@jest/globals';
import { attachPort, EventBurst, openDevice } from '../../lib/index.js';
import { OP, PRIORITY } from '../../lib/index.js';
import type { Device, DlbError, Domain, DomainSpec, DomainStats } from '../../lib/index.js';
import type { EventFields, Port, PortSpec, QueueSpec } from '../../lib/index.js';

export interface Rig {
  readonly device: Device;
  readonly domain: Domain;
  /** Attached ports by id; a port that was not to be attached is missing. */
  readonly ports: Port[];
  readonly eventsLimit: number;
  /** Passes over the device; returns what they moved. */
  pass(this: void, times?: number): number;
  stats(this: void): DomainStats;
}

export interface RigSpec {
  readonly eventsLimit?: number;
  readonly capacity?: number;
  readonly queues: readonly QueueSpec[];
  readonly ports: readonly PortSpec[];
  readonly faultLimit?: number;
  /** Ids of the ports to attach; default all. */
  readonly attach?: readonly number[];
  /** Default true. */
  readonly started?: boolean;
  /** Ports as other threads would have them, see lib/memory/near.ts. */
  readonly far?: boolean;
}

const open: Device[] = [];

afterEach(async () => {
  for (const device of open.splice(0)) await device.close();
});

/** An inline device that is closed after the test. */
export async function inlineDevice(model: 'host' | 'dlb2.0' | 'dlb2.5' = 'host'): Promise<Device> {
  const device = await openDevice({ scheduling: 'inline', model });
  open.push(device);
  return device;
}

export async function rig(spec: RigSpec): Promise<Rig> {
  return addRig(await inlineDevice(), spec);
}

/** One more domain on a device. Ports complete explicitly unless their spec says otherwise. */
export async function addRig(device: Device, spec: RigSpec): Promise<Rig> {
  const { eventsLimit = 64, capacity, queues, attach, faultLimit = 0 } = spec;
  const ports = spec.ports.map((port) => ({ implicitRelease: false, ...port }));
  const full: DomainSpec = { eventsLimit, queues: [...queues], ports, faultLimit };
  if (capacity !== undefined) full.capacity = capacity;
  const domain = await device.createDomain(full);
  const made: Port[] = [];
  const attachTo = spec.far === true ? attachFar : attachNear;
  for (const id of attach ?? ports.keys()) made[id] = attachTo(domain, id);
  if (spec.started !== false) await domain.start();
  return {
    device,
    domain,
    ports: made,
    eventsLimit,
    pass(times = 1): number {
      let moved = 0;
      for (let i = 0; i < times; i++) moved += device.schedule();
      return moved;
    },
    stats: () => domain.stats(),
  };
}

function attachNear(domain: Domain, id: number): Port {
  return attachPort(domain.attachment(id));
}

/** Attaches as a thread would that does not make the passes. */
export function attachFar(domain: Domain, id: number): Port {
  return attachPort({ ...domain.attachment(id), schedulerThread: undefined });
}

/** A burst of these events. */
export function burstOf(...events: readonly EventFields[]): EventBurst {
  const burst = new EventBurst(Math.max(1, events.length));
  for (const event of events) burst.push({ priority: PRIORITY.NORMAL, ...event });
  return burst;
}

/** Enqueues these events with one call. Returns how many were accepted. */
export function send(port: Port, ...events: readonly EventFields[]): number {
  return port.enqueueBurst(burstOf(...events));
}

/** Enqueues all these events on one port, with passes in between until it has the credits. */
export function sendAll({ pass }: Rig, port: Port, events: readonly EventFields[]): void {
  const burst = burstOf(...events);
  let sent = port.enqueueBurst(burst);
  for (let tries = 0; sent < events.length && tries < 64; tries++) {
    pass();
    sent += port.enqueueBurst(burst, sent);
  }
  expect(sent).toBe(events.length);
}

/** `count` NEW events with payloads `first`, `first + 1` and so on. */
export function fresh(count: number, fields: EventFields = {}, first = 0): EventFields[] {
  return Array.from({ length: count }, (_, i) => ({ ...fields, payload: first + i }));
}

/** Dequeues up to `max` events. */
export function take(port: Port, max = 4096): EventBurst {
  const burst = new EventBurst(4096);
  port.dequeueBurst(burst, max);
  return burst;
}

export function payloads(burst: EventBurst): number[] {
  return Array.from({ length: burst.length }, (_, i) => burst.payload(i));
}

/** Dequeues up to `max` events and tells their payloads. */
export function took(port: Port, max?: number): number[] {
  return payloads(take(port, max));
}

/** Forwards event `i` of a dequeued burst to a queue; changes `fields` of it. */
export function forward(
  port: Port,
  burst: EventBurst,
  i: number,
  queueId: number,
  fields: { flowId?: number; payload?: number } = {},
): number {
  const one = new EventBurst(1);
  one.append(burst, i);
  one.setOp(0, OP.FORWARD);
  one.setQueueId(0, queueId);
  if (fields.flowId !== undefined) one.setFlowId(0, fields.flowId);
  if (fields.payload !== undefined) one.setPayload(0, fields.payload);
  return port.enqueueBurst(one);
}

/** More rounds than any test needs: one that never ends is a failure, not a hang. */
export const ROUNDS_MAX = 20_000;

/** Passes and completes everything that a port gets, until nothing moves. Payloads by port. */
export function drain({ ports, pass }: Rig): number[][] {
  const got: number[][] = ports.map(() => []);
  for (let moved = 1, round = 0; moved > 0; round++) {
    expect(round).toBeLessThan(ROUNDS_MAX);
    moved = pass();
    for (const port of ports) {
      if (port === undefined) continue;
      const batch = took(port);
      got[port.id]!.push(...batch);
      moved += batch.length + port.release(port.outstanding);
    }
  }
  return got;
}

/** Whole numbers from 0. */
export function upTo(count: number, first = 0): number[] {
  return Array.from({ length: count }, (_, i) => first + i);
}

export function ascending(a: number, b: number): number {
  return a - b;
}

/** Every credit is somewhere: with the scheduler, with a port, or with an event inside. */
export function expectCreditsSumUp({ stats, eventsLimit }: Rig): void {
  const { creditsFree, inflight, ports } = stats();
  const granted = ports.reduce((sum, port) => sum + port.credits, 0);
  expect({ sum: creditsFree + granted + inflight }).toEqual({ sum: eventsLimit });
}

/** Nothing is inside, and nothing says that something is. */
export function expectEmpty({ stats }: Rig): void {
  const { inflight, ports, queues } = stats();
  expect({
    inflight,
    ports: ports.map((port) => [port.inflight, port.enqueueUsed, port.cqUsed]),
    queues: queues.map((queue) => [queue.inflight, ...queue.iqUsed]),
    pinned: queues.flatMap((queue) => queue.pinned),
  }).toEqual({
    inflight: 0,
    ports: ports.map(() => [0, 0, 0]),
    queues: queues.map(() => [0, 0, 0, 0, 0, 0, 0, 0, 0]),
    pinned: [],
  });
}

/** The DlbError that a call throws or rejects with. */
export async function refusalOf(call: () => unknown): Promise<DlbError> {
  try {
    await call();
  } catch (error) {
    return error as DlbError;
  }
  throw new Error('nothing was refused');
}
