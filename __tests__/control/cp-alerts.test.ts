/** Alerts, the watchdog, and ports that are cut off for what they do. */
import { afterEach, expect, jest, test } from '@jest/globals';
import { attachPort, EventBurst, openDevice, OP, SCHED } from '../../lib/index.js';
import type { Alert, Domain, PortAttachment } from '../../lib/index.js';
import { domainLayout } from '../../lib/memory/layout.js';
import {
  burstOf,
  expectCreditsSumUp,
  fresh,
  refusalOf,
  rig,
  send,
  sendAll,
  take,
  took,
  upTo,
} from '../contracts/harness.js';
import type { Rig, RigSpec } from '../contracts/harness.js';

/** What performance.now() tells; nothing here depends on how long anything takes. */
let time = 5000;

afterEach(() => {
  jest.restoreAllMocks();
});

/** A rig whose clock stands still until it is moved. */
async function timed(spec: RigSpec): Promise<Rig> {
  time = 5000;
  jest.spyOn(performance, 'now').mockImplementation(() => time);
  return rig(spec);
}

/** An inline device looks at its clock in every 64th pass. */
function later(r: Rig, ms: number): void {
  time += ms;
  r.pass(64);
}

function allOf(domain: Domain): Alert[] {
  const found: Alert[] = [];
  for (let each = domain.nextAlert(); each !== undefined; each = domain.nextAlert()) {
    found.push(each);
  }
  return found;
}

/** Kind, port and aux of all alerts. */
function told(domain: Domain): unknown[] {
  return allOf(domain).map(({ kind, port, aux }) => [kind, port, aux]);
}

const ONE: RigSpec = { queues: [{ type: 'parallel' }], ports: [{}, { links: [0] }] };

/** Writes entries into a port's enqueue ring, as a thread could that keeps to no rule. */
function forge(attachment: PortAttachment, entries: readonly (readonly number[])[]): void {
  const words = new Int32Array(attachment.memory);
  const { enqueue } = domainLayout(attachment.shape).ports[attachment.portId]!;
  let tail = words[enqueue.tailAt]!;
  for (const entry of entries) {
    const at = enqueue.slots + (tail & enqueue.mask) * 4;
    entry.forEach((word, i) => (words[at + i] = word));
    tail = (tail + 1) | 0;
  }
  words[enqueue.tailAt] = tail;
}

test('an event for an unknown queue raises an alert that names port and queue', async () => {
  const r = await rig(ONE);
  send(r.ports[1]!, { queueId: 9 });
  r.pass();
  expect(allOf(r.domain)).toEqual([{ kind: 'unknown-queue', port: 1, aux: 9, number: 1 }]);
  expect(r.stats().ports[1]!.dropped).toBe(1);
  expectCreditsSumUp(r);
});

test('schedType 3 on a queue of any type is an illegal enqueue', async () => {
  const r = await rig({ queues: [{ type: 'any' }], ports: [{}, { links: [0] }] });
  send(r.ports[0]!, { schedType: 3 }, { schedType: SCHED.ATOMIC });
  r.pass();
  expect(told(r.domain)).toEqual([['illegal-enqueue', 0, 0]]);
});

test('a piece beyond the limit is an illegal enqueue, and so is a completion that is one', async () => {
  const r = await rig({
    queues: [{ type: 'parallel', fragments: 2 }],
    ports: [{ links: [0] }],
  });
  send(r.ports[0]!, { payload: 1 });
  r.pass();
  const got = take(r.ports[0]!);
  const piece = { op: OP.FRAGMENT, queueId: 0 };
  send(r.ports[0]!, piece, piece, piece);
  r.pass();
  expect(told(r.domain)).toEqual([['illegal-enqueue', 0, 0]]);
  got.setOp(0, OP.FORWARD);
  r.ports[0]!.enqueueBurst(got);
  r.pass();
  expect(told(r.domain)).toEqual([['illegal-enqueue', 0, 0]]);
});

test('a piece where no queue takes any is counted by the port, and told', async () => {
  const r = await rig(ONE);
  send(r.ports[0]!, { op: OP.FRAGMENT }, { op: OP.FRAGMENT });
  send(r.ports[0]!, { payload: 1 });
  r.pass();
  expect(told(r.domain)).toEqual([['illegal-enqueue', 0, 2]]);
});

test('a FORWARD that names nothing is an excess completion', async () => {
  const r = await rig({
    queues: [{ type: 'parallel' }],
    ports: [{ links: [0], independentEnqueue: true }],
  });
  send(r.ports[0]!, { payload: 1 });
  r.pass();
  const got = take(r.ports[0]!);
  const twice = burstOf({ op: OP.FORWARD, implOpaque: (got.implOpaque(0) + 7) & 255 });
  r.ports[0]!.enqueueBurst(twice);
  r.ports[0]!.release(1);
  r.pass();
  expect(told(r.domain)).toEqual([['excess-completion', 0, 1]]);
});

