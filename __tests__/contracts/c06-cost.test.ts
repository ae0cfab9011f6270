/**
 * C6: the cost of a pass does not grow with the events that wait behind a stuck flow.
 *
 * Counted, not timed: every access to shared memory goes through a Proxy that counts it.
 */
import { expect, jest, test } from '@jest/globals';
import type * as Words from '../../lib/memory/words.js';

let accesses = 0;
const plain = new WeakMap<object, Int32Array>();

function counted(words: Int32Array): Int32Array {
  const proxy = new Proxy(words, {
    get(target, key): unknown {
      accesses++;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
    set(target, key, value): boolean {
      accesses++;
      return Reflect.set(target, key, value, target);
    },
  });
  plain.set(proxy, words);
  return proxy;
}

const Plain = Int32Array;
globalThis.Int32Array = new Proxy(Plain, {
  construct(target, args: [ArrayBufferLike]): Int32Array {
    const words = new target(...args);
    return words.buffer instanceof SharedArrayBuffer ? counted(words) : words;
  },
});

const atomics = (await import(
  new URL('../../lib/memory/words.js', import.meta.url).href
)) as typeof Words;
jest.unstable_mockModule('#words', () =>
  Object.fromEntries(
    Object.entries(atomics).map(([name, call]) => [
      name,
      (words: Int32Array, ...rest: number[]): unknown => {
        accesses++;
        return (call as (...args: unknown[]) => unknown)(plain.get(words) ?? words, ...rest);
      },
    ]),
  ),
);
const { fresh, rig, send, sendAll, took } = await import('./harness.js');

/** Accesses of 128 passes that each bring one event past a stuck flow with `waiting` events. */
async function costOf(waiting: number): Promise<number> {
  const r = await rig({
    eventsLimit: 8192,
    queues: [{ type: 'atomic' }],
    ports: [
      { enqueueDepth: 4096 },
      { links: [0], dequeueDepth: 1 },
      { links: [0], dequeueDepth: 1 },
    ],
  });
  send(r.ports[0]!, { flowId: 1 });
  r.pass();
  sendAll(r, r.ports[0]!, fresh(waiting, { flowId: 1 }));
  r.pass();
  let cost = 0;
  for (let i = 0; i < 128; i++) {
    send(r.ports[0]!, { flowId: 2, payload: i });
    const before = accesses;
    r.pass();
    cost += accesses - before;
    expect(took(r.ports[2]!)).toEqual([i]);
    r.ports[2]!.release(1);
  }
  return cost;
}

test('a pass with 4096 events of a stuck flow costs what it costs with 16', async () => {
  const few = await costOf(16);
  const many = await costOf(4096);
  // It is counted: an event cannot be moved in fewer.
  expect(few).toBeGreaterThan(128 * 20);
  // Chunks begin in other places, no more.
  expect(Math.abs(many - few)).toBeLessThan(128);
});
