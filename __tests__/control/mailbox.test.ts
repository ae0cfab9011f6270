/** The mailbox between a controller and its tenant: versions, time limits, and whatever else may come in. */
import { MessageChannel } from 'node:worker_threads';
import { afterEach, expect, test } from '@jest/globals';
import { Mailbox } from '../../lib/control/virtual/mailbox.js';
import type { MailboxOptions } from '../../lib/control/virtual/mailbox.js';
import { TenantDevice } from '../../lib/control/virtual/tenant-device.js';
import { attachVirtualDevice, DlbError, openDevice } from '../../lib/index.js';
import type { Device, DomainSpec, VirtualDevice, VirtualDeviceHandle } from '../../lib/index.js';
import { refusalOf, upTo } from '../contracts/harness.js';
import { turn } from './tenant-thread.js';

const open: { close(): unknown }[] = [];

afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

const QUOTA = { domains: 3, queues: 8, ports: 8, credits: 64, historyEntries: 256 };
const SPEC: DomainSpec = {
  eventsLimit: 4,
  queues: [{ type: 'parallel' }],
  ports: [{ links: [0], dequeueDepth: 1 }],
};

async function virtual(): Promise<{ device: Device; vdev: VirtualDevice }> {
  const device = await openDevice({ scheduling: 'inline', model: 'dlb2.5' });
  open.push(device);
  return { device, vdev: await device.createVirtualDevice({ quota: QUOTA }) };
}

/** A tenant's end of which nothing is known but how messages look. */
function stranger({ mailbox }: VirtualDeviceHandle): Mailbox {
  const it = new Mailbox(mailbox, { timeoutMs: 5000, answer: () => true });
  open.push(it);
  return it;
}

/** Two ends of one channel. */
function pair(left: Partial<MailboxOptions>, right: Partial<MailboxOptions>): [Mailbox, Mailbox] {
  const { port1, port2 } = new MessageChannel();
  const rest = { timeoutMs: 5000, answer: () => null };
  const both = [
    new Mailbox(port1, { ...rest, ...left }),
    new Mailbox(port2, { ...rest, ...right }),
  ] as const;
  open.push(...both);
  return [...both];
}

/** A promise and what settles it. */
function later<T>(): { promise: Promise<T>; resolve(value: T): void } {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((settle) => (resolve = settle));
  return { promise, resolve };
}

test('CP-13: an unknown command is another error than a wrong argument', async () => {
  const { vdev } = await virtual();
  const mailbox = stranger(vdev.handle);
  await mailbox.request('register', { min: 1, max: 2 });
  const unknown = ['fly', '', 'toString', '__proto__', 'constructor', 'x'.repeat(100_000)];
  for (const command of unknown) {
    const error = await refusalOf(() => mailbox.request(command, {}));
    expect(error.code).toBe('ERR_DLB_NOT_SUPPORTED');
    expect(error.message.length).toBeLessThan(3000);
  }
  const wrong = await refusalOf(() => mailbox.request('createDomain', 7));
  expect(wrong.code).toBe('ERR_DLB_INVALID_ARGUMENT');
  // The connection goes on.
  expect(await mailbox.request('resources', {})).toEqual(vdev.resources());
});

test('CP-68: a domain of somebody else and one that does not exist are refused alike', async () => {
  const { device, vdev } = await virtual();
  const second = await device.createVirtualDevice({ quota: QUOTA });
  const other = await attachVirtualDevice(second.handle);
  for (let i = 0; i < 2; i++) await other.createDomain(SPEC);
  for (let i = 0; i < 3; i++) await device.createDomain(SPEC);
  const mailbox = stranger(vdev.handle);
  await mailbox.request('register', { min: 1, max: 2 });
  const grant = (await mailbox.request('createDomain', { spec: SPEC })) as {
    id: number;
    serial: number;
  };
  const physical = vdev.domains()[0]![1].id;
  expect([grant.id, physical]).toEqual([0, 5]);
  const texts = new Set<string>();
  const ids = [1, 2, physical, 77, -1, 0.5, '0', null, undefined, Number.NaN, 2 ** 40, [0], {}];
  const methods = ['start', 'stop', 'link', 'stats', 'closeDomain', 'reclaim', 'why', 'raiseAlert'];
  for (const domainId of ids) {
    for (const method of methods) {
      const body = { domainId, serial: grant.serial, portId: 0, queueId: 0, aux: 1 };
      const error = await refusalOf(() => mailbox.request(method, body));
      expect(error.code).toBe('ERR_DLB_INVALID_DOMAIN_ID');
      texts.add(error.message.replace(/domainId=.*/, 'domainId=*'));
    }
  }
  expect([...texts]).toEqual(['there is no such domain: field=domainId, domainId=*']);
  expect(device.domains().map(({ state }) => state)).toEqual(upTo(6).map(() => 'configured'));
  expect(second.domains()).toHaveLength(2);
});

