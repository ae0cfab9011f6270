/** The reset procedure of a domain, step by step, and what happens when something is left over. */
import { expect, test } from '@jest/globals';
import { createDomain } from '../../lib/control/create-domain.js';
import { openLedger } from '../../lib/control/ledger/models.js';
import type { Ledger } from '../../lib/control/ledger/models.js';
import type { SchedulerSeat } from '../../lib/control/seat.js';
import type { Command, DomainPlan, Reply } from '../../lib/eventdev/commands.js';
import { openDevice, attachPort, OP } from '../../lib/index.js';
import type { Domain, DomainSpec, ResetStep } from '../../lib/index.js';
import { LINE_BYTES } from '../../lib/memory/lines.js';
import { Machine } from '../../lib/scheduler/machine.js';
import { Scheduler } from '../../lib/scheduler/scheduler.js';
import {
  addRig,
  burstOf,
  expectEmpty,
  forward,
  fresh,
  inlineDevice,
  refusalOf,
  rig,
  send,
  take,
  took,
  upTo,
} from '../contracts/harness.js';

const DRAIN = [
  'close-gate',
  'disarm-wakes',
  'end-completions',
  'drain-ports',
  'finish-links',
  'drain-linked-queues',
  'drain-unlinked-queues',
  'drain-directed-queues',
];

function names(trace: readonly ResetStep[]): string[] {
  return trace.map(({ step }) => step);
}

/** Counts by step. */
function countsOf(domain: Domain): Record<string, Readonly<Record<string, number>>> {
  return Object.fromEntries(domain.trace().map(({ step, counts }) => [step, counts]));
}

test('a stop shows its steps, in order, each with what it found', async () => {
  const r = await rig({
    queues: [{ type: 'atomic' }, { type: 'parallel' }, { type: 'directed' }, { type: 'ordered' }],
    ports: [
      {},
      { links: [0], dequeueDepth: 4 },
      { links: [2], dequeueDepth: 1 },
      { links: [3], dequeueDepth: 4 },
    ],
    eventsLimit: 128,
  });
  expect(r.domain.trace()).toEqual([]);
  send(r.ports[0]!, ...fresh(7, { queueId: 0 }));
  send(r.ports[0]!, ...fresh(2, { queueId: 1 }), ...fresh(3, { queueId: 2 }));
  send(r.ports[0]!, ...fresh(3, { queueId: 3 }));
  r.pass();
  // Of the ordered ones the second goes on: it waits in the window for the first.
  const got = take(r.ports[3]!);
  expect(got.length).toBe(3);
  took(r.ports[1]!, 1);
  // Published, and not taken in: one completion and two events.
  r.ports[1]!.release(1);
  const { credits } = r.stats().ports[0]!;
  expect(send(r.ports[0]!, ...fresh(2, { queueId: 1 }))).toBe(2);
  const { flushed } = await r.domain.stop();
  expect(flushed).toBe(16);
  expect(names(r.domain.trace())).toEqual([...DRAIN, 'verify']);
  const counts = countsOf(r.domain);
  expect(counts['close-gate']!['ports']).toBe(4);
  expect(counts['close-gate']!['credits']).toBeGreaterThanOrEqual(credits - 2);
  expect(counts['end-completions']).toEqual({ entries: 0 });
  // Three of port 1, one of port 2, three of port 3.
  expect(counts['drain-ports']).toEqual({ ports: 3, events: 7 });
  expect(counts['finish-links']).toEqual({ unlinks: 0, links: 0 });
  expect(counts['drain-linked-queues']).toEqual({ queues: 2, events: 3 });
  expect(counts['drain-unlinked-queues']).toEqual({ queues: 1, events: 4 });
  expect(counts['drain-directed-queues']).toEqual({ queues: 1, events: 2 });
  expect(counts['verify']).toEqual({ nonZero: 0 });
  expectEmpty(r);
});

test('what waits in a window is drained with its queue', async () => {
  const r = await rig({
    queues: [{ type: 'ordered' }],
    ports: [{}, { links: [0], independentEnqueue: true }],
  });
  send(r.ports[0]!, ...fresh(3));
  r.pass();
  const got = take(r.ports[1]!);
  forward(r.ports[1]!, got, 1, 0);
  forward(r.ports[1]!, got, 2, 0);
  r.pass();
  expect((await r.domain.stop()).flushed).toBe(3);
  const counts = countsOf(r.domain);
  expect(counts['drain-ports']).toEqual({ ports: 1, events: 1 });
  expect(counts['drain-linked-queues']).toEqual({ queues: 1, events: 2 });
});

