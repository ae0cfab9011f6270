/** The tree and documents where there are tenants, and on the models of the hardware. */
import { afterEach, expect, test } from '@jest/globals';
import { attachVirtualDevice, openDevice } from '../../lib/index.js';
import type { Device, DeviceDocument, DeviceOptions } from '../../lib/index.js';
import { refusalOf } from '../contracts/harness.js';

const open: Device[] = [];

afterEach(async () => {
  for (const device of open.splice(0)) await device.close();
});

async function opened(model: NonNullable<DeviceOptions['model']>): Promise<Device> {
  const device = await openDevice({ scheduling: 'inline', model });
  open.push(device);
  return device;
}

const ONE = { eventsLimit: 16, queues: [{ type: 'atomic' as const }], ports: [{ links: [0] }] };

test('a virtual device is seen, its quota set until a tenant attaches, and closed', async () => {
  const device = await opened('host');
  const quota = { domains: 1, queues: 4, ports: 4, credits: 64, historyEntries: 256 };
  const tenant = await device.createVirtualDevice({ name: 'guest', quota, onDeath: 'keep' });
  const { tree } = device;
  expect(tree.read('virtual/guest')).toMatchObject({
    id: 0,
    state: 'unlocked',
    isLocked: false,
    onDeath: 'keep',
    domains: [],
    quota,
    available: { queues: 4 },
  });
  expect(await tree.write('virtual/guest/quota/queues', 6)).toBe(6);
  expect(tenant.quota).toMatchObject({ ...quota, queues: 6 });
  const before = tree.read('virtual/0/quota');
  const tooMany = await refusalOf(() => tree.write('virtual/0/quota/ports', 1 << 30));
  expect(tooMany.code).toBe('ERR_DLB_LDB_PORTS_UNAVAILABLE');
  expect(tree.read('virtual/0/quota')).toEqual(before);
  const guest = await attachVirtualDevice(tenant.handle);
  await guest.createDomain(ONE);
  expect(tree.read('virtual/0')).toMatchObject({
    state: 'locked',
    isLocked: true,
    domains: [{ id: 0, domain: 0 }],
    available: { queues: 5 },
  });
  const locked = await refusalOf(() => tree.write('virtual/0/quota/queues', 4));
  expect(locked.code).toBe('ERR_DLB_NOT_PERMITTED');
  // What the tenant made is for it to make again.
  expect(device.snapshot()).toEqual({
    version: 1,
    virtualDevices: [{ name: 'guest', quota: { ...quota, queues: 6 }, onDeath: 'keep' }],
    domains: [],
  });
  expect(await tree.write('virtual/guest/state', 'closed')).toBeNull();
  expect(device.virtualDevices()).toEqual([]);
});

test('a document makes virtual devices first, and takes them back if anything fails', async () => {
  const device = await opened('host');
  const before = device.resources();
  const virtualDevices = [{ name: 'guest', quota: { queues: 4095 } }];
  const queues = [{ type: 'atomic' as const }, { type: 'parallel' as const }];
  const document: DeviceDocument = { version: 1, virtualDevices, domains: [{ ...ONE, queues }] };
  const error = await refusalOf(() => device.apply(document));
  expect(error).toMatchObject({
    code: 'ERR_DLB_LDB_QUEUES_UNAVAILABLE',
    details: { at: 'domains[0]', available: 1 },
  });
  expect(device.virtualDevices()).toEqual([]);
  expect(device.resources()).toEqual(before);
  await device.apply({ ...document, domains: [ONE] });
  expect(device.virtualDevices().map(({ name, quota }) => ({ name, quota }))).toEqual(
    virtualDevices,
  );
});

test.each<[unknown, string]>([
  [{}, 'virtualDevices'],
  [[{}], 'virtualDevices[0].quota'],
  [[{ quota: { engines: 1 } }], 'virtualDevices[0].quota.engines'],
  [[{ quota: { queues: -1 } }], 'virtualDevices[0].quota.queues'],
  [[{ quota: {}, onDeath: 'weep' }], 'virtualDevices[0].onDeath'],
  [[{ quota: {}, name: '' }], 'virtualDevices[0].name'],
  [[{ quota: {}, size: 1 }], 'virtualDevices[0].size'],
])('a share that is wrong is refused by its path: %j', async (virtualDevices, field) => {
  const device = await opened('host');
  const document = { version: 1, virtualDevices, domains: [ONE] } as unknown as DeviceDocument;
  const error = await refusalOf(() => device.apply(document));
  expect(error).toMatchObject({ code: 'ERR_DLB_INVALID_SPEC', details: { field } });
  expect([device.virtualDevices(), device.domains()]).toEqual([[], []]);
});

