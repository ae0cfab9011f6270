/** createDomain verifies all of a spec before it takes anything. */
import { expect, test } from '@jest/globals';
import type { DomainSpec } from '../../lib/index.js';
import { planMemory } from '../../lib/control/domain-memory.js';
import { checkSpec } from '../../lib/control/spec-check.js';
import { inlineDevice, refusalOf } from '../contracts/harness.js';

const SPEC = 'ERR_DLB_INVALID_SPEC';
const QID = 'ERR_DLB_INVALID_QID';
const PRIO = 'ERR_DLB_INVALID_PRIORITY';
const DEPTH = 'ERR_DLB_INVALID_CQ_DEPTH';

/** Fields that replace those of a spec that is right. */
type Wrong = Record<string, unknown>;
type Case = readonly [code: string, field: string | RegExp, wrong: Wrong];

const queue = (fields: Wrong): Wrong => ({ queues: [{ type: 'atomic' }, { ...fields }] });
const port = (fields: Wrong): Wrong => ({ ports: [{ links: [0] }, { ...fields }] });
const buffers = (fields: Wrong): Wrong => ({ buffers: { count: 4, bytes: 64, ...fields } });
const wholeNumbers = (field: string, make: (v: unknown) => Wrong, bad: unknown[], code = SPEC) =>
  [...bad, '1', null, 1.5, Number.NaN, -1].map((value): Case => [code, field, make(value)]);

const CASES: Case[] = [
  [SPEC, 'spec.colour', { colour: 'red' }],
  [SPEC, 'spec.name', { name: 7 }],
  [SPEC, 'spec.name', { name: '' }],
  ...wholeNumbers('spec.eventsLimit', (v) => ({ eventsLimit: v }), [0, undefined, 2 ** 20 + 1]),
  ...wholeNumbers('spec.capacity', (v) => ({ capacity: v }), [0, 63, 2 ** 20 + 1]),
  [SPEC, 'spec.capacity', { ...queue({ type: 'ordered', fragments: 2 }), capacity: 64 }],
  ...[undefined, null, {}, 'atomic'].map((v): Case => [SPEC, 'spec.queues', { queues: v }]),
  [SPEC, 'spec.queues.length', { queues: [] }],
  [SPEC, 'spec.queues.length', { queues: Array.from({ length: 256 }, () => ({ type: 'atomic' })) }],
  ...[undefined, null, {}, 3].map((v): Case => [SPEC, 'spec.ports', { ports: v }]),
  ['ERR_DLB_LDB_PORT_REQUIRED_FOR_LDB_QUEUES', 'spec.ports.length', { ports: [] }],
  [SPEC, 'spec.ports.length', { ports: Array.from({ length: 65 }, () => ({})) }],
  // Queues.
  [SPEC, 'spec.queues[1]', { queues: [{ type: 'atomic' }, null] }],
  [SPEC, 'spec.queues[1].typ', queue({ type: 'atomic', typ: 'atomic' })],
  ...[undefined, 'Atomic', 1, null].map((v): Case => [
    SPEC,
    'spec.queues[1].type',
    queue({ type: v }),
  ]),
  [SPEC, 'spec.queues[1].name', queue({ type: 'atomic', name: 1 })],
  ...wholeNumbers(
    'spec.queues[1].priority',
    (v) => queue({ type: 'atomic', priority: v }),
    [256],
    PRIO,
  ),
  ...wholeNumbers('spec.queues[1].flows', (v) => queue({ type: 'atomic', flows: v }), [
    0,
    3,
    1000,
    2 ** 21,
  ]),
  ...wholeNumbers('spec.queues[1].sequences', (v) => queue({ type: 'ordered', sequences: v }), [
    0,
    1023,
    2 ** 21,
  ]),
  [SPEC, 'spec.queues[1].scope', queue({ type: 'ordered', scope: 'port' })],
  ...wholeNumbers('spec.queues[1].fragments', (v) => queue({ type: 'ordered', fragments: v }), [0]),
  [SPEC, 'spec.queues[1].fragments', queue({ type: 'ordered', fragments: 2 ** 16 })],
  // Ports.
  [SPEC, 'spec.ports[1]', { ports: [{}, 5] }],
  [SPEC, 'spec.ports[1].depth', port({ depth: 8 })],
  [SPEC, 'spec.ports[1].name', port({ name: {} })],
  ...wholeNumbers(
    'spec.ports[1].newEventThreshold',
    (v) => port({ newEventThreshold: v }),
    [0, 65],
  ),
  ...wholeNumbers(
    'spec.ports[1].dequeueDepth',
    (v) => port({ dequeueDepth: v }),
    [0, 3, 8192],
    DEPTH,
  ),
  ...wholeNumbers('spec.ports[1].enqueueDepth', (v) => port({ enqueueDepth: v }), [0, 4097]),
  [SPEC, 'spec.ports[1].implicitRelease', port({ implicitRelease: 1 })],
  [SPEC, 'spec.ports[1].independentEnqueue', port({ independentEnqueue: 'yes' })],
  // Links.
  [SPEC, 'spec.ports[1].links', port({ links: 0 })],
  [SPEC, 'spec.ports[1].links[0]', port({ links: [null] })],
  [SPEC, 'spec.ports[1].links[0].prio', port({ links: [{ queue: 0, prio: 1 }] })],
  ...[1, -1, 0.5, Number.NaN].map((v): Case => [
    QID,
    'spec.ports[1].links[0]',
    port({ links: [v] }),
  ]),
  ...[1, '0', undefined].map((v): Case => [
    QID,
    'spec.ports[1].links[0].queue',
    port({ links: [{ queue: v }] }),
  ]),
  ...[256, -1, '1'].map((v): Case => [
    PRIO,
    /priority$/,
    port({ links: [{ queue: 0, priority: v }] }),
  ]),
  [
    'ERR_DLB_DIR_QUEUE_LINKED',
    'spec.ports[1].links',
    { queues: [{ type: 'directed' }], ports: [{ links: [0] }, { links: [0] }] },
  ],
  // Buffers.
  [SPEC, 'spec.buffers', { buffers: 3 }],
  [SPEC, 'spec.buffers.size', buffers({ size: 3 })],
  ...wholeNumbers('spec.buffers.count', (v) => buffers({ count: v }), [0, undefined, 2 ** 20 + 1]),
  ...wholeNumbers('spec.buffers.bytes', (v) => buffers({ bytes: v }), [0, undefined, 2 ** 28 + 1]),
  ...wholeNumbers('spec.buffers.reserve', (v) => buffers({ reserve: v }), [5]),
];

