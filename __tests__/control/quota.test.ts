/** Quotas of virtual devices: what moves between the device and a tenant, and what is refused. */
import { afterEach, expect, test } from '@jest/globals';
import { attachPort, attachVirtualDevice, EventBurst, openDevice } from '../../lib/index.js';
import type { Device, DomainSpec, TenantDevice } from '../../lib/index.js';
import { refusalOf, upTo } from '../contracts/harness.js';

const open: Device[] = [];

afterEach(async () => {
  for (const device of open.splice(0)) await device.close();
});

async function deviceOf(model: 'host' | 'dlb2.0' | 'dlb2.5'): Promise<Device> {
  const device = await openDevice({ scheduling: 'inline', model });
  open.push(device);
  return device;
}

const SMALL: DomainSpec = {
  eventsLimit: 4,
  queues: [{ type: 'parallel' }],
  ports: [{ links: [0], historyDepth: 8 }],
};
const QUOTA = { domains: 2, queues: 4, ports: 4, credits: 20, historyEntries: 64 };

/** Everything that can be seen of a device and its virtual devices. */
function books(device: Device): unknown {
  const shares = device.virtualDevices().map((each) => [each.resources(), each.quota]);
  return structuredClone([device.resources(), shares]);
}

async function refused(device: Device, code: string, call: () => unknown): Promise<object> {
  const before = books(device);
  const { code: found, details } = await refusalOf(call);
  expect(found).toBe(code);
  expect(books(device)).toEqual(before);
  return details;
}

test('CP-70: a quota that the device cannot fill is refused, and the old one stays', async () => {
  const device = await deviceOf('dlb2.5');
  await device.createDomain({ ...SMALL, eventsLimit: 16_354 });
  const vdev = await device.createVirtualDevice({ quota: { ...QUOTA, credits: 20 } });
  expect(device.resources().credits.available).toBe(10);
  const code = 'ERR_DLB_LDB_CREDITS_UNAVAILABLE';
  const details = await refused(device, code, () => vdev.setQuota({ credits: 31 }));
  expect(details).toMatchObject({ field: 'quota.credits', wanted: 31, available: 30 });
  expect(vdev.resources().credits).toEqual({ total: 20, available: 20 });
  vdev.setQuota({ credits: 30 });
  expect(device.resources().credits.available).toBe(0);
});

test('CP-70: a call that changes several counts changes all or none', async () => {
  const device = await deviceOf('dlb2.0');
  const vdev = await device.createVirtualDevice({ quota: QUOTA });
  const many = { domains: 1, queues: 2, credits: 100, sequenceSlots0: 17 };
  await refused(device, 'ERR_DLB_SN_SLOTS_UNAVAILABLE', () => vdev.setQuota(many));
});

test('CP-70: after a refusal a tenant has the same ports and the same run as before', async () => {
  const device = await deviceOf('dlb2.5');
  const first = await device.createDomain({ ...SMALL, ports: [{ links: [0], historyDepth: 512 }] });
  const busy = upTo(14).map((id) => ({ cos: 0, historyDepth: 1, links: id === 0 ? [0] : [] }));
  const second = await device.createDomain({ ...SMALL, ports: busy });
  const vdev = await device.createVirtualDevice({
    quota: { ...QUOTA, ports: 6, classPorts0: 1, historyEntries: 256 },
  });
  // Room before its run and ports of class 0: one that begins anew would be given those.
  await first.close();
  await second.close();
  await refused(device, 'ERR_DLB_DIR_PORTS_UNAVAILABLE', () =>
    vdev.setQuota({ ports: 2, directedPorts: 97 }),
  );
});

test('CP-71: what a tenant has too much goes back to the device', async () => {
  const device = await deviceOf('dlb2.5');
  const vdev = await device.createVirtualDevice({ quota: QUOTA });
  const { available } = device.resources().credits;
  vdev.setQuota({ credits: 5 });
  expect(device.resources().credits.available).toBe(available + 15);
  expect(vdev.resources().credits).toEqual({ total: 5, available: 5 });
  expect(vdev.quota).toEqual({ ...QUOTA, credits: 5 });
});

test('CP-72: once a tenant has attached, the quota is what it is', async () => {
  const device = await deviceOf('dlb2.5');
  const vdev = await device.createVirtualDevice({ quota: QUOTA });
  expect(vdev.isLocked).toBe(false);
  vdev.setQuota({ domains: 3 });
  const tenant = await attachVirtualDevice(vdev.handle);
  expect(vdev.isLocked).toBe(true);
  await refused(device, 'ERR_DLB_NOT_PERMITTED', () => vdev.setQuota({ domains: 4 }));
  await refused(device, 'ERR_DLB_NOT_PERMITTED', () => vdev.setQuota({ domains: 1 }));
  await refused(device, 'ERR_DLB_NOT_PERMITTED', () => vdev.setQuota({}));
  await tenant.close();
  expect(vdev.isLocked).toBe(false);
  vdev.setQuota({ domains: 1 });
});

