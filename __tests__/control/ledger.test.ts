/** What a device has, who has taken it, and in which order a want is verified: rows of the DLB driver. */
import { afterEach, expect, test } from '@jest/globals';
import { attachVirtualDevice, openDevice } from '../../lib/index.js';
import type { Device, Domain, DomainSpec, PortSpec, QueueSpec } from '../../lib/index.js';
import { refusalOf, upTo } from '../contracts/harness.js';

type Model = 'host' | 'dlb2.0' | 'dlb2.5';
const MODELS: readonly Model[] = ['host', 'dlb2.0', 'dlb2.5'];
const DLBS = ['dlb2.0', 'dlb2.5'] as const;

const open: Device[] = [];

afterEach(async () => {
  for (const device of open.splice(0)) await device.close();
});

async function deviceOf(model: Model): Promise<Device> {
  const device = await openDevice({ scheduling: 'inline', model });
  open.push(device);
  return device;
}

/** One queue and the port that serves it, of next to nothing else. */
function small(more: Partial<DomainSpec> = {}): DomainSpec {
  const ports = [{ links: [0], dequeueDepth: 1, historyDepth: 1 }];
  return { eventsLimit: 1, queues: [{ type: 'parallel' }], ports, ...more };
}

/** Load-balanced ports, the first linked to queue 0. */
function balanced(count: number, port: PortSpec = {}): PortSpec[] {
  return upTo(count).map((id) => ({
    kind: 'loadBalanced',
    historyDepth: 1,
    links: id === 0 ? [0] : [],
    ...port,
  }));
}

/** By name what is available. */
function available(device: Pick<Device, 'resources'>): Record<string, number> {
  const report = Object.entries(device.resources());
  return Object.fromEntries(report.map(([name, count]) => [name, count.available]));
}

/** By name what is less than before, those of which as much is there left out. */
function taken(before: Record<string, number>, device: Device): Record<string, number> {
  const now = available(device);
  const differences = Object.entries(before).map(([name, was]) => [name, was - now[name]!]);
  return Object.fromEntries(differences.filter(([, difference]) => difference !== 0));
}

/** The call is refused with the code, and nothing changes in what is reported. */
async function refused(device: Device, code: string, call: () => unknown): Promise<object> {
  const before = device.resources();
  const { code: found, details } = await refusalOf(call);
  expect(found).toBe(code);
  expect(device.resources()).toEqual(before);
  return details;
}

const CLASSES = { classPorts0: 16, classPorts1: 16, classPorts2: 16, classPorts3: 16 };
const SAME = {
  domains: 32,
  queues: 32,
  ports: 64,
  ...CLASSES,
  historyEntries: 2048,
  atomicInflights: 2048,
  sequenceSlots0: 16,
  sequenceSlots1: 16,
};

test.each<[Model, Record<string, number>]>([
  ['dlb2.0', { ...SAME, directedPorts: 64, credits: 8192, directedCredits: 4096 }],
  ['dlb2.5', { ...SAME, directedPorts: 96, credits: 16384 }],
])('CP-01: a fresh %s has what the hardware has, all of it available', async (model, totals) => {
  const device = await deviceOf(model);
  const report = device.resources();
  expect(available(device)).toEqual(totals);
  for (const count of Object.values(report)) expect(count.total).toBe(count.available);
  expect(report.historyEntries.longest).toBe(2048);
});

test('CP-01: a fresh host device has what software needs, and nothing that only hardware has', async () => {
  const device = await deviceOf('host');
  const { historyEntries, ...rest } = available(device);
  expect(rest).toEqual({ domains: 256, queues: 4096, ports: 4096, credits: 1 << 24 });
  // The deepest CQ in every port.
  expect(historyEntries).toBeGreaterThanOrEqual(4096 * 4096);
});

test.each(DLBS)('CP-02: a domain that is one too many: %s', async (model) => {
  const device = await deviceOf(model);
  for (let i = 0; i < 32; i++) await device.createDomain(small());
  const details = await refused(device, 'ERR_DLB_DOMAIN_UNAVAILABLE', () =>
    device.createDomain(small()),
  );
  expect(details).toMatchObject({ field: 'domains', wanted: 1, available: 0, total: 32 });
});