test('a close of a started domain goes through all steps, in the order of a DLB', async () => {
  const r = await rig({ queues: [{ type: 'parallel' }], ports: [{ links: [0] }, {}] });
  send(r.ports[0]!, ...fresh(3));
  r.pass();
  await r.domain.close();
  expect(names(r.domain.trace())).toEqual([...DRAIN, 'detach-ports', 'verify', 'return-resources']);
  expect(countsOf(r.domain)).toMatchObject({
    'drain-ports': { ports: 1, events: 3 },
    'detach-ports': { ports: 2, attached: 2 },
    verify: { nonZero: 0 },
    'return-resources': { domains: 1, queues: 1, ports: 2, credits: 64 },
  });
});

test('CP-54: a domain that was never started drains nothing, and gives everything back', async () => {
  const device = await inlineDevice();
  const before = device.resources();
  const r = await addRig(device, { queues: [{ type: 'atomic' }], ports: [{}], started: false });
  await r.domain.close();
  expect(names(r.domain.trace())).toEqual([
    'close-gate',
    'disarm-wakes',
    'detach-ports',
    'verify',
    'return-resources',
  ]);
  expect(device.resources()).toEqual(before);
});

test('a domain that was stopped before has nothing to drain either', async () => {
  const r = await rig({ queues: [{ type: 'atomic' }], ports: [{}] });
  await r.domain.stop();
  const stopped = r.domain.trace();
  await r.domain.close();
  expect(names(stopped)).toEqual([...DRAIN, 'verify']);
  expect(names(r.domain.trace())).not.toContain('drain-ports');
});

test('a stop that follows another has a trace of its own', async () => {
  const r = await rig({ queues: [{ type: 'parallel' }], ports: [{}] });
  send(r.ports[0]!, ...fresh(2));
  r.pass();
  await r.domain.stop();
  expect(countsOf(r.domain)['drain-unlinked-queues']).toEqual({ queues: 1, events: 2 });
  await r.domain.start();
  await r.domain.stop();
  expect(countsOf(r.domain)['drain-unlinked-queues']).toEqual({ queues: 1, events: 0 });
});

test('CP-48: pending unlinks are finished, then pending links', async () => {
  const device = await inlineDevice('dlb2.5');
  const before = device.resources();
  const r = await addRig(device, {
    queues: upTo(3).map(() => ({ type: 'parallel' as const })),
    ports: [{}, { links: [0, 1], dequeueDepth: 4 }, { links: [2] }],
  });
  send(r.ports[0]!, ...fresh(2), ...fresh(2, { queueId: 2 }), ...fresh(2, { queueId: 1 }));
  r.pass();
  r.domain.unlink(1, 0);
  r.domain.unlink(1, 1);
  r.domain.link(2, 1);
  await r.domain.close();
  expect(countsOf(r.domain)['finish-links']).toEqual({ unlinks: 2, links: 1 });
  // Queue 1 has a port by then, queue 0 has none.
  expect(countsOf(r.domain)).toMatchObject({
    'drain-linked-queues': { queues: 2 },
    'drain-unlinked-queues': { queues: 1 },
  });
  expect(device.resources()).toEqual(before);
});

test('a worker tells the same steps', async () => {
  await using device = await openDevice();
  const domain = await device.createDomain({
    eventsLimit: 16,
    queues: [{ type: 'parallel' }],
    ports: [{}],
  });
  await domain.start();
  send(attachPort(domain.attachment(0)), ...fresh(3));
  expect(await domain.stop(undefined, { graceMs: 0 })).toEqual({ flushed: 3 });
  expect(names(domain.trace())).toEqual([...DRAIN, 'verify']);
  await domain.close();
  expect(names(domain.trace()).at(-1)).toBe('return-resources');
});

/** A scheduler within reach: what is in its memory can be spoilt. */
class OpenSeat implements SchedulerSeat {
  readonly bell = new SharedArrayBuffer(LINE_BYTES);
  readonly threaded = false;
  readonly scheduler = new Scheduler(true, (_, why) => {
    throw new Error(why);
  });
  plan: DomainPlan | null = null;

  async apply(command: Command): Promise<Reply> {
    if (command.type === 'open') this.plan = command.plan;
    return new Promise((resolve) => this.scheduler.apply(command, resolve));
  }

  get machine(): Machine {
    return this.scheduler.domains[0]!.machine;
  }
}

const SPEC: DomainSpec = {
  eventsLimit: 8,
  queues: [
    { type: 'atomic', flows: 16 },
    { type: 'ordered', sequences: 16 },
  ],
  ports: [{ links: [0, 1] }, {}],
};