test('CP-74: a tenant creates no more domains than its quota has, whatever the device has', async () => {
  const device = await deviceOf('dlb2.5');
  const vdev = await device.createVirtualDevice({ quota: QUOTA });
  const tenant = await attachVirtualDevice(vdev.handle);
  for (let i = 0; i < 2; i++) await tenant.createDomain(SMALL);
  const details = await refused(device, 'ERR_DLB_DOMAIN_UNAVAILABLE', () =>
    tenant.createDomain(SMALL),
  );
  expect(details).toMatchObject({ field: 'domains', wanted: 1, available: 0, total: 2 });
  expect(device.resources().domains.available).toBe(30);
  await device.createDomain(SMALL);
});

/** What of a quota of one is too little for a domain, and how it is told. */
const SHORT: readonly (readonly [lacking: string, code: string, spec: Partial<DomainSpec>])[] = [
  ['domains', 'ERR_DLB_DOMAIN_UNAVAILABLE', {}],
  ['queues', 'ERR_DLB_LDB_QUEUES_UNAVAILABLE', {}],
  ['ports', 'ERR_DLB_LDB_PORTS_UNAVAILABLE', {}],
  ['directedPorts', 'ERR_DLB_DIR_PORTS_UNAVAILABLE', {}],
  ['credits', 'ERR_DLB_LDB_CREDITS_UNAVAILABLE', {}],
  ['directedCredits', 'ERR_DLB_DIR_CREDITS_UNAVAILABLE', {}],
  ['atomicInflights', 'ERR_DLB_ATOMIC_INFLIGHTS_UNAVAILABLE', {}],
  ['historyEntries', 'ERR_DLB_HIST_LIST_ENTRIES_UNAVAILABLE', {}],
  ['sequenceSlots0', 'ERR_DLB_SN_SLOTS_UNAVAILABLE', {}],
];
const FULL = {
  domains: 1,
  queues: 2,
  ports: 1,
  directedPorts: 1,
  credits: 4,
  directedCredits: 2,
  atomicInflights: 64,
  historyEntries: 32,
  sequenceSlots0: 1,
};
const WHOLE: DomainSpec = {
  eventsLimit: 4,
  directedCredits: 2,
  queues: [{ type: 'atomic' }, { type: 'ordered' }, { type: 'directed' }],
  ports: [{ links: [0, 1] }, { links: [2] }],
};

async function tenantOf(device: Device, quota: object): Promise<TenantDevice> {
  const vdev = await device.createVirtualDevice({ quota: quota as Record<string, number> });
  return attachVirtualDevice(vdev.handle);
}

test('CP-74: a quota that is just enough is enough', async () => {
  const device = await deviceOf('dlb2.0');
  const tenant = await tenantOf(device, FULL);
  const domain = await tenant.createDomain(WHOLE);
  const report = Object.values(await tenant.resources());
  expect(new Set(report.map(({ available }) => available))).toEqual(new Set([0]));
  await domain.close();
});

test.each(SHORT)(
  'CP-74: a quota with too few %s refuses, though the device has more',
  async (...row) => {
    const [lacking, code] = row;
    const device = await deviceOf('dlb2.0');
    const quota = { ...FULL, [lacking]: FULL[lacking as keyof typeof FULL] - 1 };
    const tenant = await tenantOf(device, quota);
    await refused(device, code, () => tenant.createDomain(WHOLE));
  },
);

test('what a domain had goes back to its owner, not to the device', async () => {
  const device = await deviceOf('dlb2.0');
  const tenant = await tenantOf(device, FULL);
  const [deviceBefore, tenantBefore] = [device.resources(), await tenant.resources()];
  const domain = await tenant.createDomain(WHOLE);
  expect(device.resources()).toEqual(deviceBefore);
  await domain.start();
  await domain.close();
  expect(device.resources()).toEqual(deviceBefore);
  expect(await tenant.resources()).toEqual(tenantBefore);
});