test('CP-68: ports and queues outside the domain do not exist', async () => {
  const { vdev } = await virtual();
  const tenant = await attachVirtualDevice(vdev.handle);
  const domain = await tenant.createDomain(SPEC);
  for (const id of [1, -1, 64, 0.5, Number.NaN, '0' as never]) {
    const codes = await Promise.all(
      [
        () => domain.link(id, 0),
        () => domain.unlink(0, id),
        () => domain.link(0, id),
        () => domain.disablePort(id),
        () => domain.reclaim(id),
        () => domain.queueAttributes(id),
      ].map(async (call) => (await refusalOf(call)).code),
    );
    const [port, queue] = ['ERR_DLB_INVALID_PORT_ID', 'ERR_DLB_INVALID_QID'];
    expect(codes).toEqual([port, queue, queue, port, port, queue]);
    expect((await refusalOf(() => domain.attachment(id))).code).toBe(port);
  }
});

test('a handle of a closed domain does not reach the one that has its id now', async () => {
  const { vdev } = await virtual();
  const tenant = await attachVirtualDevice(vdev.handle);
  const first = await tenant.createDomain(SPEC);
  await first.close();
  const next = await tenant.createDomain(SPEC);
  expect([first.id, next.id]).toEqual([0, 0]);
  expect((await refusalOf(() => first.start())).code).toBe('ERR_DLB_DOMAIN_CLOSED');
  await first.close();
  expect(vdev.domains()).toHaveLength(1);
  // Nor is a domain of another session reached, whatever the thread remembers.
  const old = await refusalOf(() => tenant.call('start', { domainId: 0, serial: 1 }));
  expect(old.code).toBe('ERR_DLB_INVALID_DOMAIN_ID');
  await next.start();
});

test.each([
  ['setSequenceAllocation', { group: 0, sequences: 128 }],
  ['setClassBandwidth', { cos: 0, percent: 1 }],
] as const)('CP-73: %s is not for a tenant', async (command, body) => {
  const { device, vdev } = await virtual();
  const tenant = await attachVirtualDevice(vdev.handle);
  const error = await refusalOf(() => tenant.call(command, body));
  expect(error.code).toBe('ERR_DLB_NOT_PERMITTED');
  expect([device.sequenceAllocation(0), device.classBandwidth(0)]).toEqual([64, 25]);
});

test.each([
  [3, 5],
  [7, 7],
])('CP-77: a tenant that speaks %i to %i does not start', async (min, max) => {
  const { vdev } = await virtual();
  const tenant = new TenantDevice(vdev.handle, {});
  const error = await refusalOf(() => tenant.register({ min, max }));
  expect(error).toMatchObject({
    code: 'ERR_DLB_VERSION_MISMATCH',
    details: { controller: '1..2', tenant: `${min}..${max}` },
  });
  expect(vdev.isLocked).toBe(false);
  for (const call of [() => tenant.createDomain(SPEC), () => tenant.resources()]) {
    expect((await refusalOf(call)).code).toBe('ERR_DLB_NOT_SUPPORTED');
  }
});

test('CP-77: nothing is answered before versions are agreed upon, and a range must be one', async () => {
  const { vdev } = await virtual();
  const mailbox = stranger(vdev.handle);
  for (const command of ['resources', 'createDomain', 'unregister', 'fly']) {
    const error = await refusalOf(() => mailbox.request(command, { spec: SPEC }));
    expect(error.code).toBe('ERR_DLB_NOT_PERMITTED');
  }
  for (const range of [null, 7, {}, { min: 2, max: 1 }, { min: 1 }, { min: '1', max: '2' }]) {
    const error = await refusalOf(() => mailbox.request('register', range));
    expect(error.code).toBe('ERR_DLB_INVALID_ARGUMENT');
  }
  expect(vdev.isLocked).toBe(false);
  expect(await mailbox.request('register', { min: 1, max: 9 })).toEqual({ version: 2 });
  expect(vdev.isLocked).toBe(true);
});

