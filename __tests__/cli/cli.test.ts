/** The command `softdlb` against devices of this process. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from '@jest/globals';
import { attachPort, EventBurst } from '../../lib/index.js';
import type { Device, DeviceDocument, Domain } from '../../lib/index.js';
import { documentSchema } from '../../lib/control/index.js';
import { figure } from '../../lib/cli/top.js';
import { controlled, ownRuntimeFolder } from '../control/runtime-folder.js';
import { wholeDocument } from '../control/whole-spec.js';
import { MAIN, printed, printedJson, softdlb, start } from './command.js';

const folder = ownRuntimeFolder();

async function orders(): Promise<{ device: Device; domain: Domain }> {
  const device = await controlled();
  const [domain] = await device.apply(wholeDocument());
  return { device, domain: domain! };
}

/** Events in, through and out again, again and again. Returns how to end it. */
function keepMoving(device: Device, domain: Domain): () => void {
  const [producer, worker] = [0, 1].map((id) => attachPort(domain.attachment(id)));
  const burst = new EventBurst(8);
  const timer = setInterval(() => {
    burst.clear();
    for (let i = 0; i < 8; i++) burst.pushNew(0, i, 1, i);
    producer!.enqueueBurst(burst);
    device.schedule();
    worker!.dequeueBurst(burst);
    worker!.release(burst.length);
    device.schedule();
  }, 1);
  return () => clearInterval(timer);
}