test.each<[object, string, string]>([
  [{ colour: 1 }, 'ERR_DLB_INVALID_SPEC', 'quota.colour'],
  [{ domains: -1 }, 'ERR_DLB_INVALID_ARGUMENT', 'quota.domains'],
  [{ domains: 1.5 }, 'ERR_DLB_INVALID_ARGUMENT', 'quota.domains'],
  [{ credits: '4' }, 'ERR_DLB_INVALID_ARGUMENT', 'quota.credits'],
  [{ credits: null }, 'ERR_DLB_INVALID_ARGUMENT', 'quota.credits'],
  [{ credits: 2 ** 60 }, 'ERR_DLB_INVALID_ARGUMENT', 'quota.credits'],
  [{ domains: 33 }, 'ERR_DLB_DOMAIN_UNAVAILABLE', 'quota.domains'],
  [{ ports: 60, classPorts1: 5 }, 'ERR_DLB_LDB_PORTS_UNAVAILABLE', 'quota.ports'],
  [{ classPorts1: 17 }, 'ERR_DLB_LDB_PORTS_UNAVAILABLE', 'quota.ports'],
  [{ historyEntries: 2049 }, 'ERR_DLB_HIST_LIST_ENTRIES_UNAVAILABLE', 'quota.historyEntries'],
  [{ sequenceSlots1: 17 }, 'ERR_DLB_SN_SLOTS_UNAVAILABLE', 'quota.sequenceSlots'],
])('a quota of %p is refused, when it is made and later', async (wrong, code, field) => {
  const device = await deviceOf('dlb2.5');
  const quota = wrong as Record<string, number>;
  const details = await refused(device, code, () => device.createVirtualDevice({ quota }));
  expect(details).toMatchObject({ field });
  const vdev = await device.createVirtualDevice({ quota: QUOTA });
  await refused(device, code, () => vdev.setQuota(quota));
});

test('a host device has none of what only hardware has, in quotas neither', async () => {
  const device = await deviceOf('host');
  for (const name of ['directedPorts', 'classPorts0', 'sequenceSlots0', 'atomicInflights']) {
    await refused(device, 'ERR_DLB_INVALID_SPEC', () =>
      device.createVirtualDevice({ quota: { [name]: 1 } }),
    );
  }
});

test('a DLB has sixteen virtual devices', async () => {
  const device = await deviceOf('dlb2.5');
  for (let i = 0; i < 16; i++) await device.createVirtualDevice({ quota: { domains: 1 } });
  await refused(device, 'ERR_DLB_VDEVS_UNAVAILABLE', () =>
    device.createVirtualDevice({ quota: { domains: 1 } }),
  );
  await device.virtualDevices()[3]!.close();
  await device.createVirtualDevice({ quota: { domains: 1 } });
  expect(device.virtualDevices().map(({ id }) => id)).toHaveLength(16);
});

test('a virtual device that is closed has given everything back', async () => {
  const device = await deviceOf('dlb2.0');
  const before = device.resources();
  const vdev = await device.createVirtualDevice({ quota: { ...FULL, classPorts2: 3 } });
  const tenant = await attachVirtualDevice(vdev.handle);
  await tenant.createDomain(WHOLE);
  await vdev.close();
  await vdev.close();
  expect(device.resources()).toEqual(before);
  expect((await refusalOf(() => vdev.setQuota({ domains: 1 }))).code).toBe('ERR_DLB_DEVICE_CLOSED');
  expect((await refusalOf(() => tenant.createDomain(WHOLE))).code).toBe('ERR_DLB_MBOX_ERROR');
});

test('CP-81: ports of a tenant have a limit of faults, unless it asks for another', async () => {
  const device = await deviceOf('dlb2.5');
  const own = await device.createDomain(SMALL);
  expect(own.domainAttributes().faultLimit).toBe(0);
  const vdev = await device.createVirtualDevice({ quota: QUOTA });
  const tenant = await attachVirtualDevice(vdev.handle);
  await tenant.createDomain(SMALL);
  await tenant.createDomain({ ...SMALL, faultLimit: 7 });
  const limits = vdev.domains().map(([, domain]) => domain.domainAttributes().faultLimit);
  expect(limits).toEqual([1000, 7]);
});

test('A3: a tenant may ask for fewer faults than its controller allows, not for more or for none', async () => {
  const device = await deviceOf('host');
  for (const [limits, wrong, right] of [
    [undefined, [0, 1001, 2 ** 31, -1, '5'], [1, 1000]],
    [{ faultLimit: 20 }, [0, 21], [20]],
    [{ faultLimit: 0 }, [], [0, 1_000_000]],
  ] as const) {
    const spec = limits === undefined ? { quota: QUOTA } : { quota: QUOTA, limits };
    const vdev = await device.createVirtualDevice(spec);
    const tenant = await attachVirtualDevice(vdev.handle);
    for (const faultLimit of wrong) {
      const its = { ...SMALL, faultLimit: faultLimit as number };
      const details = await refused(device, 'ERR_DLB_NOT_PERMITTED', () =>
        tenant.createDomain(its),
      );
      expect(details).toMatchObject({ field: 'spec.faultLimit', value: faultLimit });
    }
    for (const faultLimit of right) {
      const domain = await tenant.createDomain({ ...SMALL, faultLimit });
      expect(vdev.domains()[0]![1].domainAttributes().faultLimit).toBe(faultLimit);
      await domain.close();
    }
    await vdev.close();
  }
});

