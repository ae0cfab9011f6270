/** The configuration tree: every setting and counter by a path. */
import { expect, test } from '@jest/globals';
import { openDevice } from '../../lib/index.js';
import type { Device, Domain, TreeValue } from '../../lib/index.js';
import { UNKNOWN_XSTAT } from '../../lib/control/tree/xstat-nodes.js';
import { fresh, inlineDevice, refusalOf, rig, send } from '../contracts/harness.js';
import { wholeSpec } from './whole-spec.js';

async function whole(): Promise<{ device: Device; domain: Domain }> {
  const device = await inlineDevice();
  return { device, domain: await device.createDomain(wholeSpec()) };
}

/** All leaves of plain data, with the paths that they have in it. */
function leavesOf(value: unknown, path: string): [string, unknown][] {
  if (typeof value !== 'object' || value === null) return [[path, value]];
  return Object.entries(value).flatMap(([name, each]) => leavesOf(each, `${path}/${name}`));
}

test('every node has a path, a type, a unit and a sentence of help', async () => {
  const { device } = await whole();
  const nodes = device.tree.walk();
  expect(nodes.length).toBeGreaterThan(200);
  for (const node of nodes) {
    expect(['branch', 'text', 'number', 'flag', 'list']).toContain(node.type);
    expect(node.unit).not.toBe('');
    expect(node.help).toMatch(/^[A-Z].{5,}[^.]$/);
    expect(node.writable).toBe(node.allowed !== undefined);
    const { value, ...description } = node;
    expect(device.tree.describe(node.path)).toEqual(description);
    expect(value).toEqual(node.type === 'branch' ? undefined : device.tree.read(node.path));
  }
  const [root, ...others] = nodes.map((node) => node.path);
  expect(root).toBe('');
  expect(new Set(others).size).toBe(others.length);
});

test('every number of stats() is in the tree, with its value', async () => {
  const r = await rig({ queues: [{ type: 'atomic' }], ports: [{}, { links: [0] }] });
  send(r.ports[0]!, ...fresh(5, { flowId: 3 }));
  r.pass();
  const { ports, queues, ...domain } = r.stats();
  const expected = [
    ...leavesOf(domain, 'domains/0/stats'),
    ...ports.flatMap((port, id) => leavesOf(port, `domains/0/ports/${id}/stats`)),
    ...queues.flatMap(({ pinned, ...rest }, id) => [
      ...leavesOf(rest, `domains/0/queues/${id}/stats`),
      [`domains/0/queues/${id}/stats/pinned`, pinned] as [string, unknown],
    ]),
  ];
  expect(expected.length).toBeGreaterThan(40);
  const values = r.device.tree.values();
  for (const [path, value] of expected) expect([path, values.get(path)]).toEqual([path, value]);
  expect(values.get('domains/0/stats/rx')).toBe(5);
  expect(values.get('domains/0/queues/0/stats/waiting')).toBe(0);
});

test('every number and word of info and resources() is in the tree', async () => {
  const device = await inlineDevice();
  const { resources: _, capabilities, ...info } = device.info;
  const values = device.tree.values('device');
  const expected = [
    ...leavesOf(info, 'device'),
    ...leavesOf(device.resources(), 'device/resources'),
  ];
  for (const [path, value] of expected) expect([path, values.get(path)]).toEqual([path, value]);
  expect(values.get('device/capabilities')).toEqual(capabilities);
});

test('every setting of a specification is in the tree, with its value', async () => {
  const { device } = await whole();
  const { queues, ports, ...domain } = wholeSpec();
  const values = device.tree.values('domains/0');
  const expected = [
    ...leavesOf(domain, 'domains/0'),
    ...queues.flatMap((queue, id) => leavesOf(queue, `domains/0/queues/${id}`)),
    ...ports.flatMap(({ links, ...port }, id) => [
      ...leavesOf(port, `domains/0/ports/${id}`),
      [`domains/0/ports/${id}/links`, links] as [string, unknown],
    ]),
  ];
  for (const [path, value] of expected) expect([path, values.get(path)]).toEqual([path, value]);
});

test('every extended statistic is in the tree, and its help says what it is', async () => {
  const { device, domain } = await whole();
  for (const mode of ['device', 'port', 'queue'] as const) {
    const values = domain.xstats(mode);
    for (const [i, { name }] of domain.xstatsNames(mode).entries()) {
      const path = `domains/0/xstats/${name}`;
      expect(device.tree.read(path)).toBe(values[i]);
      expect(device.tree.describe(path).help).not.toContain(UNKNOWN_XSTAT);
    }
  }
});

test('a branch is read as one object, a name leads where the id does', async () => {
  const { device, domain } = await whole();
  expect(device.tree.read('domains/0/queues/0/priority')).toBe(3);
  expect(device.tree.read('/domains/orders/queues/in/priority/')).toBe(3);
  expect(device.tree.describe('domains/orders/ports/worker').path).toBe('domains/0/ports/1');
  expect(device.tree.read('domains/0/ports/1/stats')).toEqual(domain.stats().ports[1]);
  expect(device.tree.list('domains/0').map(({ path }) => path)).toContain('domains/0/state');
  expect(device.tree.list('domains/0/state')).toHaveLength(1);
});