test('CP-03: of ten queues nobody gets eleven', async () => {
  const device = await deviceOf('dlb2.5');
  const queues = (count: number): QueueSpec[] => upTo(count).map(() => ({ type: 'parallel' }));
  await device.createDomain(small({ queues: queues(22) }));
  const details = await refused(device, 'ERR_DLB_LDB_QUEUES_UNAVAILABLE', () =>
    device.createDomain(small({ queues: queues(11) })),
  );
  expect(details).toMatchObject({ field: 'queues', wanted: 11, available: 10, total: 32 });
  await device.createDomain(small({ queues: queues(10) }));
});

test.each(MODELS)('CP-05: queues without a port are refused: %s', async (model) => {
  const device = await deviceOf(model);
  const code = 'ERR_DLB_LDB_PORT_REQUIRED_FOR_LDB_QUEUES';
  await refused(device, code, () => device.createDomain(small({ ports: [] })));
});

test.each(MODELS)(
  'CP-06: a domain of nothing can be started, stopped, closed: %s',
  async (model) => {
    const device = await deviceOf(model);
    const before = available(device);
    const domain = await device.createDomain({ eventsLimit: 1, queues: [], ports: [] });
    expect(taken(before, device)).toEqual({ domains: 1, credits: 1 });
    await domain.start();
    device.schedule();
    expect(domain.stats()).toMatchObject({ ports: [], queues: [], inflight: 0 });
    expect(domain.dump()).toContain('domain');
    expect(await domain.stop()).toEqual({ flushed: 0 });
    await domain.start();
    await domain.close();
    expect(taken(before, device)).toEqual({});
  },
);

test.each(MODELS)('CP-06: of two lists only both may be empty: %s', async (model) => {
  const device = await deviceOf(model);
  const lone = { eventsLimit: 1, queues: [], ports: [{}] };
  await refused(device, 'ERR_DLB_INVALID_SPEC', () => device.createDomain(lone));
});

/** A device of which class 2 has no free port. */
async function withoutClass2(): Promise<Device> {
  const device = await deviceOf('dlb2.5');
  await device.createDomain(small({ ports: balanced(16, { cos: 2 }) }));
  expect(available(device)).toMatchObject({ ports: 48, ...CLASSES, classPorts2: 0 });
  return device;
}

test('CP-07: a class without free ports refuses its domain, by default and where it is strict', async () => {
  const device = await withoutClass2();
  for (const strictness of [{}, { cosStrict: true }]) {
    const details = await refused(device, 'ERR_DLB_LDB_PORTS_UNAVAILABLE', () =>
      device.createDomain(small({ ports: balanced(1, { cos: 2 }), ...strictness })),
    );
    expect(details).toMatchObject({ field: 'ports', cos: 2, wanted: 1, available: 0, total: 16 });
  }
});

test('CP-08: where it is not strict, ports come from the classes after it, in turn', async () => {
  const device = await withoutClass2();
  const order: string[] = [];
  for (let i = 0; i < 48; i++) {
    const before = available(device);
    const ports = balanced(1, { cos: 2 });
    // Fewer domains than ports: three ports each time.
    if (i % 3 > 0) continue;
    await device.createDomain(small({ ports: [...ports, ...ports, ...ports], cosStrict: false }));
    const {
      domains: _,
      queues: __,
      ports: all,
      credits: ___,
      historyEntries: ____,
      ...classes
    } = taken(before, device);
    expect(all).toBe(3);
    order.push(...Object.entries(classes).flatMap(([name, count]) => upTo(count).map(() => name)));
  }
  const sixteen = (cos: number): string[] => upTo(16).map(() => `classPorts${cos}`);
  expect(order.toSorted()).toEqual([...sixteen(0), ...sixteen(1), ...sixteen(3)]);
  // Class 3 is used up before class 0 gives any, and that before class 1.
  expect(order.slice(0, 15)).toEqual(sixteen(3).slice(1));
  expect(order.slice(-15)).toEqual(sixteen(1).slice(1));
  expect(available(device)).toMatchObject({ ports: 0 });
});