test('CP-78: a command that the controller does not know yet is refused here, and asks nobody', async () => {
  const { vdev } = await virtual();
  const tenant = new TenantDevice(vdev.handle, {});
  // As if the controller were of version 1.
  await tenant.register({ min: 1, max: 1 });
  expect(tenant.version).toBe(1);
  const domain = await tenant.createDomain(SPEC);
  const sent: unknown[] = [];
  const { mailbox } = vdev.handle;
  const post = mailbox.postMessage.bind(mailbox);
  mailbox.postMessage = (message: unknown): void => {
    sent.push(message);
    post(message);
  };
  const error = await refusalOf(() => domain.why(0));
  expect(error).toMatchObject({
    code: 'ERR_DLB_NOT_SUPPORTED',
    details: { command: 'why', version: 1, since: 2 },
  });
  expect(sent).toEqual([]);
  await domain.start();
  expect(sent).toHaveLength(1);
});

test('CP-78: the controller refuses what came later than the version agreed upon', async () => {
  const { vdev } = await virtual();
  const mailbox = stranger(vdev.handle);
  await mailbox.request('register', { min: 1, max: 1 });
  const { id, serial } = (await mailbox.request('createDomain', { spec: SPEC })) as {
    id: number;
    serial: number;
  };
  const body = { domainId: id, serial, queueId: 0 };
  expect((await refusalOf(() => mailbox.request('why', body))).code).toBe('ERR_DLB_NOT_SUPPORTED');
  expect(await mailbox.request('queueAttributes', body)).toMatchObject({ type: 'parallel' });
});

test("CP-79: a request that is not answered fails, and the late answer is nobody else's", async () => {
  const held = later<string>();
  const answers = [held.promise, Promise.resolve('second')];
  const [here] = pair({ timeoutMs: 5 }, { answer: () => answers.shift() });
  const error = await refusalOf(() => here.request('first', {}));
  expect(error).toMatchObject({ code: 'ERR_DLB_MBOX_ERROR', details: { command: 'first' } });
  expect(here.pending).toBe(0);
  // The next request is under way when the answer to the first comes in.
  held.resolve('first');
  const seconds = [];
  while (here.late === 0) {
    answers.unshift(Promise.resolve('second'));
    seconds.push(await here.request('second', {}).catch(({ code }) => code));
  }
  for (const answer of seconds) expect(['second', 'ERR_DLB_MBOX_ERROR']).toContain(answer);
  expect(here.late).toBeGreaterThanOrEqual(1);
});

test('CP-79: answers in another order reach those that asked', async () => {
  const held = upTo(20).map(() => later<number>());
  let i = 0;
  const [here] = pair({}, { answer: () => held[i++]!.promise });
  const asked = upTo(20).map((n) => here.request('ask', { n }));
  while (i < 20) await turn();
  for (const n of upTo(20).toReversed()) held[n]!.resolve(n);
  expect(await Promise.all(asked)).toEqual(upTo(20));
  expect(here.late).toBe(0);
});

test('an answer that comes twice, or that nobody asked for, is counted and dropped', async () => {
  const { port1, port2 } = new MessageChannel();
  const here = new Mailbox(port1, { timeoutMs: 5000, answer: () => null });
  open.push(here, port2);
  port2.on('message', ({ id }: { id: number }) => {
    for (const result of ['a', 'b']) port2.postMessage({ kind: 'response', id, result });
    port2.postMessage({ kind: 'response', id: id + 1000, result: 'c' });
    port2.postMessage({ kind: 'response', id: -1, result: 'd' });
  });
  expect(await here.request('one', {})).toBe('a');
  expect(await here.request('two', {})).toBe('a');
  while (here.late < 5) await turn();
  expect(here.pending).toBe(0);
});

test('whoever waits when the other end goes is told', async () => {
  const [here, there] = pair({}, { answer: () => new Promise(() => {}) });
  const asked = upTo(3).map(() => refusalOf(() => here.request('ask', {})));
  there.close();
  for (const { code } of await Promise.all(asked)) expect(code).toBe('ERR_DLB_MBOX_ERROR');
  expect((await refusalOf(() => here.request('ask', {}))).code).toBe('ERR_DLB_MBOX_ERROR');
});

