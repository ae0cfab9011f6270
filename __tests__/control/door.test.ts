/** The doors of a device: who may come in, what can be asked, and what is left behind. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import type { IncomingMessage, RequestOptions } from 'node:http';
import { createConnection, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { describe, expect, test } from '@jest/globals';
import { controlFolder, runningSockets } from '../../lib/control/door/index.js';
import { openFolder } from '../../lib/control/door/folder.js';
import { openDevice } from '../../lib/index.js';
import type { Device, Domain } from '../../lib/index.js';
import { refusalOf } from '../contracts/harness.js';
import { controlled, ownRuntimeFolder } from './runtime-folder.js';
import { wholeDocument } from './whole-spec.js';

const LIB = new URL('../../lib/index.js', import.meta.url).href;
const folder = ownRuntimeFolder();

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
}

async function ask(options: RequestOptions, body?: string): Promise<Answer> {
  const response = await open(options, body);
  return {
    status: response.statusCode!,
    headers: response.headers,
    body: JSON.parse(await textOf(response)) as unknown,
  };
}

async function open(options: RequestOptions, body?: string): Promise<IncomingMessage> {
  const sent = request({ agent: false, ...options });
  // A body that is refused may not be taken whole.
  sent.on('error', () => {});
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return response;
}

/** Through the socket. */
function local(device: Device, method: string, path: string, body?: unknown): Promise<Answer> {
  const headers = { 'content-type': 'application/json' };
  const text = body === undefined ? undefined : JSON.stringify(body);
  return ask({ socketPath: device.controlSocket!, method, path, headers }, text);
}

/** Over loopback. */
function loopback(
  device: Device,
  options: Omit<RequestOptions, 'headers'> & { headers?: Record<string, string> },
  body?: string,
): Promise<Answer> {
  const { hostname, port } = new URL(device.controlAddress!);
  const headers = { authorization: `Bearer ${device.controlToken}`, ...options.headers };
  return ask({ hostname, port, path: '/info', ...options, headers }, body);
}

function mode(path: string): string {
  return (statSync(path).mode & 0o777).toString(8);
}

describe('what is left where', () => {
  test('directory, socket and token are the owner’s only, and go with the device', async () => {
    const device = await controlled({ name: 'my dev/ice', control: { http: 0 } });
    expect(device.controlSocket).toBe(join(folder(), `${process.pid}-my_dev_ice.sock`));
    const token = device.controlSocket!.replace('.sock', '.token');
    expect([folder(), device.controlSocket!, token].map(mode)).toEqual(['700', '600', '600']);
    expect(readFileSync(token, 'utf8')).toBe(`${device.controlToken}\n`);
    await device.close();
    expect(readdirSync(folder())).toEqual([]);
  });

  test('devices of one name have a socket each', async () => {
    const devices = [await controlled(), await controlled()];
    const [first, second] = devices.map((device) => device.controlSocket);
    expect(second).not.toBe(first);
    const found = await runningSockets(folder());
    expect(new Set(found.map(({ path }) => path))).toEqual(new Set([first, second]));
    expect(found.map(({ pid }) => pid)).toEqual([process.pid, process.pid]);
  });

  test('without control there is none', async () => {
    for (const control of [undefined, false]) {
      const device = await controlled(control === undefined ? {} : { control });
      await device.close();
    }
    await using device = await openDevice({ scheduling: 'inline' });
    expect([device.controlSocket, device.controlAddress, device.controlToken]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  test('what a killed process left is removed by whoever looks; what lives stays', async () => {
    const device = await controlled();
    const script = `
      import { openDevice } from ${JSON.stringify(LIB)};
      await openDevice({ name: 'dead', scheduling: 'inline', control: { http: 0 } });
      process.kill(process.pid, 'SIGKILL');`;
    const dead = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
      env: process.env,
    });
    expect(dead.signal).toBe('SIGKILL');
    expect(readdirSync(folder()).filter((name) => name.includes('dead'))).toHaveLength(2);
    writeFileSync(join(folder(), 'unrelated'), '');
    const found = await runningSockets(folder());
    expect(found.map(({ path }) => path)).toEqual([device.controlSocket]);
    expect(readdirSync(folder()).filter((name) => name.includes('dead'))).toEqual([]);
    expect(existsSync(join(folder(), 'unrelated'))).toBe(true);
    rmSync(join(folder(), 'unrelated'));
  });

  test('a process ends though its doors are open and somebody watches, and takes them along', async () => {
    const script = `
      import { openDevice } from ${JSON.stringify(LIB)};
      const device = await openDevice({ scheduling: 'inline', control: { http: 0 } });
      process.stdout.write(device.controlSocket);
      process.stdin.once('data', () => process.stdin.destroy());`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      env: process.env,
    });
    const ended = once(child, 'exit');
    const [socketPath] = (await once(child.stdout, 'data')) as [Buffer];
    const watch = await open({ socketPath: String(socketPath), path: '/watch/device' });
    await once(watch, 'data');
    child.stdin.write('end');
    watch.on('error', () => {}).resume();
    expect(await ended).toEqual([0, null]);
    expect(existsSync(String(socketPath))).toBe(false);
  });
});