async function openOn(ledger: Ledger): Promise<{ seat: OpenSeat; domain: Domain }> {
  const seat = new OpenSeat();
  const domain = await createDomain(SPEC, 0, seat, ledger, ledger.device, () => {});
  return { seat, domain };
}

/** Every counter that the verification looks at: how to spoil it, and what it is called. */
const COUNTERS: readonly (readonly [string, (machine: Machine) => void])[] = [
  ['queue 1 events with port 1', ({ m, at }) => (m[at.heldEvents + 3] = 1)],
  ['queue 0 flows of port 0', ({ m, at }) => (m[at.pinnedFlows] = 2)],
  ['events inside', (machine) => (machine.inside = 1)],
  ['credits free', (machine) => (machine.free = 7)],
  ['port 1 history list', ({ ports }) => (ports[1]!.historyTail = 1)],
  ['port 0 completed out of order', ({ ports }) => (ports[0]!.holes = 1)],
  ['port 0 unspent credits', ({ ports }) => (ports[0]!.unspent = 1)],
  ['queue 0 links in progress', ({ queues }) => (queues[0]!.mapsDue = 1)],
  ['queue 0 atomic level 3 parked', ({ parking }) => (parking.waiting[3] = 1)],
  ['queue 1 places', ({ queues }) => queues[1]!.ordered!.window!.take(0)],
  [
    'queue 0 atomic level 4 depth',
    (machine) => machine.storage.append(4, new Int32Array(4), 0, 0, 0),
  ],
];

test.each(COUNTERS)(
  'CP-53: a reset that leaves %s fails, and keeps the resources',
  async (...row) => {
    const [name, spoil] = row;
    const resources = openLedger('host');
    const other = await openOn(resources);
    const { seat, domain } = await openOn(resources);
    const taken = resources.device.report();
    spoil(seat.machine);
    const error = await refusalOf(() => domain.close());
    expect(error.code).toBe('ERR_DLB_DOMAIN_RESET_FAILED');
    expect(String(error.details['leftOver'])).toContain(name);
    expect(domain.state).toBe('closed');
    expect(names(domain.trace())).not.toContain('return-resources');
    expect(countsOf(domain)['verify']!['nonZero']).toBeGreaterThan(0);
    expect(resources.device.report()).toEqual(taken);
    // No other domain is created; those that are there go on, and can be closed.
    expect((await refusalOf(() => openOn(resources))).code).toBe('ERR_DLB_DOMAIN_RESET_FAILED');
    await other.domain.start();
    const port = attachPort(other.domain.attachment(0));
    expect(send(port, { payload: 1 })).toBe(1);
    other.seat.scheduler.pass();
    expect(took(port)).toEqual([1]);
    await other.domain.close();
    expect(names(other.domain.trace()).at(-1)).toBe('return-resources');
  },
);

test('CP-53: a failed reset of a domain that is closed while it runs is told as well', async () => {
  const { seat, domain } = await openOn(openLedger('host'));
  await domain.start();
  const { m, at } = seat.machine;
  m[at.heldEvents + 1] = 5;
  await expect(domain.close()).rejects.toMatchObject({ code: 'ERR_DLB_DOMAIN_RESET_FAILED' });
  expect(names(domain.trace())).toEqual([...DRAIN, 'detach-ports', 'verify']);
  // Again, it is the same refusal.
  await expect(domain.close()).rejects.toMatchObject({ code: 'ERR_DLB_DOMAIN_RESET_FAILED' });
});

test('CP-53: a machine that was just made has nothing left over', async () => {
  const { seat, domain } = await openOn(openLedger('host'));
  expect(new Machine(seat.plan!).free).toBe(SPEC.eventsLimit);
  await domain.close();
  expect(countsOf(domain)['verify']).toEqual({ nonZero: 0 });
});

test('pieces of a held event are drained with it', async () => {
  const r = await rig({
    queues: [{ type: 'parallel', fragments: 3 }],
    ports: [{ links: [0] }],
    eventsLimit: 8,
  });
  send(r.ports[0]!, { payload: 1 });
  r.pass();
  take(r.ports[0]!);
  r.ports[0]!.enqueueBurst(
    burstOf({ op: OP.FRAGMENT, payload: 2 }, { op: OP.FRAGMENT, payload: 3 }),
  );
  r.pass();
  expect((await r.domain.stop()).flushed).toBe(3);
  expect(countsOf(r.domain)['drain-ports']).toEqual({ ports: 1, events: 3 });
});
