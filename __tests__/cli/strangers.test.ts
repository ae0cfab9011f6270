/** The command when names, disks, paths and environments are not what one would like. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect, test } from '@jest/globals';
import { attachPort, EventBurst } from '../../lib/index.js';
import type { Device, DomainSpec } from '../../lib/index.js';
import { upTo } from '../contracts/harness.js';
import { controlled, ownRuntimeFolder } from '../control/runtime-folder.js';
import { MAIN, printed, printedJson, softdlb, start } from './command.js';

ownRuntimeFolder();

const SPEC: DomainSpec = {
  name: 'orders',
  eventsLimit: 16,
  queues: [{ type: 'parallel', name: 'a/b' }, { type: 'atomic' }],
  ports: [{ links: [0] }],
};

/** A domain with five events inside. */
async function busy(): Promise<Device> {
  const device = await controlled();
  const domain = await device.createDomain(SPEC);
  await domain.start();
  const burst = new EventBurst(5);
  for (const i of upTo(5)) burst.push({ payload: i });
  expect(attachPort(domain.attachment(0)).enqueueBurst(burst)).toBe(5);
  return device;
}

// Whatever is no text, but for the ends of lines.
// eslint-disable-next-line no-control-regex
const RAW = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

test('A5: nothing that a program called its things reaches a terminal as it is', async () => {
  const nasty = (name: string): string => `${name}\u001b]0;x\u0007\u001b[2J\r\u009b8m\u202e`;
  const device = await controlled({ name: nasty('dev') });
  await controlled({ name: nasty('dev') });
  for (const i of upTo(2)) {
    await device.createDomain({
      name: nasty(`d${i}`),
      eventsLimit: 16,
      queues: [{ type: 'atomic', name: nasty('q\n') }],
      ports: [{ links: [0], name: nasty('p\n') }],
    });
  }
  await device.createVirtualDevice({ name: nasty('v'), quota: { domains: 1 } });
  const at = ['--socket', device.controlSocket!];
  const asked = [
    ['devices'],
    ['ls'],
    ['why', '0', ...at],
    ['dump', ...at],
    ['get', nasty('domains/'), ...at],
    ['set', 'domains/0/ports/0/links', nasty('x'), ...at],
    ['get', 'virtual/0', ...at],
    ['snapshot', ...at],
    ['top', '--count', '1', '--interval', '10', ...at],
  ];
  const all = [...asked, ...asked.slice(0, 5).map((args) => ['--json', ...args])];
  for (const args of all) {
    const { stdout, stderr } = await softdlb(args);
    expect({ args, raw: RAW.exec(stdout + stderr) }).toEqual({ args, raw: null });
    expect((stdout + stderr).length).toBeGreaterThan(10);
  }
});

test('L2: a stop from outside counts what was inside as dropped, and says how many', async () => {
  const device = await busy();
  const [domain] = device.domains();
  expect(await printed('set', 'domains/orders/state', 'stopped')).toBe(
    'stopped\n5 events were inside, and are dropped\n',
  );
  expect(domain!.stats()).toMatchObject({ rx: 5, dropped: 5, inflight: 0 });
  // Nothing is inside any more.
  expect(await printed('set', 'domains/orders/state', 'stopped')).toBe('stopped\n');
  await device.close();
  const next = await busy();
  expect(await printedJson('set', 'domains/orders/state', 'closed')).toEqual({
    'domains/orders/state': null,
    dropped: 5,
  });
  await next.close();
  // As in code: the tree says it, a stop tells its caller and counts nothing.
  const last = await busy();
  const [third] = last.domains();
  expect(await third!.stop()).toEqual({ flushed: 5 });
  expect(third!.stats().dropped).toBe(0);
});

test('L2: a discard and the tree say how many events were inside', async () => {
  const device = await busy();
  expect(await device.tree.set('domains/orders/state', 'stopped')).toEqual({
    value: 'stopped',
    dropped: 5,
  });
  await device.close();
  const next = await busy();
  const [domain] = next.domains();
  expect(await domain!.discard()).toEqual({ dropped: 5 });
  expect(domain!.stats()).toMatchObject({ dropped: 5, inflight: 0 });
});

test('U4: what cannot be written is told', async () => {
  if (!existsSync('/dev/full')) return;
  const device = await controlled();
  await device.createDomain(SPEC);
  for (const args of ['schema', '--json schema', '--help']) {
    const command = `"${process.execPath}" "${MAIN}" ${args} > /dev/full`;
    const { status, stderr } = spawnSync('sh', ['-c', command], { encoding: 'utf8' });
    expect({ args, status }).toEqual({ args, status: 1 });
    expect(stderr).toMatch(/standard output cannot be written: ENOSPC/);
    if (args.includes('--json')) expect(() => JSON.parse(stderr) as unknown).not.toThrow();
  }
});