describe('a directory that is not surely ours is refused', () => {
  const path = (): string => join(mkdtempSync(join(tmpdir(), 'dlb-')), 'softdlb');
  const user = process.getuid!();

  test('that of another user', async () => {
    const at = path();
    openFolder(at, user);
    const error = await refusalOf(() => openFolder(at, user + 1));
    expect(error.code).toBe('ERR_DLB_CONTROL_UNAVAILABLE');
    expect(error.message).toContain(`belongs to user ${user}, not to ${user + 1}`);
  });

  test('one that others may enter, or that is a link', async () => {
    const at = path();
    mkdirSync(at);
    chmodSync(at, 0o750);
    expect((await refusalOf(() => openFolder(at, user))).message).toContain('mode 750, not 700');
    chmodSync(at, 0o700);
    openFolder(at, user);
    symlinkSync(at, `${at}-link`);
    expect((await refusalOf(() => openFolder(`${at}-link`, user))).message).toContain(
      'no directory',
    );
  });

  test('and then the device is not opened', async () => {
    const before = process.env['XDG_RUNTIME_DIR'];
    const at = path();
    mkdirSync(at, { mode: 0o755 });
    chmodSync(at, 0o755);
    process.env['XDG_RUNTIME_DIR'] = join(at, '..');
    try {
      const error = await refusalOf(() => controlled());
      expect(error.code).toBe('ERR_DLB_CONTROL_UNAVAILABLE');
    } finally {
      process.env['XDG_RUNTIME_DIR'] = before;
    }
  });

  test('it is in the runtime directory of the user, or has his number in its name', () => {
    const temporary = '/t';
    expect(controlFolder({ user: 7, runtime: '/run/user/7', temporary })).toBe(
      '/run/user/7/softdlb',
    );
    expect(controlFolder({ user: 7, runtime: undefined, temporary })).toBe('/t/softdlb-7');
  });
});

test('U8: a runtime directory that is relative counts as none', async () => {
  const before = process.env['XDG_RUNTIME_DIR'];
  process.env['XDG_RUNTIME_DIR'] = 'run';
  try {
    const device = await controlled();
    expect(device.controlSocket).toBe(
      join(tmpdir(), `softdlb-${process.getuid!()}`, `${process.pid}-dlb0.sock`),
    );
  } finally {
    process.env['XDG_RUNTIME_DIR'] = before;
  }
});

test('U8: each worker of a cluster has a door of its own', async () => {
  const script = `
    import cluster from 'node:cluster';
    import { openDevice } from ${JSON.stringify(LIB)};
    if (cluster.isPrimary) {
      const workers = [1, 2].map(() => cluster.fork());
      const told = workers.map((each) => new Promise((resolve) => each.once('message', resolve)));
      console.log(JSON.stringify(await Promise.all(told)));
      for (const each of workers) each.send('end');
    } else {
      const device = await openDevice({ scheduling: 'inline', control: { http: 0 } });
      process.send(device.controlAddress);
      process.once('message', () => device.close().then(() => process.exit()));
    }`;
  const file = join(folder(), '..', 'cluster.mjs');
  writeFileSync(file, script);
  const child = spawn(process.execPath, [file], { env: process.env });
  const addresses = JSON.parse(await textOf(child.stdout)) as string[];
  expect(new Set(addresses).size).toBe(2);
});

