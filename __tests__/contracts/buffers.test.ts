/** Payload buffers of a domain: the reserve, and what a dead port had allocated. */
import { expect, test } from '@jest/globals';
import { attachPort, openDevice } from '../../lib/index.js';
import type { BufferPool, Device, Domain, Port } from '../../lib/index.js';
import { burstOf, send, take } from './harness.js';

interface Scene {
  readonly device: Device;
  readonly domain: Domain;
  readonly producer: Port;
  readonly worker: Port;
}

async function scene(buffers: { count: number; bytes: number; reserve?: number }): Promise<Scene> {
  const device = await openDevice({ scheduling: 'inline' });
  const domain = await device.createDomain({
    eventsLimit: 16,
    queues: [{ type: 'directed' }],
    ports: [{}, { links: [0], implicitRelease: false }],
    buffers,
  });
  await domain.start();
  const [producer, worker] = [0, 1].map((id) => attachPort(domain.attachment(id)));
  return { device, domain, producer: producer!, worker: worker! };
}

function allocAll(pool: BufferPool): number[] {
  const handles: number[] = [];
  for (let h = pool.alloc(); h !== -1 && handles.length < 64; h = pool.alloc()) handles.push(h);
  return handles;
}

test.each([
  // Two per port.
  [undefined, 4],
  [0, 0],
  [3, 3],
])('with reserve %p a port with nothing outstanding leaves %i', async (reserve, left) => {
  const spec = { count: 8, bytes: 64, ...(reserve === undefined ? {} : { reserve }) };
  const { device, producer, worker } = await scene(spec);
  const taken = allocAll(producer.buffers!);
  expect(taken).toHaveLength(8 - left);
  expect(worker.buffers!.alloc()).toBe(-1);
  // With an event in hand, it may have them; with that completed, it may not.
  expect(send(producer, { payload: taken[0]! })).toBe(1);
  device.schedule();
  expect(worker.buffers!.alloc()).toBe(-1);
  expect(take(worker).length).toBe(1);
  const extra = allocAll(worker.buffers!);
  expect(extra).toHaveLength(left);
  for (const handle of extra) expect(worker.buffers!.free(handle)).toBe(true);
  worker.release(1);
  expect(worker.buffers!.alloc()).toBe(-1);
  await device.close();
});

test('what one port writes into a buffer another reads, by the payload of an event', async () => {
  const { device, producer, worker } = await scene({ count: 4, bytes: 64 });
  const handle = producer.buffers!.alloc();
  producer.buffers!.view(handle).set([1, 2, 3]);
  send(producer, { payload: handle });
  device.schedule();
  const got = take(worker);
  const view = worker.buffers!.view(got.payload(0));
  expect([view.length, ...view.subarray(0, 3)]).toEqual([64, 1, 2, 3]);
  expect(worker.buffers!.free(got.payload(0))).toBe(true);
  expect(worker.buffers!.free(got.payload(0))).toBe(false);
  expect(worker.buffers!.view(got.payload(0))).toHaveLength(0);
  await device.close();
});

test('reclaim frees what a dead port had allocated and no event names, wherever the event is', async () => {
  const { device, domain, producer, worker } = await scene({ count: 8, bytes: 16, reserve: 0 });
  const handles = allocAll(producer.buffers!);
  expect(handles).toHaveLength(8);
  // One named in a hand, one in a CQ, one in the dead port's ring, five nowhere.
  send(producer, { payload: handles[0]! }, { payload: handles[1]! });
  device.schedule();
  expect(take(worker, 1).length).toBe(1);
  expect(producer.enqueueBurst(burstOf({ payload: handles[2]! }))).toBe(1);
  await domain.reclaim(0);
  const free = allocAll(worker.buffers!);
  expect(free).toHaveLength(5);
  expect(free.some((handle) => handles.slice(0, 3).includes(handle))).toBe(false);
  for (const handle of handles.slice(0, 3)) {
    expect(worker.buffers!.view(handle)).toHaveLength(16);
    expect(worker.buffers!.free(handle)).toBe(true);
  }
  for (const handle of handles.slice(3)) expect(worker.buffers!.free(handle)).toBe(false);
  await device.close();
});

test('reclaim keeps a buffer that an event in the ring of another port names', async () => {
  const { device, domain, producer, worker } = await scene({ count: 8, bytes: 64 });
  const handle = worker.buffers!.alloc();
  // The producer was told of it, and its event has not been taken in.
  expect(send(producer, { payload: handle })).toBe(1);
  await domain.reclaim(1);
  const next = attachPort(domain.attachment(1));
  device.schedule();
  device.schedule();
  expect(take(next).payload(0)).toBe(handle);
  expect(next.buffers!.view(handle)).toHaveLength(64);
  expect(next.buffers!.free(handle)).toBe(true);
  await device.close();
});

test('a port of a domain without buffers has none', async () => {
  await using device = await openDevice({ scheduling: 'inline' });
  const domain = await device.createDomain({
    eventsLimit: 1,
    queues: [{ type: 'atomic' }],
    ports: [{}],
  });
  expect(attachPort(domain.attachment(0)).buffers).toBeUndefined();
});
