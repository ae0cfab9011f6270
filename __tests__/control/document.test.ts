/** Documents: whole domains from JSON, all or none, and back. */
import { expect, test } from '@jest/globals';
import type { DeviceDocument } from '../../lib/index.js';
import { fresh, inlineDevice, refusalOf, send } from '../contracts/harness.js';
import { attachPort } from '../../lib/index.js';
import { wholeDocument } from './whole-spec.js';

const SMALL = { eventsLimit: 16, queues: [{ type: 'atomic' as const }], ports: [{ links: [0] }] };

test('a document makes domains, and those that it says to start are started', async () => {
  const device = await inlineDevice();
  const made = await device.apply({ version: 1, domains: [SMALL, wholeDocument()] });
  expect(made.map(({ id, name, state }) => [id, name, state])).toEqual([
    [0, 'domain0', 'configured'],
    [1, 'orders', 'started'],
  ]);
  expect(device.domains()).toEqual(made);
  expect(made[1]!.portEnabled(1)).toBe(false);
  expect(made[1]!.links(1, 3)).toEqual([{ queue: 0, priority: 9 }]);
});

test('one domain is a document as well, and it works', async () => {
  const device = await inlineDevice();
  const [domain] = await device.apply({ ...SMALL, start: true });
  const port = attachPort(domain!.attachment(0));
  send(port, ...fresh(3));
  device.schedule();
  expect(domain!.stats().ports[0]).toMatchObject({ rx: 3, tx: 3 });
  port.detach();
});

test('a snapshot applied to a fresh device is the same snapshot', async () => {
  const device = await inlineDevice();
  const [, orders] = await device.apply({ version: 1, domains: [SMALL, wholeDocument()] });
  orders!.link(1, 0, 99);
  orders!.setQueueAttributes(0, { weight: 77 });
  await orders!.enablePort(1);
  const taken = JSON.parse(JSON.stringify(device.snapshot())) as DeviceDocument;
  expect(taken.domains[1]).toMatchObject({
    start: true,
    queues: [{ weight: 77 }, {}],
    ports: [{ enabled: true }, { enabled: true, links: [{ queue: 0, priority: 99 }] }],
  });
  const other = await inlineDevice();
  await other.apply(taken);
  expect(other.snapshot()).toEqual(taken);
  expect(other.domains().map(({ state }) => state)).toEqual(['configured', 'started']);
});

test('a snapshot says all that a document said', async () => {
  const device = await inlineDevice();
  const document = wholeDocument();
  await device.apply(document);
  // A profile without links needs no mention.
  delete document.ports[1]!.profiles!['7'];
  expect(device.snapshot()).toEqual({ version: 1, domains: [document] });
});