test('a name that two have leads nowhere, their ids do', async () => {
  const { device } = await whole();
  await device.createDomain({ ...wholeSpec(), ports: [{ name: 'producer' }] });
  expect(device.tree.has('domains/orders')).toBe(false);
  expect(device.tree.read('domains/1/name')).toBe('orders');
});

test.each([
  ['domains/9', 'domains', '0'],
  ['domains/0/queues/7/priority', 'domains/0/queues', '0 1'],
  ['device/nothing', 'device', 'name scheduling'],
  ['domains/0/state/deeper', 'domains/0/state', ''],
  ['nothing', '/', 'device domains virtual'],
  ['domains/0/constructor', 'domains/0', 'id name'],
  ['domains/0/__proto__', 'domains/0', 'id name'],
])('no such path: %s', async (path, nearest, known) => {
  const { device } = await whole();
  for (const call of [
    () => device.tree.read(path),
    () => device.tree.list(path),
    () => device.tree.describe(path),
    () => device.tree.walk(path),
    () => device.tree.watch(path),
    () => device.tree.write(path, 1),
  ]) {
    const { code, details } = await refusalOf(call);
    expect(code).toBe('ERR_DLB_INVALID_PATH');
    expect(details).toMatchObject({ path, nearest });
    expect(details['known']).toMatch(new RegExp(`^${known}`));
  }
});

test('settings are written, and the answer is what is there then', async () => {
  const { device, domain } = await whole();
  const { tree } = device;
  expect(await tree.write('domains/0/queues/in/priority', 11)).toBe(11);
  expect(await tree.write('domains/0/queues/0/weight', 12)).toBe(12);
  expect(await tree.write('domains/0/queues/0/affinity', 13)).toBe(13);
  expect(domain.queueAttributes(0)).toMatchObject({ priority: 11, weight: 12, affinity: 13 });
  expect(await tree.write('domains/0/ports/1/enabled', false)).toBe(false);
  expect(await tree.write('domains/0/ports/1/enabled', true)).toBe(true);
  for (const state of ['started', 'started', 'stopped', 'stopped', 'started']) {
    expect(await tree.write('domains/0/state', state)).toBe(state);
    expect(domain.state).toBe(state);
  }
  expect(await tree.write('domains/0/state', 'closed')).toBeNull();
  expect(device.domains()).toEqual([]);
});

test('a disabled port is given nothing and refused NEW', async () => {
  const r = await rig({
    queues: [{ type: 'parallel' }],
    ports: [{}, { links: [0] }, { links: [0] }],
  });
  await r.device.tree.write('domains/0/ports/1/enabled', false);
  send(r.ports[0]!, ...fresh(6));
  r.pass();
  expect(r.stats().ports.map(({ tx }) => tx)).toEqual([0, 0, 6]);
});

test('links are one list: what is written is what there is', async () => {
  const r = await rig({
    queues: [{ type: 'atomic' }, { type: 'parallel' }],
    ports: [{ links: [0] }],
  });
  const path = 'domains/0/ports/0/links';
  const { tree } = r.device;
  expect(tree.read(path)).toEqual([{ queue: 0, priority: 128 }]);
  const written = await tree.write(path, [{ queue: 1, priority: 5 }]);
  expect(written).toEqual([{ queue: 1, priority: 5 }]);
  expect(r.domain.links(0)).toEqual([{ queue: 1, priority: 5 }]);
  expect(await tree.write(path, [1, 0])).toEqual([
    { queue: 0, priority: 128 },
    { queue: 1, priority: 128 },
  ]);
  expect(await tree.write('domains/0/ports/0/profiles/4', [0])).toEqual([
    { queue: 0, priority: 128 },
  ]);
  expect(r.domain.links(0, 4)).toHaveLength(1);
  expect(await tree.write(path, [])).toEqual([]);
  expect(r.domain.links(0, 4)).toHaveLength(1);
});

test.each<[unknown, string, string]>([
  [7, 'ERR_DLB_INVALID_SPEC', 'domains/0/ports/1/links'],
  [[0, 9], 'ERR_DLB_INVALID_QID', 'domains/0/ports/1/links[1]'],
  [
    [{ queue: 0, priority: 256 }],
    'ERR_DLB_INVALID_PRIORITY',
    'domains/0/ports/1/links[0].priority',
  ],
  [[{ queue: 0, weight: 1 }], 'ERR_DLB_INVALID_SPEC', 'domains/0/ports/1/links[0].weight'],
  [[0, { queue: 0 }], 'ERR_DLB_INVALID_ARGUMENT', 'domains/0/ports/1/links[1].queue'],
  [[0, 1], 'ERR_DLB_DIR_QUEUE_LINKED', 'domains/0/ports/1/links'],
])('links that cannot be change nothing: %j', async (value, code, field) => {
  const { device, domain } = await whole();
  domain.link(1, 0, 77);
  const error = await refusalOf(() => device.tree.write('domains/0/ports/1/links', value));
  expect(error).toMatchObject({ code, details: { field } });
  expect(domain.links(1)).toEqual([{ queue: 0, priority: 77 }]);
});

