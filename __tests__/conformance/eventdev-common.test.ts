/**
 * DPDK's `app/test/test_eventdev.c`, row by row: what is configured and read back. What runs:
 * eventdev-running.test.ts.
 *
 * There the "sane" configuration is all maxima at once. Ours are 255 queues and 64 ports with 4096
 * events and 64 flows per queue, which is event_sw's and dlb2's size; every maximum is shown alone,
 * since 255 queues with 1048576 flows each would take gigabytes. A queue or port that upstream sets
 * up with NULL is one whose fields are left out. Errors are thrown: -EINVAL is a DlbError that names
 * the field.
 */
import { expect, test } from '@jest/globals';
import type { DeviceInfo, DomainSpec, PortSpec, QueueSpec } from '../../lib/index.js';
import { QE_BYTES } from '../../lib/eventdev/event.js';
import * as limits from '../../lib/eventdev/limits.js';
import { inlineDevice, refusalOf, upTo } from '../contracts/harness.js';
import { FLOWS, PORTS, QUEUES, queuesOf, sane } from './upstream.js';

/** The field that a specification is refused for. */
async function refusedField(change: Partial<DomainSpec>): Promise<unknown> {
  const device = await inlineDevice();
  const before = device.resources();
  const spec: DomainSpec = { eventsLimit: 64, queues: [{ type: 'any' }], ports: [{}], ...change };
  const error = await refusalOf(() => device.createDomain(spec));
  expect(error.code).toMatch(/^ERR_DLB_INVALID_/);
  expect(device.resources()).toEqual(before);
  return error.details['field'];
}

test('eventdev 4: info_get', async () => {
  const { info } = await inlineDevice();
  expect(info.limits.ports).toBeGreaterThan(0);
  expect(info.limits.queues).toBeGreaterThan(0);
  // sizeof(struct rte_event).
  expect(QE_BYTES).toBe(16);
});

test('eventdev 5: configure', async () => {
  const device = await inlineDevice();
  const { limits: max } = device.info;
  const spec = await refusalOf(() => device.createDomain(null as unknown as DomainSpec));
  expect(spec.details['field']).toBe('spec');
  const tooMany = { queues: queuesOf(() => ({ type: 'any' }), max.queues + 1) };
  const port = (fields: PortSpec): Partial<DomainSpec> => ({ ports: [fields] });
  const queue = (fields: Partial<QueueSpec>): Partial<DomainSpec> => ({
    queues: [{ type: 'any', ...fields }],
  });
  const fields = [
    await refusedField({ eventsLimit: max.eventsLimit + 1 }),
    await refusedField({ ports: upTo(max.ports + 1).map(() => ({})) }),
    await refusedField(tooMany),
    await refusedField(queue({ flows: 2 * max.flows })),
    await refusedField(port({ dequeueDepth: 2 * max.dequeueDepth })),
    await refusedField(port({ enqueueDepth: max.enqueueDepth + 1 })),
  ];
  const [queue0, port0] = ['spec.queues[0]', 'spec.ports[0]'];
  expect(fields).toEqual([
    'spec.eventsLimit',
    'spec.ports.length',
    'spec.queues.length',
    `${queue0}.flows`,
    `${port0}.dequeueDepth`,
    `${port0}.enqueueDepth`,
  ]);
  // All, half of it, all again.
  for (const share of [1, 2, 1]) {
    const domain = await device.createDomain({
      eventsLimit: 4096,
      queues: queuesOf(() => ({ type: 'atomic', flows: FLOWS }), Math.floor(QUEUES / share)),
      ports: upTo(PORTS / share).map(() => ({})),
    });
    await domain.close();
  }
});

test('eventdev 6: queue_default_conf_get', async () => {
  const r = await sane({ queues: queuesOf(() => ({ type: 'atomic' })) });
  const defaults = { priority: 128, flows: 16384, sequences: 1024, weight: 0, affinity: 0 };
  for (const id of upTo(QUEUES)) expect(r.domain.queueAttributes(id)).toMatchObject(defaults);
  expect((await refusalOf(() => r.domain.queueAttributes(QUEUES))).code).toBe(
    'ERR_DLB_INVALID_QID',
  );
});

test('eventdev 7: queue_setup', async () => {
  const wrong = [
    { type: 'any', flows: 2 * limits.FLOWS_MAX },
    { type: 'ordered', flows: limits.FLOWS_MAX, sequences: 2 * limits.SEQUENCES_MAX },
  ] as const;
  expect(await refusedField({ queues: [wrong[0]] })).toBe('spec.queues[0].flows');
  expect(await refusedField({ queues: [wrong[1]] })).toBe('spec.queues[0].sequences');
  const beyond = { ports: [{ links: [QUEUES] }], queues: queuesOf(() => ({ type: 'any' })) };
  expect(await refusedField(beyond)).toBe('spec.ports[0].links[0]');
  const r = await sane({
    queues: queuesOf((id) => (id === 0 ? { type: 'any' } : { type: 'atomic' })),
  });
  expect(r.domain.queueAttributes(0).type).toBe('any');
});

test('eventdev 8: queue_count', async () => {
  const r = await sane();
  expect(r.device.info.limits.queues).toBe(QUEUES);
  expect(r.stats().queues).toHaveLength(QUEUES);
});