test('a port of any class comes from the one that has the most', async () => {
  const device = await deviceOf('dlb2.0');
  await device.createDomain(small({ ports: balanced(10, { cos: 0 }) }));
  await device.createDomain(small({ ports: balanced(6, { cos: 3 }) }));
  const before = available(device);
  await device.createDomain(small({ ports: balanced(14) }));
  // Six, sixteen, sixteen and ten were left: the two in the middle give seven each.
  expect(taken(before, device)).toMatchObject({ ports: 14, classPorts1: 7, classPorts2: 7 });
});

/** Four domains of 512 history entries each, in the order of their runs. */
async function quarters(): Promise<{ device: Device; domains: Domain[] }> {
  const device = await deviceOf('dlb2.5');
  const domains: Domain[] = [];
  for (let i = 0; i < 4; i++) {
    domains.push(await device.createDomain(small({ ports: balanced(1, { historyDepth: 512 }) })));
  }
  return { device, domains };
}

test('CP-09, CP-10: history entries that are free but not in a row are too few, and both are told', async () => {
  const { device, domains } = await quarters();
  expect(device.resources().historyEntries).toEqual({ total: 2048, available: 0, longest: 0 });
  await domains[3]!.close();
  await domains[1]!.close();
  expect(device.resources().historyEntries).toEqual({ total: 2048, available: 1024, longest: 512 });
  const wide = small({ ports: balanced(1, { historyDepth: 513 }) });
  const code = 'ERR_DLB_HIST_LIST_ENTRIES_UNAVAILABLE';
  const details = await refused(device, code, () => device.createDomain(wide));
  expect(details).toMatchObject({ field: 'historyEntries', wanted: 513, longest: 512 });
  await domains[2]!.close();
  expect(device.resources().historyEntries).toMatchObject({ available: 1536, longest: 1536 });
  await device.createDomain(wide);
});

test('the ports of a domain have their history in one run', async () => {
  const { device, domains } = await quarters();
  await domains[3]!.close();
  await domains[1]!.close();
  // Each port by itself would fit.
  const wide = small({ ports: balanced(2, { historyDepth: 300 }) });
  const code = 'ERR_DLB_HIST_LIST_ENTRIES_UNAVAILABLE';
  await refused(device, code, () => device.createDomain(wide));
});

test('a run comes from the first place that is long enough', async () => {
  const { device, domains } = await quarters();
  await domains[1]!.close();
  await domains[3]!.close();
  await device.createDomain(small({ ports: balanced(1, { historyDepth: 200 }) }));
  expect(device.resources().historyEntries).toMatchObject({ available: 824, longest: 512 });
  await device.createDomain(small({ ports: balanced(1, { historyDepth: 312 }) }));
  expect(device.resources().historyEntries).toMatchObject({ available: 512, longest: 512 });
});

test('CP-11: a DLB 2.5 has one kind of credit', async () => {
  const device = await deviceOf('dlb2.5');
  const before = available(device);
  const domain = await device.createDomain(small({ eventsLimit: 100, directedCredits: 50 }));
  expect(taken(before, device)).toMatchObject({ credits: 150 });
  expect(before).not.toHaveProperty('directedCredits');
  expect(domain.stats().creditsFree).toBe(150);
  const most = small({ eventsLimit: 16_000, directedCredits: 300 });
  const code = 'ERR_DLB_LDB_CREDITS_UNAVAILABLE';
  const details = await refused(device, code, () => device.createDomain(most));
  expect(details).toMatchObject({ field: 'credits', wanted: 16_300, available: 16_234 });
});

test('CP-11: a DLB 2.0 has two', async () => {
  const device = await deviceOf('dlb2.0');
  const before = available(device);
  const domain = await device.createDomain(small({ eventsLimit: 100, directedCredits: 50 }));
  expect(taken(before, device)).toMatchObject({ credits: 100, directedCredits: 50 });
  expect(domain.stats().creditsFree).toBe(150);
  await refused(device, 'ERR_DLB_LDB_CREDITS_UNAVAILABLE', () =>
    device.createDomain(small({ eventsLimit: 8093 })),
  );
  await refused(device, 'ERR_DLB_DIR_CREDITS_UNAVAILABLE', () =>
    device.createDomain(small({ directedCredits: 4047 })),
  );
  await device.createDomain(small({ eventsLimit: 8092, directedCredits: 4046 }));
});