test.each<[string, TreeValue, string, string]>([
  ['domains/0/queues/0/priority', 256, 'ERR_DLB_INVALID_PRIORITY', '0..255'],
  ['domains/0/queues/0/priority', '3', 'ERR_DLB_INVALID_PRIORITY', '0..255'],
  ['domains/0/queues/0/weight', 1.5, 'ERR_DLB_INVALID_ARGUMENT', '0..255'],
  ['domains/0/ports/0/enabled', 1, 'ERR_DLB_INVALID_ARGUMENT', 'true or false'],
  ['domains/0/state', 'running', 'ERR_DLB_INVALID_ARGUMENT', 'started | stopped | closed'],
  ['domains/0/state', 'toString', 'ERR_DLB_INVALID_ARGUMENT', 'started | stopped | closed'],
  ['domains/0/stats/rx', 1, 'ERR_DLB_INVALID_ARGUMENT', '0'],
  ['domains/0/xstats/port_0_rx', null, 'ERR_DLB_INVALID_ARGUMENT', '0'],
])(
  'a wrong value names path, value and what is allowed: %s %j',
  async (path, value, code, allowed) => {
    const { device } = await whole();
    const before = device.tree.read();
    const error = await refusalOf(() => device.tree.write(path, value));
    expect(error).toMatchObject({ code, details: { field: path, value } });
    expect(error.message).toContain(allowed);
    expect(device.tree.read()).toEqual(before);
  },
);

test('what can only be read says so', async () => {
  const { device } = await whole();
  for (const { path, writable } of device.tree.walk()) {
    if (writable) continue;
    const error = await refusalOf(() => device.tree.write(path, 0));
    expect(error).toMatchObject({ code: 'ERR_DLB_NOT_PERMITTED', details: { path } });
  }
});

test('stopping what never started is refused as the domain does it', async () => {
  const { device } = await whole();
  const error = await refusalOf(() => device.tree.write('domains/0/state', 'stopped'));
  expect(error.code).toBe('ERR_DLB_DOMAIN_NOT_STARTED');
});

test('0 makes a count start anew, by either name, and no other', async () => {
  const r = await rig({ queues: [{ type: 'atomic' }], ports: [{}, { links: [0] }] });
  send(r.ports[0]!, ...fresh(4));
  r.pass();
  const counts = r.device.tree
    .walk('domains/0')
    .filter(
      ({ path, writable }) => writable && /stats/.test(path) && r.device.tree.read(path) !== 0,
    );
  expect(counts.length).toBeGreaterThan(10);
  for (const { path } of counts) {
    const before = r.device.tree.values('domains/0');
    await r.device.tree.write(path, 0);
    const changed = [...r.device.tree.values('domains/0')].filter(
      ([at, value]) => JSON.stringify(value) !== JSON.stringify(before.get(at)),
    );
    // The count itself, and the same count by its other name; none if that was written before.
    expect(changed.length).toBeLessThanOrEqual(2);
    expect(r.device.tree.read(path)).toBe(0);
  }
  expect(r.stats().rx).toBe(0);
  expect(r.stats().inflight).toBe(4);
});

test('a watch tells first what there is, then what is new, different or gone', async () => {
  const r = await rig({ queues: [{ type: 'atomic' }], ports: [{}, { links: [0] }] });
  const watch = r.device.tree.watch('domains/0/stats', { intervalMs: 10 });
  const first = await watch.next();
  expect(first.value).toHaveLength(6);
  send(r.ports[0]!, ...fresh(2));
  r.pass();
  const second = await watch.next();
  expect(second.value).toContainEqual({ path: 'domains/0/stats/rx', value: 2 });
  await r.domain.close();
  const third = await watch.next();
  expect(third.value).toContainEqual({ path: 'domains/0/stats/rx', gone: true });
  await watch.return();
});

test('a watch ends when aborted and when the device closes', async () => {
  const device = await openDevice({ scheduling: 'inline' });
  const controller = new AbortController();
  const aborted = device.tree.watch('device', { intervalMs: 60_000, signal: controller.signal });
  await aborted.next();
  const rest = aborted.next();
  controller.abort();
  expect(await rest).toEqual({ done: true, value: undefined });
  const closed = device.tree.watch('', { intervalMs: 10 });
  await closed.next();
  await device.close();
  expect((await closed.next()).done).toBe(true);
  const error = await refusalOf(() => device.tree.watch('', { intervalMs: 9 }));
  expect(error).toMatchObject({
    code: 'ERR_DLB_INVALID_ARGUMENT',
    details: { field: 'intervalMs' },
  });
});
