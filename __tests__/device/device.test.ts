/** The device: options, limits, resources, domains beside one another. */
import { expect, test } from '@jest/globals';
import { attachPort, EventBurst, openDevice } from '../../lib/index.js';
import type { DeviceOptions, DomainSpec } from '../../lib/index.js';
import { addRig, expectCreditsSumUp, fresh, inlineDevice } from '../contracts/harness.js';
import { refusalOf, send, took } from '../contracts/harness.js';

const SMALL: DomainSpec = {
  eventsLimit: 16,
  queues: [{ type: 'atomic' }],
  ports: [{ links: [0] }],
};

test.each([
  ['options', 5],
  ['options.colour', { colour: 1 }],
  ['options.name', { name: '' }],
  ['options.scheduling', { scheduling: 'thread' }],
  ['options.schedulers', { schedulers: 0 }],
  ['options.schedulers', { schedulers: 65 }],
  ['options.schedulers', { scheduling: 'inline', schedulers: 2 }],
  ['options.model', { model: 'dlb3' }],
])('openDevice refuses %s of %p', async (field, options) => {
  const error = await refusalOf(() => openDevice(options as DeviceOptions));
  expect([error.code, error.details['field']]).toEqual(['ERR_DLB_INVALID_SPEC', field]);
});

test('the defaults are a worker, one scheduler, the host model and the name dlb0', async () => {
  await using device = await openDevice();
  expect(device.info).toMatchObject({
    name: 'dlb0',
    scheduling: 'worker',
    schedulers: 1,
    model: 'host',
  });
  const error = await refusalOf(() => device.schedule());
  expect(error.code).toBe('ERR_DLB_NOT_INLINE');
});

test('a device tells what it can, in the words of eventdev, and the largest values of a domain', async () => {
  const { info } = await inlineDevice();
  expect(info.capabilities).toEqual([
    'QUEUE_QOS',
    'EVENT_QOS',
    'QUEUE_ALL_TYPES',
    'BURST_MODE',
    'IMPLICIT_RELEASE_DISABLE',
    'NONSEQ_MODE',
    'RUNTIME_PORT_LINK',
    'MULTIPLE_QUEUE_PORT',
    'CARRY_FLOW_ID',
    'MAINTENANCE_FREE',
    'RUNTIME_QUEUE_ATTR',
    'PROFILE_LINK',
    'ATOMIC',
    'ORDERED',
    'PARALLEL',
    'INDEPENDENT_ENQ',
  ]);
  expect(info.limits).toMatchObject({ queues: 255, ports: 64, priorityLevels: 8, profiles: 8 });
});

test.each(['host', 'dlb2.0', 'dlb2.5'] as const)('%s reports what it has', async (model) => {
  await using device = await openDevice({ scheduling: 'inline', model });
  for (const { total, available } of Object.values(device.resources())) {
    expect(total).toBeGreaterThan(0);
    expect(available).toBe(total);
  }
  const before = device.resources();
  const domain = await device.createDomain(SMALL);
  const during = device.resources();
  const taken = Object.entries(before).map(([name, { available }]) => [
    name,
    available - during[name]!.available,
  ]);
  expect(Object.fromEntries(taken)).toMatchObject({ domains: 1, queues: 1, ports: 1, credits: 16 });
  await domain.close();
  await domain.close();
  expect(device.resources()).toEqual(before);
});

test('a resource that falls short is named, and nothing is taken', async () => {
  await using device = await openDevice({ scheduling: 'inline', model: 'dlb2.0' });
  const many = Array.from({ length: 64 }, () => ({}));
  for (let i = 0; i < 2; i++) await device.createDomain({ ...SMALL, eventsLimit: 64, ports: many });
  const before = device.resources();
  expect(before.ports.available).toBe(0);
  const ports = await refusalOf(() => device.createDomain(SMALL));
  expect([ports.code, ports.details['field']]).toEqual(['ERR_DLB_LDB_PORTS_UNAVAILABLE', 'ports']);
  expect(device.resources()).toEqual(before);
});