test('eventdev 9: queue_attr_priority', async () => {
  const r = await sane({ queues: queuesOf((id) => ({ type: 'parallel', priority: id % 255 })) });
  for (const id of upTo(QUEUES)) expect(r.domain.queueAttributes(id).priority).toBe(id % 255);
});

test.each([
  ['eventdev 10: queue_attr_priority_runtime', 'priority'],
  ['eventdev 11: queue_attr_weight_runtime', 'weight'],
  ['eventdev 12: queue_attr_affinity_runtime', 'affinity'],
] as const)('%s', async (_, attribute) => {
  const r = await sane();
  await r.domain.start();
  for (const id of upTo(QUEUES)) {
    r.domain.setQueueAttributes(id, { [attribute]: id % 255 });
    expect(r.domain.queueAttributes(id)[attribute]).toBe(id % 255);
  }
  r.pass();
  // It holds, and the queues go on.
  expect(r.domain.queueAttributes(QUEUES - 1)[attribute]).toBe((QUEUES - 1) % 255);
});

test.each([
  ['eventdev 13: queue_attr_nb_atomic_flows', 'atomic', 'flows', FLOWS],
  ['eventdev 14: queue_attr_nb_atomic_order_sequences', 'ordered', 'sequences', 32],
  ['eventdev 15: queue_attr_event_queue_cfg', 'directed', 'type', 'directed'],
] as const)('%s', async (_, type, attribute, value) => {
  const r = await sane({ queues: queuesOf(() => ({ type, [attribute]: value })) });
  for (const id of upTo(QUEUES)) expect(r.domain.queueAttributes(id)[attribute]).toBe(value);
});

test('eventdev 16: port_default_conf_get', async () => {
  const device = await inlineDevice();
  const domain = await device.createDomain({
    eventsLimit: 4096,
    queues: [{ type: 'any' }],
    ports: upTo(PORTS).map(() => ({})),
  });
  const defaults = { newEventThreshold: 4096, enqueueDepth: 128, implicitRelease: true };
  for (const id of upTo(PORTS)) expect(domain.portAttributes(id)).toMatchObject(defaults);
  const error = await refusalOf(() => domain.portAttributes(PORTS + 1));
  expect(error.code).toBe('ERR_DLB_INVALID_PORT_ID');
});

test('eventdev 17: port_setup', async () => {
  // DISABLE_IMPL_REL, which upstream tries where it is missing, is a capability that we have.
  const wrong: PortSpec[] = [
    { newEventThreshold: 65 },
    { dequeueDepth: 2 * limits.DEQUEUE_DEPTH_MAX },
    { enqueueDepth: limits.ENQUEUE_DEPTH_MAX + 1 },
  ];
  for (const port of wrong) {
    expect(await refusedField({ ports: [port] })).toBe(`spec.ports[0].${Object.keys(port)[0]}`);
  }
  expect(await refusedField({ ports: upTo(PORTS + 1).map(() => ({})) })).toBe('spec.ports.length');
  const r = await sane({ ports: upTo(PORTS).map((id) => (id === 0 ? { links: [0] } : {})) });
  expect(r.stats().ports).toHaveLength(PORTS);
});

test.each([
  ['eventdev 18: port_attr_dequeue_depth', { dequeueDepth: 16 }],
  ['eventdev 19: port_attr_enqueue_depth', { enqueueDepth: 32 }],
  ['eventdev 20: port_attr_new_event_threshold', { newEventThreshold: 1024 }],
] as const)('%s', async (_, port: PortSpec) => {
  const r = await sane({ ports: [port] });
  expect(r.domain.portAttributes(0)).toMatchObject(port);
});

test('eventdev 21: port_count', async () => {
  const r = await sane();
  expect(r.device.info.limits.ports).toBe(PORTS);
  expect(r.stats().ports).toHaveLength(PORTS);
});

test('every maximum that a device tells is one that a domain may have', async () => {
  const device = await inlineDevice();
  const max: DeviceInfo['limits'] = device.info.limits;
  const specs: Partial<DomainSpec>[] = [
    { eventsLimit: max.eventsLimit },
    { queues: queuesOf(() => ({ type: 'parallel' }), max.queues) },
    { ports: upTo(max.ports).map(() => ({})) },
    { queues: [{ type: 'atomic', flows: max.flows }] },
    { queues: [{ type: 'ordered', sequences: max.sequences }] },
    { ports: [{ dequeueDepth: max.dequeueDepth, enqueueDepth: max.enqueueDepth }] },
  ];
  for (const spec of specs) {
    const full = { eventsLimit: 64, queues: [{ type: 'any' as const }], ports: [{}], ...spec };
    const domain = await device.createDomain(full);
    await domain.close();
  }
  const domain = await device.createDomain({
    eventsLimit: 8,
    queues: [{ type: 'any' }],
    ports: [{ links: [0] }],
  });
  for (const profile of upTo(max.profiles)) domain.linkProfile(0, profile, 0);
  const error = await refusalOf(() => domain.linkProfile(0, max.profiles, 0));
  expect(error.details['field']).toBe('profile');
});
