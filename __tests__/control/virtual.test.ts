/** Virtual devices with tenants in threads of their own: ids, isolation, death, floods. */
import { afterEach, expect, test } from '@jest/globals';
import { attachPort, EventBurst, openDevice } from '../../lib/index.js';
import type { Device, Domain, DomainSpec, Port, VirtualDevice } from '../../lib/index.js';
import { refusalOf, upTo } from '../contracts/harness.js';
import { TenantThread, turn } from './tenant-thread.js';

const open: Device[] = [];
const threads: TenantThread[] = [];

afterEach(async () => {
  await Promise.all(threads.splice(0).map(({ worker }) => worker.terminate()));
  for (const device of open.splice(0)) await device.close();
});

async function deviceOf(model: 'host' | 'dlb2.5' = 'dlb2.5'): Promise<Device> {
  const device = await openDevice({ model });
  open.push(device);
  return device;
}

const QUOTA = { domains: 3, queues: 4, ports: 8, credits: 64, historyEntries: 256 };
const SPEC: DomainSpec = {
  eventsLimit: 16,
  queues: [{ type: 'parallel' }],
  ports: [{ kind: 'loadBalanced' }, { links: [0], implicitRelease: false }],
};

async function tenantOn(
  device: Device,
  onDeath: 'return' | 'keep' = 'return',
): Promise<{ vdev: VirtualDevice; tenant: TenantThread }> {
  const vdev = await device.createVirtualDevice({ quota: QUOTA, onDeath });
  const tenant = threadOf(vdev);
  await tenant.ask('attach', {});
  return { vdev, tenant };
}

function threadOf(vdev: VirtualDevice): TenantThread {
  const tenant = new TenantThread(vdev);
  threads.push(tenant);
  return tenant;
}

/** Waits until that holds: what another thread does takes time. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await turn();
}

/** A domain of the device's own, with a stream of events that must arrive, all and in order. */
class Neighbour {
  readonly #domain: Domain;
  readonly #from: Port;
  readonly #to: Port;
  readonly #burst = new EventBurst(8);
  #sent = 0;
  got = 0;

  private constructor(domain: Domain) {
    this.#domain = domain;
    this.#from = attachPort(domain.attachment(0));
    this.#to = attachPort(domain.attachment(1));
  }

  static async on(device: Device): Promise<Neighbour> {
    const queues: DomainSpec['queues'] = [{ type: 'atomic' }];
    const domain = await device.createDomain({ ...SPEC, queues });
    await domain.start();
    return new Neighbour(domain);
  }