/** One of every kind, as far as the model knows it. */
function oneOfEach(model: Model): DomainSpec {
  const queues: QueueSpec[] = [{ type: 'atomic' }, { type: 'ordered' }, { type: 'directed' }];
  const spec = { eventsLimit: 8, queues, ports: [{ links: [0, 1] }, { links: [2] }] };
  if (model === 'host') return spec;
  return { ...spec, directedCredits: 4, ports: [{ links: [0, 1], cos: 1 }, { links: [2] }] };
}

test.each(MODELS)(
  'CP-12: what a domain takes is all there again when it closes: %s',
  async (model) => {
    const device = await deviceOf(model);
    const before = device.resources();
    const domain = await device.createDomain(oneOfEach(model));
    expect(device.resources()).not.toEqual(before);
    await domain.close();
    expect(device.resources()).toEqual(before);
    const started = await device.createDomain(oneOfEach(model));
    await started.start();
    await started.close();
    await started.close();
    expect(device.resources()).toEqual(before);
  },
);

test('a domain of a DLB takes one of each kind that it names', async () => {
  const device = await deviceOf('dlb2.0');
  const before = available(device);
  await device.createDomain(oneOfEach('dlb2.0'));
  expect(taken(before, device)).toEqual({
    domains: 1,
    queues: 2,
    ports: 1,
    classPorts1: 1,
    directedPorts: 1,
    credits: 8,
    directedCredits: 4,
    atomicInflights: 64,
    historyEntries: 32,
    sequenceSlots0: 1,
  });
});

/** All that a DLB 2.0 has. */
const EVERYTHING: Readonly<Record<string, number>> = {
  domains: 32,
  queues: 32,
  ports: 64,
  directedPorts: 64,
  credits: 8192,
  directedCredits: 4096,
  atomicInflights: 2048,
  historyEntries: 2048,
  sequenceSlots0: 16,
  sequenceSlots1: 16,
};

test('a want is verified in the order of the driver, and each refusal has its code and field', async () => {
  const device = await deviceOf('dlb2.0');
  const vdev = await device.createVirtualDevice({ quota: EVERYTHING });
  expect(new Set(Object.values(available(device)))).toEqual(new Set([0]));
  // One kind after the other is given back, so one check after the other passes.
  const steps: readonly (readonly [code: string, field: string, giveBack: object])[] = [
    ['ERR_DLB_DOMAIN_UNAVAILABLE', 'domains', { domains: 31 }],
    ['ERR_DLB_LDB_QUEUES_UNAVAILABLE', 'queues', { queues: 30 }],
    // A port first, but not of its class.
    ['ERR_DLB_LDB_PORTS_UNAVAILABLE', 'ports', { ports: 63 }],
    ['ERR_DLB_LDB_PORTS_UNAVAILABLE', 'ports', { ports: 60 }],
    ['ERR_DLB_DIR_PORTS_UNAVAILABLE', 'directedPorts', { directedPorts: 63 }],
    ['ERR_DLB_LDB_CREDITS_UNAVAILABLE', 'credits', { credits: 8184 }],
    ['ERR_DLB_DIR_CREDITS_UNAVAILABLE', 'directedCredits', { directedCredits: 4092 }],
    ['ERR_DLB_ATOMIC_INFLIGHTS_UNAVAILABLE', 'atomicInflights', { atomicInflights: 1984 }],
    ['ERR_DLB_HIST_LIST_ENTRIES_UNAVAILABLE', 'historyEntries', { historyEntries: 2016 }],
    ['ERR_DLB_SN_SLOTS_UNAVAILABLE', 'sequenceSlots', { sequenceSlots0: 15 }],
  ];
  for (const [code, field, giveBack] of steps) {
    const details = await refused(device, code, () => device.createDomain(oneOfEach('dlb2.0')));
    expect(details).toMatchObject({ field });
    vdev.setQuota(giveBack);
  }
  await device.createDomain(oneOfEach('dlb2.0'));
  expect(available(device)).toMatchObject({ domains: 0, queues: 0, credits: 0, historyEntries: 0 });
});

