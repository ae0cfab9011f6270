import { describe, expect, test } from '@jest/globals';
import { BufferPool, initPool, poolStats } from '../../lib/mempool/index.js';
import { hintOf, indexIn, poolMemory, writeHint } from './pool-memory.js';
import type { PoolMemory } from './pool-memory.js';

const BUSY = { outstanding: 1 };

function makePool(count: number, bytes = 64): PoolMemory {
  const pool = poolMemory({ count, bytes, reserve: 0 });
  initPool(pool.words, pool.layout);
  return pool;
}

function portOf({ memory, words, layout }: PoolMemory, portId: number): BufferPool {
  return new BufferPool(memory, words, layout, portId, BUSY);
}

function allocAll(port: BufferPool): number[] {
  const handles: number[] = [];
  for (let h = port.alloc(); h !== -1; h = port.alloc()) handles.push(h);
  return handles;
}

describe('alloc and free', () => {
  test.each([1, 31, 32, 33, 100])('a pool of %i hands out each buffer once, then -1', (count) => {
    const pool = makePool(count);
    const handles = allocAll(portOf(pool, 0));
    expect(handles).toHaveLength(count);
    expect(new Set(handles.map(indexIn)).size).toBe(count);
    expect(Math.max(...handles.map(indexIn))).toBe(count - 1);
    expect(poolStats(pool.words, pool.layout)).toEqual({ free: 0, allocated: count, badFrees: 0 });
  });

  test('a handle is a non-negative 32-bit integer, also where its number wraps', () => {
    const port = portOf(makePool(1), 0);
    const handles = new Set<number>();
    for (let i = 0; i < 2048; i++) {
      const handle = port.alloc();
      handles.add(handle);
      expect(handle).toBe(handle | 0);
      expect(handle).toBeGreaterThanOrEqual(0);
      expect(port.free(handle)).toBe(true);
    }
    // All numbers differ until they have come round.
    expect(handles.size).toBe(2048);
  });

  test('a buffer that one port allocated can be freed by another', () => {
    const pool = makePool(2);
    const [one, other] = [portOf(pool, 0), portOf(pool, 1)];
    const handles = allocAll(one);
    for (const handle of handles) expect(other.free(handle)).toBe(true);
    expect(poolStats(pool.words, pool.layout)).toEqual({ free: 2, allocated: 0, badFrees: 0 });
    expect(allocAll(other)).toHaveLength(2);
  });

  test('the hint goes with the claim and comes back with the free', () => {
    const pool = makePool(40);
    const port = portOf(pool, 0);
    const handle = port.alloc();
    expect(hintOf(pool, indexIn(handle))).toBe(0);
    port.free(handle);
    expect(hintOf(pool, indexIn(handle))).toBe(1);
  });

  test('ports begin their search in different words of the bitmap', () => {
    const pool = makePool(256);
    const firsts = [0, 1, 2, 3].map((portId) => indexIn(portOf(pool, portId).alloc()) >>> 5);
    expect(new Set(firsts).size).toBe(4);
  });
});

describe('handles that name no allocation', () => {
  test('a double free is refused and counted, and frees nobody else’s buffer', () => {
    const pool = makePool(1);
    const [one, other] = [portOf(pool, 0), portOf(pool, 1)];
    const stale = one.alloc();
    expect(one.free(stale)).toBe(true);
    expect(one.free(stale)).toBe(false);
    // The same buffer, allocated again: the old handle does not name it.
    const current = other.alloc();
    expect(indexIn(current)).toBe(indexIn(stale));
    expect(one.free(stale)).toBe(false);
    expect(one.view(stale)).toHaveLength(0);
    expect(other.view(current)).toHaveLength(64);
    expect(poolStats(pool.words, pool.layout)).toEqual({ free: 0, allocated: 1, badFrees: 2 });
    expect(other.free(current)).toBe(true);
  });

  test.each([-1, 0, 3, 0.5, NaN, Infinity, -Infinity, 2 ** 31, 2 ** 32, -(2 ** 31), 0xf_ffff])(
    'a foreign handle is refused and counted: %d',
    (handle) => {
      const pool = makePool(3);
      const port = portOf(pool, 0);
      allocAll(port);
      expect(port.free(handle)).toBe(false);
      expect(port.view(handle)).toHaveLength(0);
      expect(poolStats(pool.words, pool.layout)).toEqual({ free: 0, allocated: 3, badFrees: 1 });
    },
  );

  test('2^32 above a valid handle is not that handle', () => {
    const pool = makePool(1);
    const port = portOf(pool, 0);
    const handle = port.alloc();
    expect(port.free(handle + 2 ** 32)).toBe(false);
    expect(port.view(handle + 2 ** 32)).toHaveLength(0);
    expect(port.free(handle)).toBe(true);
  });

  test('bad frees are counted as an unsigned number', () => {
    const pool = makePool(1);
    pool.words[pool.layout.counters] = -1;
    expect(poolStats(pool.words, pool.layout).badFrees).toBe(2 ** 32 - 1);
  });
});