test.each<[unknown, string, string]>([
  [null, 'document', 'ERR_DLB_INVALID_SPEC'],
  ['text', 'document', 'ERR_DLB_INVALID_SPEC'],
  [[SMALL], 'document', 'ERR_DLB_INVALID_SPEC'],
  [{ version: 2, domains: [] }, 'version', 'ERR_DLB_INVALID_SPEC'],
  [{ domains: [] }, 'version', 'ERR_DLB_INVALID_SPEC'],
  [{ version: 1, domains: {} }, 'domains', 'ERR_DLB_INVALID_SPEC'],
  [{ version: 1, domains: [], extra: 1 }, 'document.extra', 'ERR_DLB_INVALID_SPEC'],
  [{ version: 1, domains: [SMALL, 7] }, 'domains[1]', 'ERR_DLB_INVALID_SPEC'],
  [{ version: 1, domains: [SMALL, {}] }, 'domains[1].eventsLimit', 'ERR_DLB_INVALID_SPEC'],
  [
    { version: 1, domains: [SMALL, { ...SMALL, colour: 'red' }] },
    'domains[1].colour',
    'ERR_DLB_INVALID_SPEC',
  ],
  [
    { version: 1, domains: [SMALL, { ...SMALL, queues: [{ type: 'fast' }] }] },
    'domains[1].queues[0].type',
    'ERR_DLB_INVALID_SPEC',
  ],
  [
    { version: 1, domains: [{ ...SMALL, queues: [{ type: 'any', priority: 'high' }] }] },
    'domains[0].queues[0].priority',
    'ERR_DLB_INVALID_PRIORITY',
  ],
  [
    { version: 1, domains: [{ ...SMALL, ports: [{ links: [{ queue: 0, priority: 256 }] }] }] },
    'domains[0].ports[0].links[0].priority',
    'ERR_DLB_INVALID_PRIORITY',
  ],
  [
    { version: 1, domains: [SMALL, { ...SMALL, start: 'yes' }] },
    'domains[1].start',
    'ERR_DLB_INVALID_SPEC',
  ],
  [{ ...SMALL, start: 1 }, 'start', 'ERR_DLB_INVALID_SPEC'],
  [{ ...SMALL, ports: 7 }, 'ports', 'ERR_DLB_INVALID_SPEC'],
  [{ ...SMALL, ports: [7] }, 'ports[0]', 'ERR_DLB_INVALID_SPEC'],
  [{ ...SMALL, ports: [{ enabled: 'no' }] }, 'ports[0].enabled', 'ERR_DLB_INVALID_SPEC'],
  [{ ...SMALL, ports: [{ depth: 4 }] }, 'ports[0].depth', 'ERR_DLB_INVALID_SPEC'],
  [{ ...SMALL, ports: [{ profiles: [] }] }, 'ports[0].profiles', 'ERR_DLB_INVALID_SPEC'],
  [{ ...SMALL, ports: [{ profiles: { 0: [0] } }] }, 'ports[0].profiles.0', 'ERR_DLB_INVALID_SPEC'],
  [
    { ...SMALL, ports: [{ profiles: { 1: [4] } }] },
    'ports[0].profiles.1[0]',
    'ERR_DLB_INVALID_QID',
  ],
  [
    {
      eventsLimit: 4,
      queues: [{ type: 'directed' }],
      ports: [{ links: [0] }, { profiles: { 2: [0] } }],
    },
    'ports[1].profiles.2',
    'ERR_DLB_DIR_QUEUE_LINKED',
  ],
])(
  'a document that is wrong takes nothing, and the error names the path: %#',
  async (document, field, code) => {
    const device = await inlineDevice();
    const before = device.resources();
    const error = await refusalOf(() => device.apply(document as DeviceDocument));
    expect(error).toMatchObject({ code, details: { field } });
    expect(error.message).not.toMatch(/\bspec\b/);
    expect(device.domains()).toEqual([]);
    expect(device.resources()).toEqual(before);
  },
);

test('if the second domain does not fit, the first is closed again', async () => {
  const device = await inlineDevice();
  const before = device.resources();
  const large = { ...SMALL, eventsLimit: 1 << 20 };
  const document = { version: 1 as const, domains: Array.from({ length: 17 }, () => large) };
  const error = await refusalOf(() => device.apply(document));
  expect(error).toMatchObject({
    code: 'ERR_DLB_LDB_CREDITS_UNAVAILABLE',
    details: { at: 'domains[16]' },
  });
  expect(device.domains()).toEqual([]);
  expect(device.resources()).toEqual(before);
});

test('U4: documents that are applied at one moment do not take one name', async () => {
  const device = await inlineDevice();
  const document = { ...SMALL, name: 'one' };
  const both = [device.apply(document), device.apply(document)] as const;
  const [first, second] = await Promise.allSettled(both);
  expect(first.status).toBe('fulfilled');
  expect(second).toMatchObject({
    status: 'rejected',
    reason: { code: 'ERR_DLB_INVALID_SPEC', details: { field: 'name' } },
  });
  expect(device.domains().map(({ name }) => name)).toEqual(['one']);
  // One that is refused keeps none from coming after it.
  expect(await device.apply({ ...SMALL, name: 'two' })).toHaveLength(1);
  await device.close();
});