test('a RELEASE of more than is held is cut and told; credits are exact', async () => {
  const r = await rig(ONE);
  send(r.ports[0]!, ...fresh(2));
  r.pass();
  expect(took(r.ports[1]!)).toEqual([0, 1]);
  forge(r.domain.attachment(1), [[0, OP.RELEASE, 5, 0]]);
  r.ports[1]!.release(0);
  await r.domain.disablePort(1);
  await r.domain.enablePort(1);
  r.pass();
  expect(told(r.domain)).toEqual([['excess-release', 1, 3]]);
  expect(r.stats().inflight).toBe(0);
});

test('a NEW without a credit is an illegal enqueue', async () => {
  const r = await rig({ ...ONE, eventsLimit: 4 });
  forge(
    r.domain.attachment(1),
    upTo(3).map(() => [0, OP.NEW, 0, 0]),
  );
  await r.domain.disablePort(1);
  await r.domain.enablePort(1);
  r.pass();
  // It had two credits.
  expect(told(r.domain)).toEqual([['illegal-enqueue', 1, 0]]);
  expect(r.stats()).toMatchObject({ dropped: 1 });
});

test('impossible indices cut a port off, with one alert', async () => {
  const r = await rig(ONE);
  const attachment = r.domain.attachment(1);
  const { enqueue } = domainLayout(attachment.shape).ports[1]!;
  new Int32Array(attachment.memory)[enqueue.tailAt]! += 100_000;
  await r.domain.disablePort(1);
  await r.domain.enablePort(1);
  r.pass(3);
  expect(told(r.domain)).toEqual([['cut-off', 1, 0]]);
  expect(r.ports[1]!.state).toBe('disabled');
});

test('a user alert comes back as it is, in every state but closed', async () => {
  const r = await rig({ ...ONE, started: false });
  for (const aux of [0, -1, 2 ** 31 - 1, -(2 ** 31)]) await r.domain.raiseAlert(aux);
  expect(allOf(r.domain).map(({ kind, port, aux, number }) => [kind, port, aux, number])).toEqual([
    ['user', undefined, 0, 1],
    ['user', undefined, -1, 2],
    ['user', undefined, 2 ** 31 - 1, 3],
    ['user', undefined, -(2 ** 31), 4],
  ]);
  for (const aux of [1.5, 2 ** 31, Number.NaN, '1'] as number[]) {
    const error = await refusalOf(() => r.domain.raiseAlert(aux));
    expect([error.code, error.details['field']]).toEqual(['ERR_DLB_INVALID_ARGUMENT', 'aux']);
  }
  expect(r.domain.nextAlert()).toBeUndefined();
  await r.domain.close();
  expect((await refusalOf(() => r.domain.raiseAlert(1))).code).toBe('ERR_DLB_DOMAIN_CLOSED');
});

test('the ring keeps all of 256 alerts, and counts what it loses, any number of times round', async () => {
  const r = await rig(ONE);
  let number = 0;
  let lost = 0;
  for (let round = 0; round < 5; round++) {
    // Not a multiple of the ring: it is full at another place each time.
    for (let i = 0; i < 256 + 3 * round; i++) await r.domain.raiseAlert(i);
    lost += 3 * round;
    const found = allOf(r.domain);
    expect(found.map(({ aux }) => aux)).toEqual(upTo(256));
    expect(found.map((alert) => alert.number)).toEqual(upTo(256, number + 1));
    number += 256 + 3 * round;
    expect(r.domain.alertsLost).toBe(lost);
  }
});

test('CP-65: an alert reaches exactly one of several readers', async () => {
  const r = await rig(ONE);
  const got: Alert[][] = [[], [], []];
  const reading = got.map(async (mine) => {
    for await (const alert of r.domain.alerts()) mine.push(alert);
  });
  await Promise.resolve();
  for (let i = 0; i < 20; i++) {
    await r.domain.raiseAlert(i);
    if (i % 3 === 0) await new Promise(setImmediate);
  }
  await r.domain.close();
  await Promise.all(reading);
  const all = got.flat().toSorted((a, b) => a.number - b.number);
  expect(all.map(({ number }) => number)).toEqual(upTo(21, 1));
  expect(all.at(-1)!.kind).toBe('domain-reset');
});

