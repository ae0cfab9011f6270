/** A reset that leaves something behind, seen from the device: who may create domains then, and until when. */
import { afterEach, expect, test } from '@jest/globals';
import { attachVirtualDevice, openDevice } from '../../lib/index.js';
import type { Device, DomainSpec } from '../../lib/index.js';
import { schedulerLayout } from '../../lib/memory/scheduler-layout.js';
import { refusalOf } from '../contracts/harness.js';

const open: Device[] = [];

afterEach(async () => {
  for (const device of open.splice(0)) await device.close();
});

const QUOTA = { domains: 2, queues: 2, ports: 2, credits: 16, historyEntries: 64 };
const SPEC: DomainSpec = {
  eventsLimit: 8,
  queues: [{ type: 'parallel', flows: 1, sequences: 1 }],
  ports: [{ links: [0], dequeueDepth: 1, historyDepth: 4 }],
};
const FAILED = 'ERR_DLB_DOMAIN_RESET_FAILED';

/** Creates a domain, and makes as if its queue had an event out: what its memory is only control and scheduler know, so
 *  it is caught where it is made. */
async function spoilt<T>(create: () => Promise<T>): Promise<T> {
  const made: SharedArrayBuffer[] = [];
  const Real = globalThis.SharedArrayBuffer;
  globalThis.SharedArrayBuffer = new Proxy(Real, {
    construct(target, [bytes]: [number]) {
      made.push(new target(bytes));
      return made.at(-1)!;
    },
  });
  try {
    const domain = await create();
    const queue = {
      type: 'parallel',
      flows: 1,
      sequences: 1,
      scope: 'queue',
      fragments: 1,
    } as const;
    const rest = { priority: 128, weight: 0, affinity: 0, inflights: 0 };
    const port = { depth: 1, adaptive: false, independent: false, names: 0, newEventThreshold: 8 };
    const layout = schedulerLayout({
      eventsLimit: 8,
      capacity: 8,
      queues: [{ ...queue, ...rest }],
      ports: [{ ...port, historyDepth: 4 }],
    });
    const memory = made.find((each) => each.byteLength === layout.words * 4)!;
    new Int32Array(memory)[layout.heldEvents] = 1;
    return domain;
  } finally {
    globalThis.SharedArrayBuffer = Real;
  }
}

async function freshDevice(): Promise<Device> {
  const made = await openDevice({ scheduling: 'inline', model: 'dlb2.5' });
  open.push(made);
  return made;
}

async function codeOf(call: () => unknown): Promise<string> {
  return (await refusalOf(call)).code;
}

test('CP-53: the device creates no domain after a failed reset, until it is reset itself', async () => {
  const it = await freshDevice();
  const before = it.resources();
  const domain = await spoilt(() => it.createDomain(SPEC));
  const taken = it.resources();
  expect(await codeOf(() => domain.close())).toBe(FAILED);
  expect(it.resources()).toEqual(taken);
  expect(await codeOf(() => it.createDomain(SPEC))).toBe(FAILED);
  await it.reset();
  expect(it.resources()).toEqual(before);
  const next = await it.createDomain(SPEC);
  await next.close();
  expect(it.resources()).toEqual(before);
});

test('CP-53: a domain whose reset fails when the device is reset keeps nothing', async () => {
  const it = await freshDevice();
  const before = it.resources();
  const domain = await spoilt(() => it.createDomain(SPEC));
  await it.reset();
  expect(domain.state).toBe('closed');
  expect(it.resources()).toEqual(before);
  await it.createDomain(SPEC);
});

test("CP-53: a tenant's failed reset is its own affair", async () => {
  const it = await freshDevice();
  const vdev = await it.createVirtualDevice({ quota: QUOTA });
  const other = await it.createVirtualDevice({ quota: QUOTA });
  const [tenant, neighbour] = [
    await attachVirtualDevice(vdev.handle),
    await attachVirtualDevice(other.handle),
  ];
  const whole = vdev.resources();
  const domain = await spoilt(() => tenant.createDomain(SPEC));
  expect(await codeOf(() => domain.close())).toBe(FAILED);
  expect(vdev.resources().domains).toEqual({ total: 2, available: 1 });
  expect(await codeOf(() => tenant.createDomain(SPEC))).toBe(FAILED);
  await neighbour.createDomain(SPEC);
  await it.createDomain(SPEC);
  await it.reset({ timeoutMs: 0 });
  expect(vdev.resources()).toEqual(whole);
  await tenant.createDomain(SPEC);
});

test("CP-53: what a tenant leaves behind is nobody's when it is gone, until the device is reset", async () => {
  const it = await freshDevice();
  const before = it.resources();
  const vdev = await it.createVirtualDevice({ quota: QUOTA });
  const tenant = await attachVirtualDevice(vdev.handle);
  await tenant.createDomain(SPEC);
  await spoilt(() => tenant.createDomain(SPEC));
  await vdev.close();
  const { domains, credits, historyEntries } = it.resources();
  expect([domains, credits].map(({ total, available }) => total - available)).toEqual([1, 8]);
  expect(historyEntries.available).toBe(before.historyEntries.available - 4);
  expect(await codeOf(() => it.createDomain(SPEC))).toBe(FAILED);
  await it.reset();
  expect(it.resources()).toEqual(before);
  await it.createDomain(SPEC);
});