describe('the commands', () => {
  test('devices', async () => {
    await orders();
    expect(await printed('devices')).toMatch(/^ *\d+ +dlb0 +inline +0 orders started$/m);
    expect(await printedJson('devices')).toMatchObject([
      { pid: process.pid, name: 'dlb0', domains: [{ id: 0, name: 'orders', state: 'started' }] },
    ]);
  });

  test('apply, from a file and from standard input', async () => {
    const device = await controlled();
    const file = join(folder(), 'domain.json');
    writeFileSync(file, JSON.stringify(wholeDocument()));
    expect(await printed('apply', file)).toBe('domain 0 orders: started\n');
    const snapshot = JSON.stringify(device.snapshot());
    await device.domains()[0]!.close();
    const again = await softdlb(['apply', '-', '--json'], snapshot);
    expect(JSON.parse(again.stdout)).toEqual({
      domains: [{ id: 1, name: 'orders', state: 'started' }],
      virtualDevices: [],
    });
    rmSync(file);
  });

  test('apply says where a document is wrong, and makes nothing', async () => {
    const device = await controlled();
    const wrong = { version: 1, domains: [{ ...wholeDocument(), queues: [{ type: 'fast' }] }] };
    const refused = await softdlb(['apply', '-'], JSON.stringify(wrong));
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toMatch(/^softdlb: domains\[0\]\.queues\[0\]\.type must be atomic \| /);
    const broken = await softdlb(['apply', '-'], '{ "version": 1,');
    expect(broken.code).toBe(1);
    expect(broken.stderr).toMatch(/^softdlb: standard input is not JSON: /);
    const missing = await softdlb(['apply', join(folder(), 'nothing.json')]);
    expect(missing.code).toBe(1);
    expect(missing.stderr).toContain('no such file');
    expect(device.domains()).toEqual([]);
  });

  test('snapshot is what apply takes', async () => {
    const { device } = await orders();
    const snapshot = JSON.parse(await printed('snapshot')) as DeviceDocument;
    expect(snapshot).toEqual(device.snapshot());
    expect(await printedJson('snapshot')).toEqual(snapshot);
  });

  test('schema, though nothing runs', async () => {
    expect(await printedJson('schema')).toEqual(documentSchema());
    expect(JSON.parse(await printed('schema'))).toEqual(documentSchema());
  });

  test('ls', async () => {
    const { device } = await orders();
    const top = await printed('ls');
    expect(top).toMatch(/^device\/ /m);
    expect(top).toMatch(/^domains\/ /m);
    const queue = await printed('ls', 'domains/orders/queues/in');
    expect(queue).toMatch(
      /^domains\/0\/queues\/0\/priority +number +rw +3 +Priority among queues/m,
    );
    expect(await printedJson('ls', '-r')).toHaveLength(device.tree.walk().length);
  });

  test('get: a value, a branch, several', async () => {
    await orders();
    expect(await printed('get', 'domains/orders/state')).toBe('started\n');
    expect(await printed('get', 'domains/0/buffers')).toBe(
      'domains/0/buffers/count 8\ndomains/0/buffers/bytes 128\ndomains/0/buffers/reserve 3\n',
    );
    expect(await printedJson('get', 'domains/0/buffers', 'device/name')).toEqual({
      'domains/0/buffers': { count: 8, bytes: 128, reserve: 3 },
      'device/name': 'dlb0',
    });
  });

  test('set: a number, a word, a flag, links, a count', async () => {
    const { domain } = await orders();
    expect(await printed('set', 'domains/0/queues/in/weight', '12')).toBe('12\n');
    expect(await printed('set', 'domains/0/state', 'stopped')).toBe('stopped\n');
    expect(await printed('set', 'domains/0/ports/1/enabled', 'true')).toBe('true\n');
    expect(await printedJson('set', 'domains/0/ports/1/links', '0')).toEqual({
      'domains/0/ports/1/links': [{ queue: 0, priority: 128 }],
    });
    await printed('set', 'domains/0/ports/1/links', '[{"queue":0,"priority":4}]');
    expect(domain.links(1)).toEqual([{ queue: 0, priority: 4 }]);
    expect(domain.queueAttributes(0).weight).toBe(12);
    expect(await printed('set', 'domains/0/stats/rx', '0')).toBe('0\n');
    expect(await printed('set', 'domains/0/state', 'closed')).toBe('done\n');
  });

  test('watch', async () => {
    const { domain } = await orders();
    const { child, ended } = start(['watch', 'domains/0/queues/0/weight', '--interval', '10']);
    const first = String((await once(child.stdout, 'data'))[0]);
    expect(first).toMatch(/^\d\d:\d\d:\d\d\.\d\d\d domains\/0\/queues\/0\/weight 2\n$/);
    domain.setQueueAttributes(0, { weight: 5 });
    expect(String((await once(child.stdout, 'data'))[0])).toMatch(/weight 5\n$/);
    child.kill('SIGINT');
    expect(await ended).toMatchObject({ code: 0, stderr: '' });
    const lines = await printed('watch', 'device/name', '--count', '1', '--json');
    expect(JSON.parse(lines)).toEqual([{ path: 'device/name', value: 'dlb0' }]);
  });

  test('dump', async () => {
    const { domain } = await orders();
    expect(await printed('dump')).toBe(domain.dump());
    expect(await printedJson('dump', 'orders')).toMatchObject({
      domains: [{ text: domain.dump() }],
    });
  });

  test('top shows figures that move', async () => {
    const { device, domain } = await orders();
    await domain.enablePort(1);
    const stop = keepMoving(device, domain);
    const args = ['top', '--count', '2', '--interval', '100'];
    const shown = await printed(...args);
    const lines = (await printed('--json', ...args)).trim().split('\n');
    stop();
    expect(shown.match(/^dlb0, process \d+, over \d\.\d s$/gm)).toHaveLength(2);
    expect(shown).toMatch(/^domain 0 orders: started, in [\d.]+k?\/s, out [\d.]+k?\/s, /m);
    expect(shown).toMatch(/^ +0 +producer +[\d.]+k? /m);
    const samples = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(samples).toHaveLength(2);
    for (const { domains } of samples) {
      const [{ inPerSecond, ports, queues }] = domains as [Record<string, number & object[]>];
      expect(inPerSecond).toBeGreaterThan(0);
      expect(ports![0]).toMatchObject({ id: 0, outPerSecond: 0 });
      expect((ports![1] as { outPerSecond: number }).outPerSecond).toBeGreaterThan(0);
      expect((queues![0] as { inPerSecond: number }).inPerSecond).toBeGreaterThan(0);
      expect((queues![0] as { outPerSecond: number }).outPerSecond).toBeGreaterThan(0);
    }
  });

  test('U9: top shows stalls and all drops, and survives that domains come and go', async () => {
    const device = await controlled();
    const { child, ended } = start(['top', '--json', '--count', '4', '--interval', '50']);
    await once(child.stdout, 'data');
    const made = await device.createDomain({
      eventsLimit: 4,
      queues: [{ type: 'atomic' }],
      ports: [{}],
    });
    await made.start();
    const port = attachPort(made.attachment(0));
    const burst = new EventBurst(8);
    // The first is for a queue that does not exist.
    for (let i = 0; i < 8; i++) burst.pushNew(i === 0 ? 9 : 0, i, 1, i);
    const timer = setInterval(() => {
      port.enqueueBurst(burst);
      device.schedule();
    }, 1);
    const { stdout, code } = await ended;
    clearInterval(timer);
    expect(code).toBe(0);
    expect(stdout).toMatch(/"stallsPerSecond":\{"credit":[\d.]*[1-9]/);
    expect(stdout).toMatch(/"dropped":[1-9]/);
    expect(made.stats().dropped).toBe(0);
  });

  test('why, in the scheduler’s words', async () => {
    const { domain } = await orders();
    const reason = async (queue: number, flow?: number) => (await domain.why(queue, flow)).text;
    expect(await printed('why', 'in')).toBe(`${await reason(0)}\n`);
    expect(await printed('why', '1', '--domain', 'orders')).toBe(`${await reason(1)}\n`);
    expect(await printedJson('why', 'out')).toEqual(
      JSON.parse(JSON.stringify(await domain.why(1))),
    );
    const { code, stderr } = await softdlb(['why', 'in', 'seven']);
    expect(code).toBe(1);
    expect(stderr).toContain('flowId must be a whole number, 0..1048575');
  });

  test('why tells of one flow what holds it', async () => {
    const device = await controlled();
    const [domain] = await device.apply({
      eventsLimit: 8,
      queues: [{ type: 'atomic' }],
      ports: [{}, { links: [0], dequeueDepth: 1 }],
      start: true,
    });
    const port = attachPort(domain!.attachment(0));
    const burst = new EventBurst(4);
    for (let i = 0; i < 4; i++) burst.pushNew(0, 7, 1, i);
    port.enqueueBurst(burst);
    device.schedule();
    const { text: told, waiting } = await domain!.why(0, 7);
    expect(waiting).toBe(3);
    expect(await printed('why', '0', '7')).toBe(`${told}\n`);
    expect(told).toContain('flow 7');
  });
});

describe('when it cannot be', () => {
  test('nothing runs', async () => {
    for (const args of [['ls'], ['devices'], ['top'], ['--socket', join(folder(), 'none'), 'ls']]) {
      const ended = await softdlb(args);
      expect(ended).toMatchObject({ code: 3, stdout: '' });
      expect(ended.stderr).toMatch(/^softdlb: nothing runs: /);
    }
    const { stderr } = await softdlb(['--json', 'ls']);
    expect(JSON.parse(stderr)).toMatchObject({ code: 'ERR_DLB_CONTROL_UNAVAILABLE' });
  });

  test('access is refused: others may enter the directory, or it belongs to another', async () => {
    await orders();
    chmodSync(folder(), 0o755);
    try {
      const ended = await softdlb(['ls']);
      expect(ended).toMatchObject({ code: 1, stdout: '' });
      expect(ended.stderr).toMatch(/^softdlb: access is refused: .*open to others: mode 755/);
      chmodSync(folder(), 0o700);
      // Only root can give a directory away.
      if (process.getuid!() === 0) {
        chownSync(folder(), 65_534, 65_534);
        const other = await softdlb(['ls', '--json']);
        expect(other.code).toBe(1);
        expect(JSON.parse(other.stderr)).toMatchObject({ code: 'ERR_DLB_NOT_PERMITTED' });
        expect(other.stderr).toContain('belongs to user 65534');
      }
    } finally {
      chownSync(folder(), process.getuid!(), process.getgid!());
      chmodSync(folder(), 0o700);
    }
  });

  test('several devices run: which is meant has to be said, and can be', async () => {
    await controlled({ name: 'left' });
    await controlled({ name: 'right' });
    const unclear = await softdlb(['get', 'device/name']);
    expect(unclear).toMatchObject({ code: 2, stdout: '' });
    expect(unclear.stderr).toContain(
      `left (process ${process.pid}), right (process ${process.pid})`,
    );
    expect(await printed('get', 'device/name', '--device', 'right')).toBe('right\n');
    expect((await softdlb(['ls', '--device', String(process.pid)])).code).toBe(2);
    const missing = await softdlb(['ls', '--device', 'middle']);
    expect(missing.code).toBe(3);
    expect(missing.stderr).toContain('no device middle runs; these do: left');
    const namesake = await controlled({ name: 'right' });
    const { code, stderr } = await softdlb(['ls', '--device', 'right', '--json']);
    const { details } = JSON.parse(stderr) as { details: { sockets: string[] } };
    expect(code).toBe(2);
    expect(details.sockets).toContain(namesake.controlSocket);
    const chosen = await printed('--socket', namesake.controlSocket!, 'get', 'device/name');
    expect(chosen).toBe('right\n');
  });

  test('what the device refuses is told as it says it', async () => {
    const { domain } = await orders();
    const { code, stderr } = await softdlb(['set', 'domains/0/queues/0/priority', 'high']);
    expect(code).toBe(1);
    expect(stderr).toBe(
      'softdlb: domains/0/queues/0/priority must be a whole number, 0..255: ' +
        'field=domains/0/queues/0/priority, value=high\n',
    );
    const path = await softdlb(['--json', 'get', 'domains/0/colour']);
    expect(JSON.parse(path.stderr)).toMatchObject({
      code: 'ERR_DLB_INVALID_PATH',
      details: { path: 'domains/0/colour', nearest: 'domains/0' },
    });
    expect((await softdlb(['set', 'device/name', 'x'])).stderr).toContain('can only be read');
    expect(domain.queueAttributes(0).priority).toBe(3);
  });

  test.each([
    [[]],
    [['frob']],
    [['get']],
    [['set', 'device/name']],
    [['ls', 'a', 'b']],
    [['ls', '--colour']],
    [['top', '--interval', '5']],
    [['top', '--count', 'many']],
  ])('a wrong command line ends with 2 and takes nothing: %j', async (args) => {
    const ended = await softdlb(args);
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).not.toBe('');
  });

  test('help is help', async () => {
    const help = await printed('--help');
    const commands = ['apply', 'ls', 'get', 'set', 'watch', 'dump', 'top', 'why', 'devices'];
    for (const command of [...commands, 'snapshot', '--json', '--device', 'Exit codes']) {
      expect(help).toContain(command);
    }
    expect(await printed('top', '--help')).toContain('--interval <ms>');
  });
});