test.each(DLBS)(
  'all ports of both kinds can be had, with what they are given by default: %s',
  async (model) => {
    const device = await deviceOf(model);
    const all = { eventsLimit: 64, queues: [{ type: 'parallel' as const }] };
    await device.createDomain({ ...all, ports: upTo(64).map(() => ({ links: [0] })) });
    expect(available(device)).toMatchObject({ ports: 0, historyEntries: 0 });
    const queues = upTo(32).map((): QueueSpec => ({ type: 'directed' }));
    const ports = upTo(32).map((id): PortSpec => ({ links: [id] }));
    const { directedPorts } = available(device);
    for (let left = directedPorts!; left > 0; left -= 32) {
      await device.createDomain({ eventsLimit: 64, queues, ports });
    }
    expect(available(device)).toMatchObject({ directedPorts: 0 });
    const code = 'ERR_DLB_DIR_PORTS_UNAVAILABLE';
    const one = { eventsLimit: 1, queues: [queues[0]!], ports: [{ links: [0] }] };
    const details = await refused(device, code, () => device.createDomain(one));
    expect(details).toMatchObject({ field: 'directedPorts', wanted: 1, available: 0 });
  },
);

const ORDERED = (sequences?: number): QueueSpec =>
  sequences === undefined ? { type: 'ordered' } : { type: 'ordered', sequences };

test('CP-14: a slot that is one too many', async () => {
  const device = await deviceOf('dlb2.5');
  device.setSequenceAllocation(1, 1024);
  await device.createDomain(small({ queues: upTo(16).map(() => ORDERED(64)) }));
  expect(available(device)).toMatchObject({ sequenceSlots0: 0, sequenceSlots1: 1 });
  const details = await refused(device, 'ERR_DLB_SN_SLOTS_UNAVAILABLE', () =>
    device.createDomain(small({ queues: [ORDERED(64)] })),
  );
  expect(details).toMatchObject({ wanted: 1, available: 0, total: 16, group: 0 });
  // Who does not say how many gets what is free.
  const domain = await device.createDomain(small({ queues: [ORDERED()] }));
  expect(domain.queueAttributes(0).sequences).toBe(1024);
  await refused(device, 'ERR_DLB_SN_SLOTS_UNAVAILABLE', () =>
    device.createDomain(small({ queues: [ORDERED()] })),
  );
});

test('CP-14: two groups of one mode serve as one', async () => {
  const device = await deviceOf('dlb2.5');
  await device.createDomain(small({ queues: upTo(20).map(() => ORDERED(64)) }));
  expect(available(device)).toMatchObject({ sequenceSlots0: 0, sequenceSlots1: 12 });
});

test('CP-15: the mode of a group changes only while none of its slots is used or assigned', async () => {
  const device = await deviceOf('dlb2.0');
  const change = (): void => device.setSequenceAllocation(0, 128);
  const domain = await device.createDomain(small({ queues: [ORDERED(64)] }));
  expect(device.sequenceOccupancy(0)).toBe(1);
  await refused(device, 'ERR_DLB_NOT_PERMITTED', change);
  await domain.close();
  const vdev = await device.createVirtualDevice({ quota: { sequenceSlots0: 2 } });
  expect(device.sequenceOccupancy(0)).toBe(2);
  await refused(device, 'ERR_DLB_NOT_PERMITTED', change);
  expect(device.sequenceAllocation(0)).toBe(64);
  device.setSequenceAllocation(1, 256);
  await vdev.close();
  change();
  expect([device.sequenceAllocation(0), device.sequenceAllocation(1)]).toEqual([128, 256]);
  expect(device.resources()).toMatchObject({
    sequenceSlots0: { total: 8, available: 8 },
    sequenceSlots1: { total: 4, available: 4 },
  });
});