test('a reader ends when its signal is aborted, and the alerts are left to others', async () => {
  const r = await rig(ONE);
  const stop = new AbortController();
  const got: number[] = [];
  const reading = (async () => {
    for await (const { aux } of r.domain.alerts({ signal: stop.signal })) got.push(aux);
  })();
  await r.domain.raiseAlert(1);
  await new Promise(setImmediate);
  stop.abort();
  await reading;
  await r.domain.raiseAlert(2);
  expect(got).toEqual([1]);
  expect(told(r.domain)).toEqual([['user', undefined, 2]]);
  for await (const alert of r.domain.alerts({ signal: AbortSignal.abort() })) {
    throw new Error(`told ${alert.kind}`);
  }
});

test('CP-55: readers learn that the device is reset, and end', async () => {
  const r = await rig(ONE);
  const kinds: string[] = [];
  const reading = (async () => {
    for await (const { kind } of r.domain.alerts()) kinds.push(kind);
  })();
  const waiting = r.ports[1]!.ready();
  await r.device.close();
  await reading;
  expect(kinds).toEqual(['device-reset']);
  expect(await waiting).toBe(false);
  expect((await refusalOf(() => r.device.createDomain({} as never))).code).toBe(
    'ERR_DLB_DEVICE_CLOSED',
  );
});

test('alerts of a scheduler worker wake their readers, once for many', async () => {
  await using device = await openDevice();
  const domain = await device.createDomain({
    eventsLimit: 64,
    queues: [{ type: 'parallel' }],
    ports: [{}],
  });
  await domain.start();
  const port = attachPort(domain.attachment(0));
  const reader = domain.alerts();
  const first = reader.next();
  await new Promise(setImmediate);
  expect(send(port, ...fresh(3, { queueId: 7 }))).toBe(3);
  expect((await first).value).toMatchObject({ kind: 'unknown-queue', port: 0, aux: 7 });
  for (let i = 1; i < 3; i++) {
    expect((await reader.next()).value).toMatchObject({ kind: 'unknown-queue', number: i + 1 });
  }
  const next = reader.next();
  await domain.raiseAlert(5);
  expect((await next).value).toMatchObject({ kind: 'user', aux: 5 });
  const last = reader.next();
  const closing = domain.close();
  expect((await last).value).toMatchObject({ kind: 'domain-reset' });
  await closing;
  expect(await reader.next()).toEqual({ value: undefined, done: true });
  await expect(domain.raiseAlert(1)).rejects.toMatchObject({ code: 'ERR_DLB_DOMAIN_CLOSED' });
});

test('CP-66: a CQ that is not serviced raises one alert, and another only when it was serviced', async () => {
  const r = await timed(ONE);
  send(r.ports[0]!, ...fresh(3));
  r.pass();
  later(r, 9900);
  expect(told(r.domain)).toEqual([]);
  later(r, 200);
  expect(told(r.domain)).toEqual([['watchdog', 1, 3]]);
  for (let i = 0; i < 5; i++) later(r, 20_000);
  expect(told(r.domain)).toEqual([]);
  // Serviced in part: what is left has its time again.
  expect(took(r.ports[1]!, 1)).toEqual([0]);
  later(r, 200);
  later(r, 9900);
  expect(told(r.domain)).toEqual([]);
  later(r, 200);
  expect(told(r.domain)).toEqual([['watchdog', 1, 2]]);
});

test('CP-66: an empty CQ, and one that is serviced in time, raise none', async () => {
  const r = await timed(ONE);
  for (let i = 0; i < 10; i++) {
    send(r.ports[0]!, { payload: i });
    r.pass();
    later(r, 6000);
    expect(took(r.ports[1]!)).toEqual([i]);
    r.ports[1]!.release(1);
    later(r, 50_000);
  }
  expect(told(r.domain)).toEqual([]);
});

test.each([
  [0, []],
  [500, [['watchdog', 1, 1]]],
])('CP-66: a watchdog of %i ms', async (watchdogMs, expected) => {
  time = 5000;
  jest.spyOn(performance, 'now').mockImplementation(() => time);
  await using device = await openDevice({ scheduling: 'inline' });
  const domain = await device.createDomain({
    eventsLimit: 8,
    queues: [{ type: 'parallel' }],
    ports: [{}, { links: [0] }],
    watchdogMs,
  });
  await domain.start();
  send(attachPort(domain.attachment(0)), { payload: 1 });
  for (let i = 0; i < 10; i++) {
    time += 110;
    for (let pass = 0; pass < 64; pass++) device.schedule();
  }
  expect(told(domain)).toEqual(expected);
});