describe('the command as a program', () => {
  test('who stops reading has all that was asked for', async () => {
    const { device } = await orders();
    const child = spawn(process.execPath, [MAIN, 'watch', '--interval', '10'], {
      env: process.env,
    });
    const stderr = text(child.stderr);
    await once(child.stdout, 'data');
    child.stdout.destroy();
    // What is told next finds nobody.
    await device.createDomain({ eventsLimit: 1, queues: [{ type: 'atomic' }], ports: [{}] });
    expect(await once(child, 'exit')).toEqual([0, null]);
    expect(await stderr).toBe('');
  });

  test('colours only where they are wanted', async () => {
    await orders();
    const colored = async (env: NodeJS.ProcessEnv, ...args: string[]): Promise<boolean> => {
      const { child, ended } = start(['ls', ...args], env);
      child.stdin.end();
      return (await ended).stdout.includes('\u001b[');
    };
    expect(await colored({})).toBe(false);
    expect(await colored({ FORCE_COLOR: '1' })).toBe(true);
    expect(await colored({ FORCE_COLOR: '1', NO_COLOR: '1' })).toBe(false);
    expect(await colored({ FORCE_COLOR: '1' }, '--no-color')).toBe(false);
  });

  test('names cannot move the cursor', async () => {
    const device = await controlled();
    await device.createDomain({
      name: 'a\u001b[2Jb\nc',
      eventsLimit: 1,
      queues: [{ type: 'atomic' }],
      ports: [{}],
    });
    for (const args of [['devices'], ['get', 'domains/0/name'], ['ls', 'domains/0']]) {
      expect(await printed(...args)).toMatch(/a\\x1b\[2Jb\\nc/);
    }
  });

  test('it is executable', () => {
    expect(statSync(MAIN).mode & 0o111).toBe(0o111);
  });
});

test.each([
  [0, '0'],
  [0.4449, '0.4'],
  [1, '1'],
  [17.24, '17.2'],
  [999.4, '999'],
  [999.6, '1.00k'],
  [1234, '1.23k'],
  [999_600, '1.00M'],
  [45_600_000, '45.6M'],
  [1e10, '10.0G'],
])('%d is shown as %s', (value, shown) => {
  expect(figure(value)).toBe(shown);
});