const RIGHT: DomainSpec = {
  eventsLimit: 64,
  queues: [{ type: 'atomic' }],
  ports: [{ links: [0] }, {}],
};

test.each(CASES)('%s for %s', async (code, field, wrong) => {
  const device = await inlineDevice();
  const before = device.resources();
  const error = await refusalOf(() => device.createDomain({ ...RIGHT, ...wrong }));
  expect(error.code).toBe(code);
  const named = String(error.details['field']);
  if (typeof field === 'string') expect(named).toBe(field);
  else expect(named).toMatch(field);
  expect(error.message).toContain(named);
  expect(device.resources()).toEqual(before);
});

test.each([undefined, null, 5, 'spec', []])('a spec that is %p is refused', async (spec) => {
  const device = await inlineDevice();
  const error = await refusalOf(() => device.createDomain(spec as unknown as DomainSpec));
  expect([error.code, error.details['field']]).toEqual([SPEC, 'spec']);
});

test('every field at its least and at its most is accepted', async () => {
  const device = await inlineDevice();
  const all = { implicitRelease: false, independentEnqueue: false, name: 'p' };
  const least = await device.createDomain({
    name: 'least',
    eventsLimit: 1,
    capacity: 1,
    queues: [
      {
        name: 'q',
        type: 'atomic',
        priority: 0,
        flows: 1,
        sequences: 1,
        scope: 'queue',
        fragments: 1,
      },
    ],
    ports: [{ ...all, links: [], newEventThreshold: 1, dequeueDepth: 1, enqueueDepth: 1 }],
    buffers: { count: 1, bytes: 1, reserve: 0 },
  });
  const most = await device.createDomain({
    eventsLimit: 65536,
    capacity: 2 ** 20,
    queues: [
      { type: 'ordered', priority: 255, sequences: 2 ** 20 },
      { type: 'atomic', flows: 2 ** 20 },
    ],
    ports: [
      {
        ...all,
        links: [
          { queue: 0, priority: 255 },
          { queue: 1, priority: 0 },
        ],
        newEventThreshold: 65536,
        dequeueDepth: 4096,
        enqueueDepth: 4096,
      },
    ],
    buffers: { count: 8, bytes: 2 ** 20, reserve: 8 },
  });
  expect([least.state, most.state]).toEqual(['configured', 'configured']);
  expect(least.id).not.toBe(most.id);
});

test('memory is for capacity events, by default eventsLimit times the most fragments', () => {
  const plan = (fields: Pick<DomainSpec, 'queues' | 'capacity'>): [number, number] => {
    const checked = checkSpec({ ...RIGHT, ports: [{}], ...fields });
    return [checked.capacity, planMemory(checked).bytes];
  };
  const { queues } = RIGHT;
  const pieces = (fragments: number): Pick<DomainSpec, 'queues'> => ({
    queues: [...queues, { type: 'parallel', fragments }],
  });
  const whole = plan({ queues });
  expect(whole[0]).toBe(64);
  // Nothing beyond eventsLimit can come without fragments.
  expect(plan({ queues, capacity: 2 ** 20 })).toEqual(whole);
  const byDefault = plan(pieces(4));
  expect(byDefault[0]).toBe(256);
  expect(plan({ ...pieces(4), capacity: 256 })).toEqual(byDefault);
  const tight = plan({ ...pieces(2 ** 20), capacity: 65 });
  expect(tight).toEqual(plan({ ...pieces(2), capacity: 65 }));
  expect(tight[1]).toBeLessThan(byDefault[1]);
});