test.each([64, 128, 256, 512, 1024])(
  'CP-15: a group has 1024 numbers, in slots of %i',
  async (size) => {
    const device = await deviceOf('dlb2.5');
    for (const group of [0, 1]) device.setSequenceAllocation(group, size);
    const slots = 1024 / size;
    const { queues } = small({ queues: upTo(2 * slots).map(() => ORDERED(size)) });
    await device.createDomain(small({ queues }));
    expect([device.sequenceOccupancy(0), device.sequenceOccupancy(1)]).toEqual([slots, slots]);
  },
);

test.each<[unknown, unknown]>([
  [2, 64],
  [-1, 64],
  ['0', 64],
  [0, 32],
  [0, 2048],
  [0, 100],
  [1, '64'],
])('a group %p of slots of %p is refused', async (group, size) => {
  const device = await deviceOf('dlb2.5');
  await refused(device, 'ERR_DLB_INVALID_ARGUMENT', () =>
    device.setSequenceAllocation(group as number, size as number),
  );
});

test('CP-16: no group deals out that many sequence numbers', async () => {
  const device = await deviceOf('dlb2.5');
  const wide = small({ queues: [ORDERED(64), ORDERED(128)] });
  const code = 'ERR_DLB_SEQUENCE_NUMBERS_UNAVAILABLE';
  const details = await refused(device, code, () => device.createDomain(wide));
  expect(details).toMatchObject({ field: 'spec.queues[1].sequences', value: 128 });
  device.setSequenceAllocation(1, 128);
  const before = available(device);
  await device.createDomain(wide);
  expect(taken(before, device)).toMatchObject({ sequenceSlots0: 1, sequenceSlots1: 1 });
});

test.each([0, 65, 2.5, '8'])(
  'CP-17: a DLB refuses inflights of %p for 64 sequences',
  async (inflights) => {
    const device = await deviceOf('dlb2.5');
    const queues = [{ ...ORDERED(64), inflights: inflights as number }];
    const code = 'ERR_DLB_INVALID_QID_INFLIGHT_ALLOCATION';
    const details = await refused(device, code, () => device.createDomain(small({ queues })));
    expect(details).toMatchObject({ field: 'spec.queues[0].inflights' });
  },
);

test.each([1, 64])('CP-17: a DLB accepts inflights of %p for 64 sequences', async (inflights) => {
  const device = await deviceOf('dlb2.5');
  const queues = [
    { ...ORDERED(64), inflights },
    { ...ORDERED(), inflights },
  ];
  const domain = await device.createDomain(small({ queues }));
  expect(domain.queueAttributes(1)).toMatchObject({ inflights, sequences: 64 });
});

const LEVELS = [64, 128, 256, 512, 1024, 2048, 4096, 65_536];

test.each(LEVELS)('CP-19: a DLB tells %i flows apart', async (flows) => {
  const device = await deviceOf('dlb2.0');
  const domain = await device.createDomain(small({ queues: [{ type: 'atomic', flows }] }));
  expect(domain.queueAttributes(0).flows).toBe(flows);
});

test.each([100, 32, 8192, 0, '64'])('CP-19: %p flows are no level of a DLB', async (wrong) => {
  const device = await deviceOf('dlb2.5');
  const flows = wrong as number;
  for (const type of ['atomic', 'any'] as const) {
    const code = 'ERR_DLB_INVALID_LOCK_ID_COMP_LEVEL';
    const details = await refused(device, code, () =>
      device.createDomain(small({ queues: [{ type, flows }] })),
    );
    expect(details).toMatchObject({ field: 'spec.queues[0].flows', value: wrong });
  }
  // Without atomic events nobody looks at it.
  await device.createDomain(small({ queues: [{ type: 'parallel', flows }] }));
});