test('both ends ask while each waits for the other', async () => {
  const ends: Mailbox[] = [];
  let depth = 0;
  // Whoever is asked asks back before it answers.
  const answer = async (end: number): Promise<number> => {
    if (++depth > 50) return depth;
    return (await ends[end]!.request('ask', {})) as number;
  };
  ends.push(...pair({ answer: () => answer(0) }, { answer: () => answer(1) }));
  const all = ends.flatMap((end) => upTo(10).map(() => end.request('ask', {})));
  for (const each of await Promise.all(all)) expect(each).toBeGreaterThan(50);
});

test('errors come across with their code, message and details', async () => {
  const { vdev } = await virtual();
  const tenant = await attachVirtualDevice(vdev.handle);
  const error = await refusalOf(() => tenant.createDomain({ ...SPEC, eventsLimit: 0 }));
  expect(error).toBeInstanceOf(DlbError);
  expect(error).toMatchObject({
    code: 'ERR_DLB_INVALID_SPEC',
    details: { field: 'spec.eventsLimit', value: 0 },
  });
  expect(error.message).toContain('spec.eventsLimit must be');
  // What is no DlbError over there is none here, whatever it says of itself.
  const [here] = pair(
    {},
    {
      answer: () => {
        throw Object.assign(new Error('no'), { code: 'ERR_DLB_INVALID_QID' });
      },
    },
  );
  expect((await refusalOf(() => here.request('ask', {}))).code).toBe('ERR_DLB_INTERNAL_ERROR');
});

/** What a tenant might send that is no message. */
function garbage(): unknown[] {
  const circle: Record<string, unknown> = { kind: 'request', id: 5 };
  circle['command'] = circle;
  return [
    null,
    undefined,
    7,
    10n,
    'request',
    [],
    {},
    new Uint8Array(8),
    new Map([['kind', 'request']]),
    { kind: 'request' },
    { kind: 'request', id: '1', command: 'resources' },
    { kind: 'request', id: 1, command: 7 },
    { kind: 'request', id: 1, command: null },
    { kind: 'response' },
    { kind: 'response', id: {} },
    { kind: 'notification' },
    { kind: 'notification', name: 8 },
    { kind: 'order', id: 1 },
    circle,
  ];
}

test('what is no message is dropped, and the tenant is served as before', async () => {
  const { vdev } = await virtual();
  const { mailbox } = vdev.handle;
  const tenant = await attachVirtualDevice(vdev.handle);
  for (const message of garbage()) mailbox.postMessage(message);
  for (const id of [Number.NaN, Infinity, -1, 0.5]) {
    mailbox.postMessage({ kind: 'response', id, error: { code: 'x' } });
    mailbox.postMessage({ kind: 'request', id, command: 'resources', body: {} });
  }
  const domain = await tenant.createDomain(SPEC);
  await domain.start();
  expect(await tenant.resources()).toEqual(vdev.resources());
});

function nested(depth: number): unknown {
  return depth === 0 ? 1 : [nested(depth - 1)];
}

function circular(): object {
  const spec: Record<string, unknown> = { ...SPEC };
  spec['name'] = spec;
  return spec;
}

test.each<[string, () => unknown]>([
  ['a long name', () => ({ ...SPEC, name: 'x'.repeat(1 << 20) })],
  ['long field names', () => ({ ...SPEC, ['x'.repeat(1 << 20)]: 1 })],
  ['many queues', () => ({ ...SPEC, queues: upTo(1 << 20) })],
  ['an array with holes', () => ({ ...SPEC, queues: Array.from({ length: 1 << 17 }) })],
  ['deep nesting', () => ({ ...SPEC, queues: nested(2000) })],
  ['a circle', circular],
  ['bytes', () => ({ ...SPEC, queues: new Uint8Array(1 << 20) })],
  ['a map', () => new Map([['eventsLimit', 1]])],
  ['a bigint', () => ({ ...SPEC, eventsLimit: 4n })],
  ['a bigint inside', () => ({ ...SPEC, eventsLimit: [4n] })],
  ['null', () => null],
  ['a date', () => new Date(0)],
])('a specification that holds %s is refused, and the answer is short', async (_, make) => {
  const { vdev } = await virtual();
  const tenant = await attachVirtualDevice(vdev.handle);
  const error = await refusalOf(() => tenant.createDomain(make() as DomainSpec));
  expect(['ERR_DLB_INVALID_ARGUMENT', 'ERR_DLB_INVALID_SPEC']).toContain(error.code);
  expect(error.message.length).toBeLessThan(3000);
  expect(JSON.stringify(error.details, (_key, value) => String(value)).length).toBeLessThan(3000);
  expect(vdev.domains()).toEqual([]);
  await tenant.createDomain(SPEC);
});