test('a DLB’s document says what only a DLB has, and comes back the same', async () => {
  const domain = {
    eventsLimit: 64,
    directedCredits: 32,
    cosStrict: false,
    queues: [
      { type: 'atomic' as const, atomicInflights: 128 },
      { type: 'ordered' as const, sequences: 64 },
      { type: 'directed' as const },
    ],
    ports: [
      { kind: 'directed' as const, links: [2] },
      { cos: 2, links: [0, { queue: 1, priority: 9 }], profiles: { 1: [1] } },
      {},
    ],
    start: true,
  };
  const host = await refusalOf(async () => (await opened('host')).apply(domain));
  expect(host).toMatchObject({
    code: 'ERR_DLB_FEATURE_UNAVAILABLE',
    details: { field: 'directedCredits' },
  });
  for (const model of ['dlb2.0', 'dlb2.5'] as const) {
    const device = await opened(model);
    await device.apply(domain);
    const taken = JSON.parse(JSON.stringify(device.snapshot())) as DeviceDocument;
    expect(taken.domains[0]).toMatchObject({
      eventsLimit: 64,
      directedCredits: 32,
      cosStrict: false,
    });
    expect(taken.domains[0]!.ports[1]).toMatchObject({ cos: 2, profiles: { 1: [{ queue: 1 }] } });
    const other = await opened(model);
    await other.apply(taken);
    expect(other.snapshot()).toEqual(taken);
    expect(other.resources()).toEqual(device.resources());
  }
});

test('more links than a DLB’s port has slots change nothing, in a document and in the tree', async () => {
  const device = await opened('dlb2.5');
  const queues = Array.from({ length: 9 }, () => ({ type: 'parallel' as const }));
  const all = queues.map((_, id) => id);
  const spec = { eventsLimit: 16, queues, ports: [{ links: [0, 1] }, {}] };
  const code = 'ERR_DLB_NO_QID_SLOTS_AVAILABLE';
  const wide = { ...spec, ports: [{ profiles: { 3: all } }] };
  const inDocument = await refusalOf(() => device.apply(wide));
  expect(inDocument).toMatchObject({ code, details: { field: 'ports[0].profiles.3' } });
  expect(device.domains()).toEqual([]);
  await device.apply(spec);
  const path = 'domains/0/ports/0/links';
  const before = device.tree.read(path);
  expect(await refusalOf(() => device.tree.write(path, all))).toMatchObject({
    code,
    details: { field: path },
  });
  expect(device.tree.read(path)).toEqual(before);
  // Those that go make room for those that come.
  await device.tree.write(path, all.slice(1));
  expect(device.tree.read(path)).toHaveLength(8);
  expect(device.tree.read('domains/0/ports/0/slots')).toHaveLength(8);
});

test('groups of sequence numbers and classes of service are set where there are any', async () => {
  const device = await opened('dlb2.5');
  const { tree } = device;
  expect(await tree.write('device/sequenceGroups/0/sequences', 64)).toBe(64);
  expect(device.sequenceAllocation(0)).toBe(64);
  await device.apply({ ...ONE, queues: [{ type: 'ordered', sequences: 64 }] });
  expect(tree.read('device/sequenceGroups/0')).toEqual({ sequences: 64, occupancy: 1 });
  for (const [value, code] of [
    [128, 'ERR_DLB_NOT_PERMITTED'],
    [65, 'ERR_DLB_INVALID_ARGUMENT'],
    ['64', 'ERR_DLB_INVALID_ARGUMENT'],
  ] as const) {
    const error = await refusalOf(() => tree.write('device/sequenceGroups/0/sequences', value));
    expect([value, error.code]).toEqual([value, code]);
  }
  expect(await tree.write('device/classes/1/bandwidth', 10)).toBe(10);
  expect(device.classBandwidth(1)).toBe(10);
  expect((await opened('host')).tree.has('device/classes')).toBe(false);
});

test('every node of a DLB has a sentence of help', async () => {
  const device = await opened('dlb2.0');
  await device.createVirtualDevice({ quota: { ports: 1 } });
  await device.apply(ONE);
  for (const { path, unit, help } of device.tree.walk()) {
    expect([path, help]).toEqual([path, expect.stringMatching(/^[A-Z].{5,}[^.]$/)]);
    expect(unit).not.toBe('');
  }
});