describe('over loopback', () => {
  test('U8: connections that ask for nothing make room for one that does', async () => {
    const device = await controlled({ control: { http: 0 } });
    const { hostname, port } = new URL(device.controlAddress!);
    const watch = await open({
      hostname,
      port,
      path: '/watch/device',
      headers: { authorization: `Bearer ${device.controlToken}` },
    });
    const strangers = Array.from({ length: 100 }, () => {
      const connection = createConnection(Number(port), hostname);
      return connection.on('error', () => {});
    });
    await Promise.all(strangers.map((each) => once(each, 'connect')));
    expect(await loopback(device, {})).toMatchObject({ status: 200 });
    expect(watch.destroyed).toBe(false);
    for (const each of strangers) each.destroy();
    watch.destroy();
  });

  test('the token opens, nothing else does', async () => {
    const device = await controlled({ control: { http: 0 } });
    expect(device.controlAddress).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(await loopback(device, {})).toMatchObject({ status: 200, body: { name: 'dlb0' } });
    const wrong = ['', 'Bearer', 'Bearer x', `Basic ${device.controlToken}`];
    for (const authorization of [...wrong, `Bearer ${device.controlToken}x`]) {
      const answer = await loopback(device, { headers: { authorization } });
      expect(answer).toMatchObject({ status: 401, body: { code: 'ERR_DLB_NOT_PERMITTED' } });
    }
    const { hostname, port } = new URL(device.controlAddress!);
    expect((await ask({ hostname, port, path: '/info' })).status).toBe(401);
  });

  test('a page whose name leads here is told that this is not its host, token or not', async () => {
    const device = await controlled({ control: { http: 0 } });
    const { port } = new URL(device.controlAddress!);
    for (const host of [
      'evil.example',
      `evil.example:${port}`,
      '127.0.0.1',
      `127.0.0.1:${+port + 1}`,
    ]) {
      const answer = await loopback(device, { headers: { host } });
      expect(answer).toMatchObject({
        status: 403,
        body: { details: { field: 'Host', value: host } },
      });
    }
    const good = await loopback(device, { headers: { host: `localhost:${port}` } });
    expect(good.status).toBe(200);
  });

  test('no page is let in by a header of ours', async () => {
    const device = await controlled({ control: { http: 0 } });
    const headers = { origin: 'http://evil.example', 'access-control-request-method': 'PUT' };
    for (const method of ['OPTIONS', 'GET']) {
      const answer = await loopback(device, { method, headers });
      expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-'))).toEqual([]);
      expect(answer.status).toBe(method === 'GET' ? 200 : 405);
    }
  });

  test('a port that is taken is told, and nothing is left', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const error = await refusalOf(() => controlled({ control: { http: port } }));
    expect(error).toMatchObject({
      code: 'ERR_DLB_CONTROL_UNAVAILABLE',
      details: { field: 'options.control.http', value: port },
    });
    expect(readdirSync(folder())).toEqual([]);
    other.close();
  });

  test.each([
    [{ http: -1 }, 'options.control.http'],
    [{ http: 65_536 }, 'options.control.http'],
    [{ http: '80' }, 'options.control.http'],
    [{ port: 80 }, 'options.control.port'],
    [7, 'options.control'],
    [null, 'options.control'],
  ])('a wrong option is refused: %j', async (control, field) => {
    const error = await refusalOf(() => controlled({ control: control as never }));
    expect(error).toMatchObject({ code: 'ERR_DLB_INVALID_SPEC', details: { field } });
  });
});