test('CP-20: history entries of the owner are shared by its ports', async () => {
  const device = await deviceOf('dlb2.5');
  const quota = { domains: 1, queues: 1, ports: 3, credits: 1, historyEntries: 16 };
  await using vdev = await device.createVirtualDevice({ quota });
  const tenant = await attachVirtualDevice(vdev.handle);
  const ports = (count: number): DomainSpec =>
    small({ ports: balanced(count, { historyDepth: 8 }) });
  const before = vdev.resources();
  const error = await refusalOf(() => tenant.createDomain(ports(3)));
  expect(error).toMatchObject({
    code: 'ERR_DLB_HIST_LIST_ENTRIES_UNAVAILABLE',
    details: { field: 'historyEntries', wanted: 24, available: 16, total: 16 },
  });
  expect(vdev.resources()).toEqual(before);
  await tenant.createDomain(ports(2));
  expect(vdev.resources().historyEntries).toEqual({ total: 16, available: 0, longest: 0 });
});

test.each<[PortSpec, string, string]>([
  [{ dequeueDepth: 3 }, 'ERR_DLB_INVALID_CQ_DEPTH', 'dequeueDepth'],
  [{ dequeueDepth: 2048 }, 'ERR_DLB_INVALID_CQ_DEPTH', 'dequeueDepth'],
  [{ historyDepth: 0 }, 'ERR_DLB_INVALID_HIST_LIST_DEPTH', 'historyDepth'],
  [{ cos: 4 }, 'ERR_DLB_INVALID_COS_ID', 'cos'],
  [{ cos: -1 }, 'ERR_DLB_INVALID_COS_ID', 'cos'],
])('CP-21, CP-22: a port of %p is refused', async (port, code, field) => {
  for (const model of DLBS) {
    const device = await deviceOf(model);
    const ports = [{}, { links: [0], ...port }];
    const details = await refused(device, code, () => device.createDomain(small({ ports })));
    expect(details).toMatchObject({ field: `spec.ports[1].${field}` });
  }
});

test('CP-21: depths of a DLB are powers of two up to 1024', async () => {
  const device = await deviceOf('dlb2.5');
  for (let dequeueDepth = 1; dequeueDepth <= 1024; dequeueDepth *= 2) {
    const ports = [{ links: [0], dequeueDepth }];
    const domain = await device.createDomain(small({ ports }));
    expect(domain.portAttributes(0)).toMatchObject({
      dequeueDepth,
      historyDepth: expect.any(Number),
    });
    await domain.close();
  }
});

test('CP-23: a directed queue and its port are one pair', async () => {
  const device = await deviceOf('dlb2.5');
  const queue: QueueSpec = { type: 'directed' };
  const pairs = async (queues: QueueSpec[], ports: PortSpec[]): Promise<number> => {
    const before = available(device);
    const domain = await device.createDomain({ eventsLimit: 1, queues, ports });
    const { directedPorts = 0, queues: its = 0 } = taken(before, device);
    expect(its).toBe(queues.filter(({ type }) => type !== 'directed').length);
    await domain.close();
    return directedPorts;
  };
  expect(await pairs([queue], [{ links: [0] }])).toBe(1);
  expect(await pairs([queue, queue], [{ links: [0] }, { links: [1] }])).toBe(2);
  // A producer that nothing is linked to.
  expect(await pairs([queue], [{ links: [0] }, { kind: 'directed' }])).toBe(2);
  // A queue that waits for its port.
  expect(await pairs([queue, { type: 'parallel' }], [{ links: [1] }])).toBe(1);
});

test('CP-23: a directed port of a DLB has one queue', async () => {
  const device = await deviceOf('dlb2.5');
  const queues: QueueSpec[] = [{ type: 'directed' }, { type: 'directed' }];
  const spec = { eventsLimit: 1, queues, ports: [{ links: [0, 1] }] };
  const details = await refused(device, 'ERR_DLB_NO_QID_SLOTS_AVAILABLE', () =>
    device.createDomain(spec),
  );
  expect(details).toMatchObject({ field: 'spec.ports[0].links' });
});

test('CP-24: a port of a DLB serves queues of one kind', async () => {
  const device = await deviceOf('dlb2.5');
  const queues: QueueSpec[] = [{ type: 'atomic' }, { type: 'directed' }];
  const wrong: PortSpec[] = [
    { links: [0, 1] },
    { links: [1, 0] },
    { links: [1], kind: 'loadBalanced' },
    { links: [0], kind: 'directed' },
  ];
  for (const port of wrong) {
    const details = await refused(device, 'ERR_DLB_INVALID_QID', () =>
      device.createDomain({ eventsLimit: 1, queues, ports: [{}, port] }),
    );
    expect(details).toMatchObject({ field: 'spec.ports[1].links' });
  }
});