test('credits and domains fall short as well', async () => {
  await using device = await openDevice({ scheduling: 'inline', model: 'dlb2.5' });
  const credits = await refusalOf(() => device.createDomain({ ...SMALL, eventsLimit: 16385 }));
  expect(credits.code).toBe('ERR_DLB_LDB_CREDITS_UNAVAILABLE');
  for (let i = 0; i < 32; i++) await device.createDomain({ ...SMALL, eventsLimit: 1 });
  const domains = await refusalOf(() => device.createDomain({ ...SMALL, eventsLimit: 1 }));
  expect(domains.code).toBe('ERR_DLB_DOMAIN_UNAVAILABLE');
});

test('domains of one device share nothing but the passes', async () => {
  const device = await inlineDevice();
  const spec = {
    eventsLimit: 8,
    queues: [{ type: 'atomic' as const }],
    ports: [{}, { links: [0] }],
  };
  const [a, b] = [await addRig(device, spec), await addRig(device, spec)];
  expect(a.domain.id).not.toBe(b.domain.id);
  send(a.ports[0]!, ...fresh(4, { flowId: 1 }));
  send(b.ports[0]!, ...fresh(2, { flowId: 1 }, 10));
  expect(a.pass()).toBe(6);
  expect([took(a.ports[1]!), took(b.ports[1]!)]).toEqual([
    [0, 1, 2, 3],
    [10, 11],
  ]);
  expect([a.stats().inflight, b.stats().inflight]).toEqual([4, 2]);
  // All credits of one in use: the other has its own.
  for (let i = 0; i < 20; i++) {
    send(a.ports[0]!, ...fresh(4));
    a.pass();
  }
  expect(a.stats().inflight).toBe(8);
  expect(send(b.ports[0]!, ...fresh(2))).toBe(2);
  for (const each of [a, b]) expectCreditsSumUp(each);
});

test('a port that writes nonsense is cut off, and only that port', async () => {
  const device = await inlineDevice();
  const spec = {
    queues: [{ type: 'parallel' as const }],
    ports: [{}, { links: [0], dequeueDepth: 4 }, { links: [0], dequeueDepth: 4 }],
  };
  const [a, b] = [await addRig(device, spec), await addRig(device, spec)];
  send(a.ports[0]!, ...fresh(8));
  a.pass();
  const { memory } = a.domain.attachment(1);
  // Everything that ports may write, written over: indices of all rings among it.
  const words = new Int32Array(memory);
  const { domainLayout, PORT } = await import('../../lib/memory/layout.js');
  const { at } = domainLayout(a.domain.attachment(1).shape).ports[1]!;
  words[at + PORT.PP_TAIL] = 0x1234_5678;
  words[at + PORT.CQ_HEAD] = 0x1234_5678;
  took(a.ports[1]!);
  a.pass();
  expect([a.ports[1]!.state, a.ports[2]!.state]).toEqual(['disabled', 'started']);
  expect(took(a.ports[2]!)).toHaveLength(4);
  a.pass(3);
  expect(a.stats().ports[1]).toMatchObject({ inflight: 0 });
  expect(took(a.ports[2]!)).toHaveLength(4);
  send(b.ports[0]!, { payload: 5 });
  b.pass();
  expect([...took(b.ports[1]!), ...took(b.ports[2]!)]).toEqual([5]);
  // Reclaimed, it may be used again.
  await a.domain.reclaim(1);
  const next = attachPort(a.domain.attachment(1));
  a.pass();
  expect(next.state).toBe('started');
});

test('closing the device while a domain is being created leaves nothing open', async () => {
  const device = await openDevice();
  const creating = device.createDomain(SMALL);
  await device.close();
  const domain = await creating;
  expect(domain.state).toBe('closed');
});

test('several scheduler workers share the domains', async () => {
  await using device = await openDevice({ schedulers: 2 });
  const domains = await Promise.all([1, 2, 3].map(() => device.createDomain(SMALL)));
  for (const [i, domain] of domains.entries()) {
    await domain.start();
    const port = attachPort(domain.attachment(0));
    const burst = new EventBurst(4);
    burst.pushNew(0, 0, 0, i);
    expect(port.enqueueBurst(burst)).toBe(1);
    expect(await port.ready()).toBe(true);
    expect([port.dequeueBurst(burst), burst.payload(0)]).toEqual([1, i]);
  }
});