describe('requests', () => {
  async function withDomain(): Promise<{ device: Device; domain: Domain }> {
    const device = await controlled();
    const [domain] = await device.apply(wholeDocument());
    return { device, domain: domain! };
  }

  test('what is there is read, listed, described', async () => {
    const { device } = await withDomain();
    const priority = '/tree/domains/orders/queues/in/priority';
    expect(await local(device, 'GET', priority)).toMatchObject({ status: 200, body: 3 });
    expect((await local(device, 'GET', '/tree/domains/0/ports')).body).toEqual(
      JSON.parse(JSON.stringify(device.tree.read('domains/0/ports'))),
    );
    const [node] = (await local(device, 'GET', '/nodes/domains/0/state')).body as object[];
    expect(node).toEqual({ ...device.tree.describe('domains/0/state'), value: 'started' });
    const all = (await local(device, 'GET', '/nodes/domains?all')).body as object[];
    expect(all).toHaveLength(device.tree.walk('domains').length);
    expect((await local(device, 'GET', '/info')).body).toEqual({
      name: 'dlb0',
      pid: process.pid,
      scheduling: 'inline',
      model: 'host',
      address: null,
      domains: [{ id: 0, name: 'orders', state: 'started' }],
    });
  });

  test('settings are written', async () => {
    const { device, domain } = await withDomain();
    const answer = await local(device, 'PUT', '/tree/domains/0/queues/0/weight', 9);
    expect(answer).toMatchObject({ status: 200, body: 9 });
    expect(domain.queueAttributes(0).weight).toBe(9);
  });

  test.each<[number, string, string, string, unknown]>([
    [404, 'ERR_DLB_INVALID_PATH', 'GET', '/tree/nothing', undefined],
    [404, 'ERR_DLB_INVALID_PATH', 'GET', '/watch/nothing', undefined],
    [404, 'ERR_DLB_INVALID_PATH', 'GET', '/constructor', undefined],
    [404, 'ERR_DLB_INVALID_PATH', 'GET', '/', undefined],
    [405, 'ERR_DLB_NOT_PERMITTED', 'DELETE', '/tree/domains/0', undefined],
    [403, 'ERR_DLB_NOT_PERMITTED', 'PUT', '/tree/device/name', 'x'],
    [400, 'ERR_DLB_INVALID_PRIORITY', 'PUT', '/tree/domains/0/queues/0/priority', 256],
    [400, 'ERR_DLB_INVALID_ARGUMENT', 'GET', '/watch/device?intervalMs=soon', undefined],
    [400, 'ERR_DLB_INVALID_ARGUMENT', 'GET', '/tree/%E0%A4%A', undefined],
    [400, 'ERR_DLB_INVALID_SPEC', 'POST', '/apply', { version: 1, domains: [{}] }],
    [409, 'ERR_DLB_LDB_QUEUES_UNAVAILABLE', 'POST', '/apply', tooMany()],
    [404, 'ERR_DLB_INVALID_PATH', 'GET', '/dump?domain=9', undefined],
  ])('%i %s: %s %s', async (status, code, method, path, body) => {
    const { device } = await withDomain();
    const before = device.snapshot();
    const answer = await local(device, method, path, body);
    expect(answer).toMatchObject({ status, body: { code } });
    expect(Object.keys(answer.body as object)).toEqual(['code', 'message', 'details']);
    expect(device.snapshot()).toEqual(before);
  });

  test('a write is JSON, and of bounded length', async () => {
    const { device } = await withDomain();
    const socketPath = device.controlSocket!;
    const path = '/tree/domains/0/queues/0/weight';
    const put = (type: string, body: string): Promise<Answer> =>
      ask({ socketPath, method: 'PUT', path, headers: { 'content-type': type } }, body);
    expect((await put('text/plain', '5')).status).toBe(415);
    expect((await put('application/x-www-form-urlencoded', '5')).status).toBe(415);
    expect((await put('application/json', '{')).status).toBe(400);
    expect((await put('application/json', '"'.padEnd((1 << 20) + 1))).status).toBe(413);
    expect((await put('application/json; charset=utf-8', '5')).body).toBe(5);
  });

  test.each([
    ['POST', '/apply'],
    ['PUT', '/tree/domains/0/ports/0/links'],
  ])('A4: a body that is nested deeply is refused: %s %s', async (method, path) => {
    const { device } = await withDomain();
    const socketPath = device.controlSocket!;
    const headers = { 'content-type': 'application/json' };
    for (const [opening, closing] of [
      ['[', ']'],
      ['{"a":', '}'],
    ] as const) {
      const body = `${opening.repeat(10_000)}0${closing.repeat(10_000)}`;
      const answer = await ask({ socketPath, method, path, headers }, body);
      expect(answer).toMatchObject({ status: 400, body: { code: 'ERR_DLB_INVALID_ARGUMENT' } });
    }
    expect((await local(device, 'GET', '/info')).status).toBe(200);
  });

  test('a document is applied, and the snapshot is one', async () => {
    const { device, domain } = await withDomain();
    const { body: snapshot } = await local(device, 'GET', '/snapshot');
    await domain.close();
    const answer = await local(device, 'POST', '/apply', snapshot);
    expect(answer.body).toEqual({
      domains: [{ id: 1, name: 'orders', state: 'started' }],
      virtualDevices: [],
    });
    expect(JSON.parse(JSON.stringify(device.snapshot()))).toEqual(snapshot);
  });

  test('dump, and why in the scheduler’s words', async () => {
    const { device, domain } = await withDomain();
    const { body: dumped } = await local(device, 'GET', '/dump?domain=orders');
    expect(dumped).toEqual({
      domains: [{ id: 0, name: 'orders', state: 'started', text: domain.dump() }],
    });
    const why = async (queue: number, flow?: number): Promise<unknown> =>
      JSON.parse(JSON.stringify(await domain.why(queue, flow)));
    expect((await local(device, 'GET', '/why?queue=out')).body).toEqual(await why(1));
    const other = await local(device, 'GET', '/why?domain=orders&queue=0');
    expect(other.body).toEqual(await why(0));
    expect((await local(device, 'GET', '/why?queue=in&flow=-1')).status).toBe(400);
    expect((await local(device, 'GET', '/why?queue=nothing&flow=7')).status).toBe(404);
  });

  test.each([
    ['stopped', 'stopped'],
    ['closed', null],
  ])(
    'L2: a domain that is %s, upon which its program closes the device, is answered first',
    async (state, body) => {
      const { device, domain } = await withDomain();
      const watch = await open({ socketPath: device.controlSocket!, path: '/watch/domains' });
      const cut = new Promise<void>((resolve) => watch.on('error', () => resolve()));
      watch.resume();
      const over = new Promise<void>((resolve) => {
        domain.onEnd(() => resolve(device.close()));
      });
      const answer = await local(device, 'PUT', '/tree/domains/0/state', state);
      expect(answer).toMatchObject({ status: 200, body });
      await Promise.all([over, cut]);
    },
  );

  test('a request that is not sent to its end keeps a door open for a second at most', async () => {
    const { device } = await withDomain();
    const headers = { 'content-type': 'application/json', 'content-length': 100 };
    const path = '/tree/domains/0/queues/0/weight';
    const sent = request({ socketPath: device.controlSocket!, method: 'PUT', path, headers });
    const cut = once(sent, 'error');
    sent.write('1');
    await once(sent, 'socket');
    // It has arrived when a later one is answered.
    await local(device, 'GET', path);
    await device.close();
    expect((await cut)[0]).toMatchObject({ code: expect.stringMatching(/ECONNRESET|EPIPE/) });
  });

  test('a watch tells changes as lines; so many at once, and no more', async () => {
    const { device, domain } = await withDomain();
    const path = '/watch/domains/0/queues/0/weight?intervalMs=10';
    const watch = await open({ socketPath: device.controlSocket!, path });
    expect(watch.headers['content-type']).toMatch('application/x-ndjson');
    const at = { path: 'domains/0/queues/0/weight' };
    expect(JSON.parse(String((await once(watch, 'data'))[0]))).toEqual([{ ...at, value: 2 }]);
    domain.setQueueAttributes(0, { weight: 3 });
    expect(JSON.parse(String((await once(watch, 'data'))[0]))).toEqual([{ ...at, value: 3 }]);
    const others: IncomingMessage[] = [];
    for (let i = 0; i < 31; i++)
      others.push(await open({ socketPath: device.controlSocket!, path }));
    expect((await local(device, 'GET', path)).status).toBe(503);
    for (const each of [watch, ...others]) each.destroy();
    let again = 503;
    while (again === 503) {
      const response = await open({ socketPath: device.controlSocket!, path });
      again = response.statusCode!;
      response.destroy();
    }
    expect(again).toBe(200);
  });
});

/** More queues than a device has, each domain by itself correct. */
function tooMany(): unknown {
  const queues = Array.from({ length: 255 }, () => ({ type: 'parallel', flows: 1, sequences: 1 }));
  const domain = { eventsLimit: 1, queues, ports: [{}] };
  return { version: 1, domains: Array.from({ length: 17 }, () => domain) };
}