/** Enqueues `count` events for a queue that does not exist. */
function misbehave(r: Rig, id: number, count: number): void {
  const burst = new EventBurst(64);
  for (let left = count; left > 0;) {
    burst.clear();
    for (let i = 0; i < Math.min(left, 32); i++) burst.push({ queueId: 200 });
    left -= r.ports[id]!.enqueueBurst(burst);
    r.pass();
  }
}

test('CP-81: a port that faults above the rate is cut off; others go on; it can be let back in', async () => {
  const ports = [{}, { links: [0] }, {}];
  const r = await timed({ ...ONE, ports, eventsLimit: 128, faultLimit: 1000 });
  misbehave(r, 0, 1000);
  expect(r.ports[0]!.state).toBe('started');
  misbehave(r, 0, 1);
  expect(r.ports[0]!.state).toBe('disabled');
  const alerts = allOf(r.domain);
  expect(alerts.length + r.domain.alertsLost).toBe(1001 + 1);
  // Nothing of it gets through, and nothing more of it is told.
  expect(send(r.ports[0]!, { payload: 1 })).toBe(0);
  r.pass();
  expect(told(r.domain)).toEqual([]);
  // The others keep theirs.
  expect(send(r.ports[2]!, { payload: 5 }, { queueId: 100 })).toBe(2);
  r.pass();
  expect(took(r.ports[1]!)).toEqual([5]);
  expect(told(r.domain)).toEqual([['unknown-queue', 2, 100]]);
  await r.domain.enablePort(0);
  r.pass();
  expect(r.ports[0]!.state).toBe('started');
  sendAll(r, r.ports[0]!, [{ payload: 6 }]);
  r.pass();
  expect(took(r.ports[1]!)).toEqual([6]);
  // It begins with a clean sheet.
  misbehave(r, 0, 1000);
  expect(r.ports[0]!.state).toBe('started');
  expectCreditsSumUp(r);
});

test('CP-81: the cut-off is told once, with the limit, however long the port goes on', async () => {
  const r = await timed({ ...ONE, faultLimit: 1000 });
  const found: Alert[] = [];
  for (let i = 0; i < 5; i++) {
    misbehave(r, 0, 200);
    found.push(...allOf(r.domain));
    time += 199;
  }
  expect(found.every(({ kind }) => kind === 'unknown-queue')).toBe(true);
  misbehave(r, 0, 1);
  // It does not care that it is refused.
  for (let i = 0; i < 3; i++) {
    forge(
      r.domain.attachment(0),
      upTo(8).map(() => [0, OP.RELEASE, 3, 0]),
    );
    r.ports[0]!.release(0);
    r.pass();
  }
  expect(allOf(r.domain).slice(1)).toMatchObject([{ kind: 'cut-off', port: 0, aux: 1000 }]);
  expect(r.domain.alertsLost).toBe(0);
});

test('CP-81: as many faults over a longer time cut nobody off', async () => {
  const r = await timed({ ...ONE, faultLimit: 1000 });
  for (let i = 0; i < 5; i++) {
    misbehave(r, 0, 1000);
    time += 1000;
  }
  expect(r.ports[0]!.state).toBe('started');
});

test.each([
  [0, 5000, 'started'],
  [2, 2, 'started'],
  [2, 3, 'disabled'],
] as const)('CP-81: with a faultLimit of %i, after %i faults the port is %s', async (...row) => {
  const [faultLimit, faults, state] = row;
  time = 5000;
  jest.spyOn(performance, 'now').mockImplementation(() => time);
  await using device = await openDevice({ scheduling: 'inline' });
  const domain = await device.createDomain({
    eventsLimit: 64,
    queues: [{ type: 'parallel' }],
    ports: [{}],
    faultLimit,
  });
  await domain.start();
  const port = attachPort(domain.attachment(0));
  const r = { ports: [port], pass: () => device.schedule() } as unknown as Rig;
  misbehave(r, 0, faults);
  expect(port.state).toBe(state);
  if (state === 'disabled') {
    expect(allOf(domain).at(-1)).toMatchObject({ kind: 'cut-off', port: 0, aux: faultLimit });
  }
});

test.each([
  ['watchdogMs', -1],
  ['watchdogMs', 0.5],
  ['watchdogMs', 86_400_001],
  ['faultLimit', -1],
  ['faultLimit', 1_000_001],
  ['faultLimit', '5'],
])('%s of %p is refused', async (field, value) => {
  const r = await rig(ONE);
  const spec = { eventsLimit: 4, queues: [{ type: 'atomic' }], ports: [{}], [field]: value };
  const error = await refusalOf(() => r.device.createDomain(spec as never));
  expect([error.code, error.details['field']]).toEqual(['ERR_DLB_INVALID_SPEC', `spec.${field}`]);
});