test('CP-24: links at run time keep to the kind of the port as well', async () => {
  const device = await deviceOf('dlb2.5');
  const queues: QueueSpec[] = [
    { type: 'atomic' },
    { type: 'directed' },
    { type: 'directed' },
    { type: 'ordered' },
  ];
  const ports: PortSpec[] = [{ links: [0] }, { links: [1] }, {}, { kind: 'directed' }];
  const domain = await device.createDomain({ eventsLimit: 1, queues, ports });
  const refusal = async (port: number, queue: number): Promise<string> =>
    (await refusalOf(() => domain.link(port, queue))).code;
  expect(await refusal(0, 2)).toBe('ERR_DLB_INVALID_QID');
  expect(await refusal(1, 0)).toBe('ERR_DLB_INVALID_QID');
  expect(await refusal(1, 2)).toBe('ERR_DLB_NO_QID_SLOTS_AVAILABLE');
  expect(await refusal(3, 3)).toBe('ERR_DLB_INVALID_QID');
  domain.link(0, 3);
  domain.link(1, 1, 7);
  // Port 2 is what its first link makes of it.
  domain.link(2, 2);
  expect(await refusal(2, 0)).toBe('ERR_DLB_INVALID_QID');
  // What a port was created as it stays, without links as well.
  domain.unlink(1, 1);
  expect(await refusal(1, 0)).toBe('ERR_DLB_INVALID_QID');
  expect([0, 1, 2, 3].map((port) => domain.links(port).map(({ queue }) => queue))).toEqual([
    [0, 3],
    [],
    [2],
    [],
  ]);
});

test('CP-25: class bandwidths are refused at the write that makes the sum more than 100', async () => {
  const device = await deviceOf('dlb2.5');
  const all = (): number[] => upTo(4).map((cos) => device.classBandwidth(cos));
  expect(all()).toEqual([25, 25, 25, 25]);
  for (const cos of upTo(4)) device.setClassBandwidth(cos, 0);
  device.setClassBandwidth(0, 40);
  device.setClassBandwidth(1, 30);
  device.setClassBandwidth(2, 20);
  const details = await refused(device, 'ERR_DLB_INVALID_ARGUMENT', () =>
    device.setClassBandwidth(3, 20),
  );
  expect(details).toMatchObject({ field: 'percent', value: 20 });
  expect(all()).toEqual([40, 30, 20, 0]);
  device.setClassBandwidth(3, 10);
  expect(all()).toEqual([40, 30, 20, 10]);
});

test.each<[unknown, unknown, string]>([
  [4, 10, 'ERR_DLB_INVALID_COS_ID'],
  [-1, 10, 'ERR_DLB_INVALID_COS_ID'],
  [0, 101, 'ERR_DLB_INVALID_ARGUMENT'],
  [0, -1, 'ERR_DLB_INVALID_ARGUMENT'],
  [0, 2.5, 'ERR_DLB_INVALID_ARGUMENT'],
])('CP-25: class %p cannot have a bandwidth of %p', async (cos, percent, code) => {
  const device = await deviceOf('dlb2.0');
  await refused(device, code, () => device.setClassBandwidth(cos as number, percent as number));
  expect(device.classBandwidth(0)).toBe(25);
});

test('a host device says that it has no classes and no sequence groups', async () => {
  const device = await deviceOf('host');
  const code = 'ERR_DLB_FEATURE_UNAVAILABLE';
  await refused(device, code, () =>
    device.createDomain(small({ ports: [{ links: [0], cos: 1 }] })),
  );
  await refused(device, code, () => device.setSequenceAllocation(0, 64));
  await refused(device, code, () => device.sequenceAllocation(0));
  await refused(device, code, () => device.sequenceOccupancy(0));
  await refused(device, code, () => device.setClassBandwidth(0, 10));
  await refused(device, code, () => device.classBandwidth(0));
});