  /** Some events go and come. */
  step(): void {
    this.#burst.clear();
    for (let i = 0; i < 8; i++) this.#burst.pushNew(0, 0, 0, this.#sent + i);
    this.#sent += this.#from.enqueueBurst(this.#burst);
    while (this.got < this.#sent) {
      const count = this.#to.dequeueBurst(this.#burst, 8, 5000);
      expect(count).toBeGreaterThan(0);
      for (let i = 0; i < count; i++) expect(this.#burst.payload(i)).toBe(this.got++);
      this.#to.release(count);
    }
  }

  /** Counts are a pass old, and there is one soon. */
  async expectUnharmed(): Promise<void> {
    this.step();
    expect(this.got).toBe(this.#sent);
    await until(() => this.#domain.stats().rx >= this.#sent);
    expect(this.#domain.stats()).toMatchObject({ rx: this.#sent, dropped: 0 });
    expect(this.#domain.state).toBe('started');
  }
}

test('CP-67: domains, queues and ports of a tenant are 0, 1, 2, whatever they are to the device', async () => {
  const device = await deviceOf();
  for (let i = 0; i < 5; i++) await device.createDomain({ ...SPEC, ports: [{ links: [0] }] });
  const { vdev, tenant } = await tenantOn(device);
  const made = [];
  for (let i = 0; i < 3; i++) made.push(await tenant.ask('create', SPEC));
  expect(made.map(({ id }) => id)).toEqual([0, 1, 2]);
  expect(vdev.domains().map(([id, domain]) => [id, domain.id])).toEqual([
    [0, 5],
    [1, 6],
    [2, 7],
  ]);
  await tenant.ask('domain', 1, 'close');
  expect((await tenant.ask('create', { ...SPEC, name: 'again' })).id).toBe(1);
  for (const port of [0, 1]) {
    expect(await tenant.ask('domain', 1, 'unlinksInProgress', port)).toBe(0);
  }
  const { ports, queues } = (await tenant.ask('domain', 1, 'stats')) as ReturnType<Domain['stats']>;
  expect([ports.length, queues.length]).toEqual([2, 1]);
});

test('CP-69: what two tenants send to their queues 0 reaches them, and shows queue 0 to both', async () => {
  const device = await deviceOf();
  const tenants = [await tenantOn(device), await tenantOn(device)].map(({ tenant }) => tenant);
  for (const tenant of tenants) {
    expect((await tenant.ask('create', SPEC)).id).toBe(0);
    await tenant.ask('domain', 0, 'start');
    for (const port of [0, 1]) await tenant.ask('port', 0, port);
  }
  const payloads = [upTo(12), upTo(12, 100)];
  for (const [i, tenant] of tenants.entries()) {
    expect(await tenant.ask('send', 0, 0, payloads[i]!)).toBe(12);
  }
  for (const [i, tenant] of tenants.entries()) {
    const got = await tenant.ask('take', 0, 1, 12);
    expect(got).toEqual(payloads[i]!.map((payload) => [0, payload]));
    const stats = (await tenant.ask('domain', 0, 'stats')) as ReturnType<Domain['stats']>;
    expect(stats).toMatchObject({ rx: 12, tx: 12, inflight: 12 });
  }
});

test('events that a stop finds come to the tenant that stops', async () => {
  const device = await deviceOf();
  const { tenant } = await tenantOn(device);
  await tenant.ask('create', { ...SPEC, ports: [{}, {}] });
  await tenant.ask('domain', 0, 'start');
  await tenant.ask('port', 0, 0);
  expect(await tenant.ask('send', 0, 0, upTo(9))).toBe(9);
  expect(await tenant.ask('stop', 0)).toEqual(upTo(9));
});

test('CP-72: a tenant in a thread locks the quota', async () => {
  const device = await deviceOf();
  const vdev = await device.createVirtualDevice({ quota: QUOTA });
  const tenant = threadOf(vdev);
  vdev.setQuota({ domains: 1 });
  await tenant.ask('attach', {});
  const error = await refusalOf(() => vdev.setQuota({ domains: 2 }));
  expect(error.code).toBe('ERR_DLB_NOT_PERMITTED');
  await tenant.ask('create', SPEC);
  await expect(tenant.ask('create', SPEC)).rejects.toMatchObject({
    code: 'ERR_DLB_DOMAIN_UNAVAILABLE',
    details: { field: 'domains', wanted: 1, available: 0 },
  });
});

/** Everything in use: a domain that runs, one that does not, events in hands, in the CQ and in a ring. */
async function makeBusy(tenant: TenantThread): Promise<void> {
  await tenant.ask('create', SPEC);
  await tenant.ask('create', { ...SPEC, eventsLimit: 4 });
  await tenant.ask('domain', 0, 'start');
  for (const port of [0, 1]) await tenant.ask('port', 0, port);
  await tenant.ask('send', 0, 0, upTo(16));
  expect(await tenant.ask('take', 0, 1, 5)).toHaveLength(5);
}

const DEATHS = ['exit', 'throw', 'reject', 'terminate', 'terminate, blocked'] as const;

async function kill(tenant: TenantThread, how: (typeof DEATHS)[number]): Promise<void> {
  if (how === 'terminate, blocked') {
    void tenant.ask('take', 0, 1, 11);
    void tenant.ask('block', 0, 1);
    await tenant.hears('blocked');
  }
  if (how.startsWith('terminate')) await tenant.worker.terminate();
  else void tenant.ask('die', how as 'exit');
  await tenant.gone();
}

test.each(DEATHS)(
  'CP-51, CP-75: a tenant that ends by %s has its domains reset and its quota returned',
  async (how) => {
    const device = await deviceOf();
    const neighbour = await Neighbour.on(device);
    const other = await tenantOn(device);
    await other.tenant.ask('create', SPEC);
    const before = device.resources();
    const { vdev, tenant } = await tenantOn(device);
    await makeBusy(tenant);
    neighbour.step();
    const domains = vdev.domains().map(([, domain]) => domain);
    expect(domains.map(({ state }) => state)).toEqual(['started', 'configured']);
    await kill(tenant, how);
    await until(() => vdev.state === 'closed' && !device.virtualDevices().includes(vdev));
    expect(domains.map(({ state }) => state)).toEqual(['closed', 'closed']);
    expect(device.resources()).toEqual(before);
    await neighbour.expectUnharmed();
    await other.tenant.ask('domain', 0, 'start');
    expect(other.vdev.domains()).toHaveLength(1);
  },
);

test('CP-75: a tenant that dies while it asks for domains leaves none behind', async () => {
  const device = await deviceOf();
  const neighbour = await Neighbour.on(device);
  const before = device.resources();
  for (let round = 0; round < 8; round++) {
    const { vdev, tenant } = await tenantOn(device);
    await tenant.ask('ask', SPEC);
    for (let i = 0; i < round; i++) await turn();
    await tenant.worker.terminate();
    await until(() => vdev.state === 'closed' && !device.virtualDevices().includes(vdev));
    expect(device.resources()).toEqual(before);
    expect(device.domains()).toHaveLength(1);
    neighbour.step();
  }
  await neighbour.expectUnharmed();
});

test('CP-75: a quota that is kept waits for the next tenant', async () => {
  const device = await deviceOf();
  const { vdev, tenant } = await tenantOn(device, 'keep');
  const [during, whole] = [device.resources(), vdev.resources()];
  await makeBusy(tenant);
  await kill(tenant, 'terminate');
  await until(() => vdev.state === 'unlocked');
  expect(device.resources()).toEqual(during);
  expect(vdev.resources()).toEqual(whole);
  expect(vdev.domains()).toEqual([]);
  vdev.setQuota({ domains: 1 });
  await vdev.renew();
  const next = threadOf(vdev);
  await next.ask('attach', {});
  expect(await next.ask('create', SPEC)).toMatchObject({ id: 0 });
  expect(vdev.isLocked).toBe(true);
});

test('CP-75: one that dies before it has attached gives its quota back as well', async () => {
  const device = await deviceOf();
  const before = device.resources();
  const vdev = await device.createVirtualDevice({ quota: QUOTA });
  const tenant = threadOf(vdev);
  await new Promise((resolve) => tenant.worker.once('online', resolve));
  await tenant.worker.terminate();
  await until(() => vdev.state === 'closed' && device.virtualDevices().length === 0);
  expect(device.resources()).toEqual(before);
});

test('one that leaves in peace leaves its quota where it is', async () => {
  const device = await deviceOf();
  const { vdev, tenant } = await tenantOn(device);
  await makeBusy(tenant);
  const { domains } = device.resources();
  await tenant.ask('leave');
  await tenant.worker.terminate();
  await turn();
  expect(vdev.state).toBe('unlocked');
  expect(vdev.resources().domains).toEqual({ total: 3, available: 3 });
  expect(device.resources().domains).toEqual(domains);
  vdev.setQuota({ domains: 2 });
  await vdev.renew();
  await threadOf(vdev).ask('attach', {});
});

test('a tenant that floods its mailbox is cut off, the others are not kept waiting', async () => {
  const device = await deviceOf();
  const neighbour = await Neighbour.on(device);
  const { vdev, tenant } = await tenantOn(device);
  const other = await tenantOn(device);
  await makeBusy(tenant);
  await tenant.ask('flood', 20_000);
  expect(await other.tenant.ask('create', SPEC)).toMatchObject({ id: 0 });
  await other.tenant.ask('domain', 0, 'start');
  await until(() => vdev.state === 'cut-off');
  expect(vdev.domains()).toEqual([]);
  expect(other.vdev.state).toBe('locked');
  await neighbour.expectUnharmed();
  await expect(tenant.ask('resources')).rejects.toMatchObject({ code: 'ERR_DLB_MBOX_ERROR' });
  // It is let back in when the controller says so.
  await vdev.renew();
  const next = threadOf(vdev);
  await next.ask('attach', {});
  expect(await next.ask('create', SPEC)).toMatchObject({ id: 0 });
});

test('both sides ask at once, again and again, and all are answered', async () => {
  const device = await deviceOf();
  const { vdev, tenant } = await tenantOn(device);
  await tenant.ask('create', SPEC);
  for (let round = 0; round < 20; round++) {
    const theirs = upTo(8).map(() => tenant.ask('resources'));
    const ours = upTo(8).map(() => vdev.inUse());
    const change = tenant.ask('create', { ...SPEC, eventsLimit: 2 });
    expect(new Set(await Promise.all(ours))).toEqual(new Set([true]));
    await Promise.all(theirs);
    const { id } = await change;
    await tenant.ask('domain', id, 'close');
  }
  await tenant.ask('domain', 0, 'close');
  expect(await vdev.inUse()).toBe(false);
});

test('CP-55: a reset tells the tenants, waits for them, and then takes what is left', async () => {
  const device = await deviceOf();
  device.setSequenceAllocation(1, 512);
  device.setClassBandwidth(2, 5);
  const good = await tenantOn(device);
  const lazy = await tenantOn(device);
  const before = device.resources();
  const own = await device.createDomain(SPEC);
  for (const { tenant } of [good, lazy]) await makeBusy(tenant);
  const reset = device.reset({ timeoutMs: 200 });
  expect((await refusalOf(() => device.createDomain(SPEC))).code).toBe('ERR_DLB_DEVICE_RESETTING');
  await Promise.all([good, lazy].map(({ tenant }) => tenant.hears('reset 200')));
  for (const id of [0, 1]) await good.tenant.ask('domain', id, 'close');
  await expect(good.tenant.ask('create', SPEC)).rejects.toMatchObject({
    code: 'ERR_DLB_DEVICE_RESETTING',
  });
  expect(lazy.vdev.domains()).toHaveLength(2);
  await reset;
  expect(own.state).toBe('closed');
  expect(device.domains()).toEqual([]);
  expect(device.resources()).toEqual(before);
  expect([good.vdev.resources(), lazy.vdev.resources()].map((r) => r.credits.available)).toEqual([
    64, 64,
  ]);
  expect([device.sequenceAllocation(1), device.classBandwidth(2)]).toEqual([512, 5]);
  // What it still holds for its own is gone, and not somebody else's.
  await device.createDomain(SPEC);
  await expect(lazy.tenant.ask('domain', 0, 'start')).rejects.toMatchObject({
    code: 'ERR_DLB_INVALID_DOMAIN_ID',
  });
  await lazy.tenant.ask('create', SPEC);
  for (const { tenant } of [good, lazy]) await tenant.ask('resources');
  await lazy.tenant.ask('domain', 0, 'start');
});
