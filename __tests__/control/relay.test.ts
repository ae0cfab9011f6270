/** What stands between a hostile tenant and its controller: what goes on, how much at a time, and when it ends. */
import { once } from 'node:events';
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import { afterEach, expect, test } from '@jest/globals';
import { runRelay } from '../../lib/control/virtual/relay.js';
import { TimeBudget } from '../../lib/control/virtual/time-budget.js';
import { Turns } from '../../lib/control/virtual/turns.js';
import { upTo } from '../contracts/harness.js';
import { turn } from './tenant-thread.js';

const open: MessagePort[] = [];

afterEach(() => {
  for (const port of open.splice(0)) port.close();
});

/** A relay on this thread, and the far ends of both its ports. */
function relay(): { tenant: MessagePort; near: MessagePort; controller: MessagePort } {
  const outer = new MessageChannel();
  const inner = new MessageChannel();
  runRelay(outer.port1, inner.port1);
  open.push(outer.port2, inner.port2);
  return { tenant: outer.port2, near: outer.port1, controller: inner.port2 };
}

/** What has come, after some turns of the event loop. */
async function arrived(port: MessagePort): Promise<unknown[]> {
  for (let i = 0; i < 5; i++) await turn();
  const all: unknown[] = [];
  for (let got = receiveMessageOnPort(port); got; got = receiveMessageOnPort(port)) {
    all.push(got.message);
  }
  return all;
}

const request = (id: number, body: unknown): object => ({
  kind: 'request',
  id,
  command: 'createDomain',
  body,
});

test('A2: the controller has four messages at most that it has not looked at', async () => {
  const { tenant, controller } = relay();
  for (const id of upTo(10)) tenant.postMessage(request(id, {}));
  const ids = async (): Promise<unknown[]> =>
    (await arrived(controller)).map((text) => (JSON.parse(text as string) as { id: number }).id);
  expect(await ids()).toEqual([0, 1, 2, 3]);
  controller.postMessage('taken');
  expect(await ids()).toEqual([4]);
  for (let i = 0; i < 6; i++) controller.postMessage('taken');
  expect(await ids()).toEqual([5, 6, 7, 8, 9]);
});

test.each<[string, () => unknown]>([
  ['a list of holes', () => Object.assign([], { length: 2 ** 32 - 1 })],
  ['100 000 fields', () => Object.fromEntries(upTo(100_000).map((i) => [`k${i}`, i]))],
  ['a million numbers', () => upTo(1_000_000)],
  ['long text', () => 'x'.repeat(1 << 24)],
  ['text that grows as JSON', () => '\u0001'.repeat(400_000)],
  ['depth', () => upTo(1000).reduce<unknown>((inner) => [inner], [])],
  ['a map', () => new Map()],
  ['bytes', () => new Uint8Array(10)],
  ['shared memory', () => new SharedArrayBuffer(10)],
  ['a bigint', () => 1n],
  ['a cycle', cycle],
])('A1: a request that holds %s is refused before the controller hears of it', async (_, make) => {
  const { tenant, controller } = relay();
  tenant.postMessage(request(7, { spec: { name: make() } }));
  const answers = await arrived(tenant);
  expect(answers).toMatchObject([
    { kind: 'response', id: 7, error: { code: 'ERR_DLB_INVALID_ARGUMENT' } },
  ]);
  expect(JSON.stringify(answers).length).toBeLessThan(1000);
  // It may be told of the time that this took, here on one thread with the tenant.
  const heard = await arrived(controller);
  expect(heard.filter((each) => typeof each === 'string')).toEqual([]);
});

function cycle(): object {
  const its: Record<string, unknown> = {};
  its['its'] = its;
  return its;
}

test.each<[string, (near: MessagePort, tenant: MessagePort) => void]>([
  ['cheap', (_, tenant) => tenant.postMessage(null)],
  ['that cannot be read', (near) => near.emit('messageerror', new Error('x'))],
])('A2: of messages %s a thousand within a second are too many', async (_, send) => {
  const { tenant, near, controller } = relay();
  controller.on('message', (message) => {
    if (typeof message === 'string') controller.postMessage('taken');
    else told.push(message);
  });
  const told: unknown[] = [];
  const closed = once(tenant, 'close');
  for (let i = 0; i < 1001; i++) send(near, tenant);
  await closed;
  expect(told).toEqual([{ cutOff: 'messages' }]);
});

test('A2: who asks for more than a share of the time is told so, and saves up no more than that', () => {
  const budget = new TimeBudget();
  expect([budget.charge(399), budget.charge(1000)]).toEqual([true, false]);
});

test('A2: what takes long is done in turns, in the order in which it came', async () => {
  const turns = new Turns();
  const done: string[] = [];
  const slow = (name: string) => () => {
    const until = performance.now() + 6;
    while (performance.now() < until);
    done.push(name);
  };
  for (const name of ['a', 'b', 'c', 'd', 'e']) turns.add(slow(name));
  expect(done).toEqual([]);
  const looks: number[] = [];
  while (done.length < 5) {
    await new Promise((resolve) => setImmediate(resolve));
    looks.push(done.length);
  }
  expect(done).toEqual(['a', 'b', 'c', 'd', 'e']);
  // The event loop turned in between.
  expect(looks.length).toBeGreaterThan(2);
});
