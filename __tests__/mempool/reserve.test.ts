import { describe, expect, test } from '@jest/globals';
import { BufferPool, initPool, poolStats } from '../../lib/mempool/index.js';
import { freeCount, indexIn, poolMemory, writeHint } from './pool-memory.js';
import type { PoolMemory } from './pool-memory.js';

const IDLE = { outstanding: 0 };
const BUSY = { outstanding: 1 };

function makePool(count: number, reserve: number): PoolMemory {
  const pool = poolMemory({ count, bytes: 16, reserve });
  initPool(pool.words, pool.layout);
  return pool;
}

function portOf(
  { memory, words, layout }: PoolMemory,
  portId: number,
  holder: { readonly outstanding: number },
): BufferPool {
  return new BufferPool(memory, words, layout, portId, holder);
}

function allocAll(port: BufferPool): number[] {
  const handles: number[] = [];
  for (let h = port.alloc(); h !== -1; h = port.alloc()) handles.push(h);
  return handles;
}

describe('the last `reserve` buffers', () => {
  test.each([
    [10, 0],
    [10, 1],
    [10, 9],
    [33, 32],
    [500, 40],
    [500, 130],
  ])('of %i, with reserve %i, an idle port takes all the others and no more', (count, reserve) => {
    const pool = makePool(count, reserve);
    const idle = portOf(pool, 0, IDLE);
    expect(allocAll(idle)).toHaveLength(count - reserve);
    expect(freeCount(pool)).toBe(reserve);
    expect(allocAll(portOf(pool, 1, BUSY))).toHaveLength(reserve);
  });

  test('are all there is in a pool no larger than its reserve', () => {
    const pool = makePool(4, 4);
    expect(portOf(pool, 0, IDLE).alloc()).toBe(-1);
    const larger = { ...pool, layout: { ...pool.layout, reserve: 5 } };
    expect(portOf(larger, 0, IDLE).alloc()).toBe(-1);
    expect(allocAll(portOf(larger, 0, BUSY))).toHaveLength(4);
  });

  test('are a number, not places: what a busy port took of them must come back first', () => {
    const pool = makePool(10, 4);
    const [idle, busy] = [portOf(pool, 0, IDLE), portOf(pool, 1, BUSY)];
    const taken = allocAll(idle);
    const extra = busy.alloc();
    idle.free(taken[0]!);
    // Four are free, the reserve: nothing for the idle port.
    expect(freeCount(pool)).toBe(4);
    expect(idle.alloc()).toBe(-1);
    busy.free(extra);
    expect(idle.alloc()).not.toBe(-1);
    expect(idle.alloc()).toBe(-1);
  });

  test('are open to a port from its first outstanding event to its last', () => {
    const pool = makePool(3, 2);
    const holder = { outstanding: 0 };
    const port = portOf(pool, 0, holder);
    expect(port.alloc()).not.toBe(-1);
    expect(port.alloc()).toBe(-1);
    holder.outstanding = 1;
    const handle = port.alloc();
    expect(handle).not.toBe(-1);
    port.free(handle);
    holder.outstanding = 0;
    expect(port.alloc()).toBe(-1);
  });

  test('are counted by owner words, whatever the hints say', () => {
    for (const hint of [0, 1] as const) {
      const pool = makePool(70, 5);
      const idle = portOf(pool, 0, IDLE);
      const handles = allocAll(idle);
      for (let index = 0; index < 70; index++) writeHint(pool, index, hint);
      expect(idle.alloc()).toBe(-1);
      expect(freeCount(pool)).toBe(5);
      idle.free(handles[3]!);
      for (let index = 0; index < 70; index++) writeHint(pool, index, hint);
      expect(idle.alloc()).not.toBe(-1);
      expect(idle.alloc()).toBe(-1);
    }
  });
});

test('a refusal at rest takes nothing, not even for a moment', () => {
  const pool = makePool(10, 4);
  const idle = portOf(pool, 0, IDLE);
  allocAll(idle);
  const before = pool.words.slice();
  expect(idle.alloc()).toBe(-1);
  expect(idle.allocMany(2, new Int32Array(2))).toBe(false);
  expect(pool.words).toEqual(before);
});

test('allocMany keeps the reserve as a whole: all or none', () => {
  const pool = makePool(10, 4);
  const idle = portOf(pool, 0, IDLE);
  const out = new Int32Array(10);
  expect(idle.allocMany(7, out)).toBe(false);
  expect(freeCount(pool)).toBe(10);
  expect(idle.allocMany(6, out)).toBe(true);
  expect(idle.allocMany(1, out)).toBe(false);
  expect(portOf(pool, 1, BUSY).allocMany(4, out)).toBe(true);
});

test('a witness that was taken and freed again is not taken for untouched', () => {
  const pool = makePool(4, 2);
  const [idle, busy] = [portOf(pool, 0, IDLE), portOf(pool, 1, BUSY)];
  // The idle port notes its witnesses; then each buffer goes round once.
  idle.free(idle.alloc());
  const out = new Int32Array(4);
  busy.allocMany(4, out);
  for (const handle of out) busy.free(handle);
  busy.allocMany(2, out);
  expect(idle.alloc()).toBe(-1);
  busy.free(out[0]!);
  expect(idle.alloc()).not.toBe(-1);
  expect(poolStats(pool.words, pool.layout)).toEqual({ free: 2, allocated: 2, badFrees: 0 });
});

test('an idle port finds its buffer when all but one of many are allocated', () => {
  const pool = makePool(1000, 1);
  const [idle, busy] = [portOf(pool, 0, IDLE), portOf(pool, 1, BUSY)];
  const handles = allocAll(busy);
  for (const handle of handles.filter((h) => indexIn(h) % 500 === 499)) busy.free(handle);
  expect(idle.alloc()).not.toBe(-1);
  expect(idle.alloc()).toBe(-1);
});