test('A3: a watchdog that its controller sets cannot be switched off by a tenant', async () => {
  const device = await deviceOf('host');
  const vdev = await device.createVirtualDevice({ quota: QUOTA, limits: { watchdogMs: 5000 } });
  const tenant = await attachVirtualDevice(vdev.handle);
  for (const watchdogMs of [0, 5001]) {
    const its = { ...SMALL, watchdogMs };
    await refused(device, 'ERR_DLB_NOT_PERMITTED', () => tenant.createDomain(its));
  }
  await tenant.createDomain(SMALL);
  await tenant.createDomain({ ...SMALL, watchdogMs: 7 });
  const set = vdev.domains().map(([, domain]) => domain.domainAttributes().watchdogMs);
  expect(set).toEqual([5000, 7]);
  const wrong = { quota: QUOTA, limits: { watchdogMs: -1 } };
  const error = await refusalOf(() => device.createVirtualDevice(wrong));
  expect(error.details['field']).toBe('spec.limits.watchdogMs');
});

test('A3: a port that was cut off is let back in by the controller, not by its tenant', async () => {
  const device = await deviceOf('host');
  const vdev = await device.createVirtualDevice({ quota: QUOTA });
  const tenant = await attachVirtualDevice(vdev.handle);
  const domain = await tenant.createDomain({ ...SMALL, faultLimit: 1 });
  await domain.start();
  const port = attachPort(domain.attachment(0));
  const burst = new EventBurst(3);
  for (const payload of upTo(3)) burst.push({ queueId: 77, payload });
  expect(port.enqueueBurst(burst)).toBe(3);
  device.schedule();
  const [, its] = vdev.domains()[0]!;
  expect([its.portCutOff(0), its.portEnabled(0)]).toEqual([true, false]);
  for (const call of [() => domain.enablePort(0), () => domain.disablePort(0)]) {
    const error = await refusalOf(call);
    expect([error.code, error.details['field']]).toEqual(['ERR_DLB_NOT_PERMITTED', 'portId']);
  }
  // Neither another owner of the port nor another start is another port.
  await domain.reclaim(0);
  await domain.stop();
  await domain.start();
  expect([its.portCutOff(0), its.portEnabled(0)]).toEqual([true, false]);
  await its.enablePort(0);
  await domain.disablePort(0);
  await domain.enablePort(0);
  expect([its.portCutOff(0), its.portEnabled(0)]).toEqual([false, true]);
});

test('A3: memory is in the quota: buffers, tables and windows are refused before they are made', async () => {
  const device = await deviceOf('host');
  const quota = { domains: 1, queues: 2, ports: 2, credits: 4, historyEntries: 64 };
  const vdev = await device.createVirtualDevice({ quota });
  const tenant = await attachVirtualDevice(vdev.handle);
  const wide = { type: 'any', sequences: 1 << 20, flows: 1 << 20 } as const;
  const large: Partial<DomainSpec>[] = [
    { buffers: { count: 64, bytes: 1 << 24 } },
    { queues: [wide, wide] },
    { queues: [{ type: 'atomic', flows: 1 << 20 }], buffers: { count: 70, bytes: 1 << 20 } },
  ];
  const rss = process.memoryUsage().rss;
  for (const each of large) {
    const details = await refused(device, 'ERR_DLB_NO_MEMORY', () =>
      tenant.createDomain({ ...SMALL, ...each }),
    );
    expect(details).toMatchObject({ field: 'memory', wanted: expect.any(Number) });
  }
  expect(process.memoryUsage().rss - rss).toBeLessThan(1 << 28);
  const domain = await tenant.createDomain({ ...SMALL, buffers: { count: 8, bytes: 1 << 20 } });
  await domain.close();
  await vdev.close();
  // A controller that says how much sees what is left of it.
  const more = await device.createVirtualDevice({ quota: { ...quota, memory: 1 << 20 } });
  const second = await attachVirtualDevice(more.handle);
  expect((await second.resources())['memory']).toEqual({ total: 1 << 20, available: 1 << 20 });
  await refused(device, 'ERR_DLB_NO_MEMORY', () =>
    second.createDomain({ ...SMALL, buffers: { count: 2, bytes: 1 << 20 } }),
  );
  await second.createDomain({ ...SMALL, queues: [{ type: 'parallel', flows: 1 }] });
  expect((await second.resources())['memory']!.available).toBeLessThan(1 << 20);
  expect(device.resources()['memory']).toBeUndefined();
});