test('U4: the version is told', async () => {
  const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
  const { version } = JSON.parse(text) as { version: string };
  expect(await printed('--version')).toBe(`${version}\n`);
});

test('U4: with --json a wrong command line is told as JSON as well', async () => {
  for (const args of [['fly'], ['get'], ['ls', '--colour'], ['top', '--count', '-1'], []]) {
    const { code, stderr, stdout } = await softdlb(['--json', ...args]);
    const told = JSON.parse(stderr) as { code: string; message: string };
    expect({ code, stdout, told: told.code }).toEqual({
      code: 2,
      stdout: '',
      told: 'ERR_DLB_INVALID_ARGUMENT',
    });
    expect(told.message).toMatch(/^[a-z].*[^:\n]$/);
  }
});

test('U4: a document is not applied twice: each domain goes by its name', async () => {
  const device = await controlled();
  const document = JSON.stringify(SPEC);
  expect((await softdlb(['apply', '-'], document)).code).toBe(0);
  const again = await softdlb(['apply', '-'], document);
  expect(again).toMatchObject({ code: 1, stdout: '' });
  expect(again.stderr).toMatch(/^softdlb: name must be a name that is not in use: .*value=orders/);
  const both = JSON.stringify({ version: 1, domains: [1, 2].map(() => ({ ...SPEC, name: 'x' })) });
  expect((await softdlb(['apply', '-'], both)).stderr).toContain('domains[1].name must be');
  expect(device.domains().map(({ name }) => name)).toEqual(['orders']);
});

test('U4: queues are linked by name, and one with a slash in its name can be reached', async () => {
  const device = await controlled();
  const names = ['a/b', 'c', '..', '100%', 'a%2Fb'];
  const queues = names.map((name) => ({ type: 'parallel' as const, name }));
  const profiles = { 1: ['c', { queue: '..', priority: 9 }] };
  const ports = [{ links: ['a/b', { queue: 'c', priority: 7 }], profiles }];
  const document = { name: 'o/o', eventsLimit: 16, queues, ports };
  const applied = await softdlb(['apply', '-'], JSON.stringify(document));
  expect(applied).toMatchObject({ code: 0, stderr: '' });
  const [domain] = device.domains();
  expect(domain!.links(0)).toEqual([
    { queue: 0, priority: 128 },
    { queue: 1, priority: 7 },
  ]);
  expect(domain!.links(0, 1).map(({ queue }) => queue)).toEqual([1, 2]);
  const at = 'domains/o%2Fo/queues';
  for (const [i, name] of ['a%2Fb', 'c', '..', '100%25', 'a%252Fb'].entries()) {
    await printed('set', `${at}/${name}/weight`, String(i + 1));
    expect(domain!.queueAttributes(i).weight).toBe(i + 1);
    expect(device.tree.read(`${at}/${name}/name`)).toBe(names[i]);
  }
  await printed('set', 'domains/0/ports/0/links', '..,0');
  expect(domain!.links(0).map(({ queue }) => queue)).toEqual([0, 2]);
  const wrong = await softdlb(['set', 'domains/0/ports/0/links', 'nothing']);
  expect(wrong.stderr).toMatch(/links\[0\] must be the name of a queue: .*value=nothing/);
  const { text } = (await printedJson('why', 'a/b', '--domain', 'o/o')) as { text: string };
  expect(text).toBe((await domain!.why(0)).text);
  // What a snapshot says is the same again.
  const snapshot = device.snapshot();
  await domain!.close();
  await device.apply(snapshot);
  expect(device.snapshot()).toEqual(snapshot);
});

test('U4: a name that a tenant gives takes none from the device', async () => {
  const device = await controlled();
  const own = await device.createDomain(SPEC);
  const virtual = await device.createVirtualDevice({
    quota: { domains: 1, queues: 2, ports: 1, credits: 16, historyEntries: 16 },
  });
  const { attachVirtualDevice } = await import('../../lib/index.js');
  const tenant = await attachVirtualDevice(virtual.handle);
  await tenant.createDomain(SPEC);
  expect(device.domains().map(({ name }) => name)).toEqual(['orders', 'orders']);
  expect(device.tree.read('domains/orders/id')).toBe(own.id);
  await tenant.close();
});

test('U8: the command looks wherever a device of this user may be', async () => {
  const before = process.env['XDG_RUNTIME_DIR'];
  delete process.env['XDG_RUNTIME_DIR'];
  const elsewhere = await controlled({ name: 'elsewhere' });
  process.env['XDG_RUNTIME_DIR'] = before;
  const here = await controlled({ name: 'here' });
  const { child, ended } = start(['--json', 'devices'], { TMPDIR: tmpdir() });
  child.stdin.end();
  const found = JSON.parse((await ended).stdout) as { name: string; socket: string }[];
  expect(Object.fromEntries(found.map(({ name, socket }) => [name, socket]))).toMatchObject({
    elsewhere: elsewhere.controlSocket,
    here: here.controlSocket,
  });
});