test('a specification as large as it may be is taken', async () => {
  const { device } = await virtual();
  await device.close();
  const host = await openDevice({ scheduling: 'inline' });
  open.push(host);
  const quota = { domains: 1, queues: 255, ports: 64, credits: 64, historyEntries: 1 << 20 };
  const vdev = await host.createVirtualDevice({ quota });
  const tenant = await attachVirtualDevice(vdev.handle);
  const queues: DomainSpec['queues'] = upTo(255).map((id) => ({
    name: `queue number ${id}`,
    type: 'parallel',
    priority: 1,
    weight: 1,
    affinity: 1,
    flows: 1,
    sequences: 1,
  }));
  const links = upTo(255).map((queue) => ({ queue, priority: 9 }));
  const ports = upTo(64).map((id) => ({ name: `port number ${id}`, links, historyDepth: 4 }));
  const domain = await tenant.createDomain({ eventsLimit: 64, queues, ports });
  expect(domain.attachment(63).portId).toBe(63);
});

test('a stop of a tenant ends in time, so that its death need not wait', async () => {
  const { vdev } = await virtual();
  const tenant = await attachVirtualDevice(vdev.handle);
  const domain = await tenant.createDomain(SPEC);
  await domain.start();
  for (const graceMs of [10_001, Infinity, -1, Number.NaN, '5' as never]) {
    const error = await refusalOf(() => domain.stop(undefined, { graceMs }));
    expect([error.code, error.details['field']]).toEqual(['ERR_DLB_INVALID_ARGUMENT', 'graceMs']);
  }
  expect(await domain.stop(undefined, { graceMs: 0 })).toEqual({ flushed: 0 });
});

test('a tenant that registers again has begun anew', async () => {
  const { device, vdev } = await virtual();
  const mailbox = stranger(vdev.handle);
  const whole = vdev.resources();
  const rest = device.resources();
  for (let round = 0; round < 3; round++) {
    // At once: the second finds what the first may be about to reset.
    const registered = upTo(2).map(() => mailbox.request('register', { min: 1, max: 2 }));
    for (const answer of await Promise.all(registered)) expect(answer).toEqual({ version: 2 });
    expect(vdev.resources()).toEqual(whole);
    expect(vdev.isLocked).toBe(true);
    const grant = await mailbox.request('createDomain', { spec: SPEC });
    expect(grant).toMatchObject({ id: 0 });
    await mailbox.request('createDomain', { spec: SPEC });
  }
  expect(device.domains()).toHaveLength(2);
  const last = [mailbox.request('unregister', {}), mailbox.request('register', { min: 1, max: 1 })];
  await Promise.all(last);
  expect(device.resources()).toEqual(rest);
  expect([vdev.isLocked, vdev.domains()]).toEqual([true, []]);
  expect(await mailbox.request('createDomain', { spec: SPEC })).toMatchObject({ id: 0 });
  expect(vdev.domains()).toHaveLength(1);
});

test.each([null, undefined, 7, {}, { kind: 'softdlb.port' }, { kind: 'softdlb.virtual-device' }])(
  '%p is no handle of a virtual device',
  async (handle) => {
    const error = await refusalOf(() => attachVirtualDevice(handle as never));
    expect(error.code).toBe('ERR_DLB_ATTACHMENT_INVALID');
  },
);

test.each([0, -1, 1.5, 'soon', Infinity])('a time limit of %p is refused', async (timeoutMs) => {
  const { vdev } = await virtual();
  const options = { timeoutMs: timeoutMs as number };
  const error = await refusalOf(() => attachVirtualDevice(vdev.handle, options));
  expect(error.code).toBe('ERR_DLB_INVALID_ARGUMENT');
  expect(vdev.isLocked).toBe(false);
});