describe('allocMany', () => {
  test('it gives all or none, and what it took is given back', () => {
    const pool = makePool(40);
    const port = portOf(pool, 0);
    const out = new Int32Array(41);
    expect(port.allocMany(41, out)).toBe(false);
    expect(poolStats(pool.words, pool.layout).free).toBe(40);
    expect(port.allocMany(40, out)).toBe(true);
    expect(new Set(out.subarray(0, 40).map(indexIn)).size).toBe(40);
    expect(out[40]).toBe(0);
    expect(port.allocMany(1, out)).toBe(false);
    for (const handle of out.subarray(0, 40)) expect(port.free(handle)).toBe(true);
  });

  test('hints that promise too much leave nothing taken and no handle behind', () => {
    const pool = makePool(8);
    const [port, other] = [portOf(pool, 0), portOf(pool, 1)];
    const held = new Int32Array(5);
    other.allocMany(5, held);
    for (let index = 0; index < 8; index++) writeHint(pool, index, 1);
    const out = new Int32Array(8).fill(7);
    expect(port.allocMany(4, out)).toBe(false);
    expect([...out]).toEqual([-1, -1, -1, 7, 7, 7, 7, 7]);
    expect(poolStats(pool.words, pool.layout).free).toBe(3);
    expect(port.allocMany(3, out)).toBe(true);
  });

  test('asking for nothing is granted, and changes nothing', () => {
    const pool = makePool(4);
    const out = new Int32Array(2).fill(7);
    expect(portOf(pool, 0).allocMany(0, out)).toBe(true);
    expect(portOf(pool, 0).allocMany(-3, out)).toBe(true);
    expect([...out]).toEqual([7, 7]);
    expect(poolStats(pool.words, pool.layout).free).toBe(4);
  });

  test.each([3, 2 ** 32 + 1, 1.5, NaN, Infinity, -Infinity])(
    'more than `out` holds, or no whole number, is refused: %d',
    (n) => {
      const pool = makePool(4);
      expect(portOf(pool, 0).allocMany(n, new Int32Array(2))).toBe(false);
      expect(poolStats(pool.words, pool.layout).free).toBe(4);
    },
  );
});

describe('view', () => {
  test('it is the buffer itself: what one thread writes is what the other reads', () => {
    const pool = makePool(3, 100);
    const [writer, reader] = [portOf(pool, 0), portOf(pool, 1)];
    const handle = writer.alloc();
    writer.view(handle).fill(0xab);
    expect(reader.view(handle)).toHaveLength(100);
    expect(reader.view(handle).every((byte) => byte === 0xab)).toBe(true);
    expect(reader.view(handle).buffer).toBe(pool.memory);
    expect(reader.bytes).toBe(100);
  });

  test('buffers do not overlap, each other or anything else', () => {
    const pool = makePool(5, 129);
    const port = portOf(pool, 0);
    const handles = allocAll(port);
    const before = pool.words.slice(0, pool.layout.dataBytes / 4);
    handles.forEach((handle, i) => port.view(handle).fill(i + 1));
    handles.forEach((handle, i) => {
      expect(port.view(handle).every((byte) => byte === i + 1)).toBe(true);
    });
    expect(pool.words.slice(0, pool.layout.dataBytes / 4)).toEqual(before);
    const ends = handles.map((handle) => port.view(handle).byteOffset + 129);
    expect(Math.max(...ends)).toBeLessThanOrEqual(pool.memory.byteLength);
  });

  test('the same buffer has the same view object each time', () => {
    const port = portOf(makePool(1), 0);
    const first = port.alloc();
    const view = port.view(first);
    expect(port.view(first)).toBe(view);
    port.free(first);
    expect(port.view(first)).toHaveLength(0);
    expect(port.view(port.alloc())).toBe(view);
  });
});

test('no method allocates once each view has been made', () => {
  const pool = makePool(64);
  const layout = { ...pool.layout, reserve: 8 };
  const idle = new BufferPool(pool.memory, pool.words, layout, 0, { outstanding: 0 });
  const ports = [idle, portOf(pool, 1)];
  const out = new Int32Array(4);
  const work = (rounds: number): void => {
    for (let i = 0; i < rounds; i++) {
      for (const port of ports) {
        port.allocMany(4, out);
        for (let k = 0; k < 4; k++) port.view(out[k]!)[0] = i;
        for (let k = 0; k < 4; k++) port.free(out[k]!);
        port.free(port.alloc());
        port.free(-1);
      }
    }
  };
  work(20_000);
  const grown: number[] = [];
  for (let i = 0; i < 21; i++) {
    const before = process.memoryUsage().heapUsed;
    work(2000);
    grown.push(process.memoryUsage().heapUsed - before);
  }
  // The median, since a collection may fall into any one round. One object per method and call
  // would be a hundred kilobytes and more.
  expect(grown.sort((a, b) => a - b)[10]).toBeLessThan(50_000);
});

test('wild writes to the bitmap lead to no buffer outside the pool', () => {
  const pool = makePool(5);
  pool.words[pool.layout.bitmap] = -1;
  const handles = allocAll(portOf(pool, 0));
  expect(new Set(handles.map(indexIn))).toEqual(new Set([0, 1, 2, 3, 4]));
  expect(handles).toHaveLength(5);
});
