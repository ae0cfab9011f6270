import { test } from '@jest/globals';
import fc from 'fast-check';
import { BufferPool, initPool, poolStats, reclaimBuffers } from '../../lib/mempool/index.js';
import { indexIn, poolMemory, PORTS, writeHint } from './pool-memory.js';
import type { PoolMemory } from './pool-memory.js';

/** What a pool should do, as plainly as it can be said: who holds which handle. */
interface Model {
  readonly held: { readonly handle: number; readonly port: number }[];
  readonly stale: number[];
  badFrees: number;
}

interface Real {
  readonly pool: PoolMemory;
  readonly ports: BufferPool[];
  readonly holders: { outstanding: number }[];
}

type Command = fc.Command<Model, Real>;

function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}

/** Buffers that the port may take now. */
function available(model: Model, real: Real, port: number): number {
  const { count, reserve } = real.pool.layout;
  const held = real.holders[port]!.outstanding === 0 ? reserve : 0;
  return Math.max(0, count - model.held.length - held);
}

function take(model: Model, real: Real, port: number, handle: number): void {
  const bytes = real.ports[port]!.view(handle);
  check(bytes.length === real.pool.layout.bytes, 'a new handle has no view');
  check(
    model.held.every((other) => indexIn(other.handle) !== indexIn(handle)),
    'a buffer was given out twice',
  );
  check(!model.stale.includes(handle), 'a handle was given out again');
  // Each buffer says whose it is: whoever wrote it last.
  new DataView(bytes.buffer, bytes.byteOffset).setInt32(0, handle);
  model.held.push({ handle, port });
}

function checkContents(model: Model, real: Real): void {
  for (const { handle } of model.held) {
    const bytes = real.ports[0]!.view(handle);
    const written = new DataView(bytes.buffer, bytes.byteOffset).getInt32(0);
    check(written === handle, 'a buffer was written by two holders');
  }
  const stats = poolStats(real.pool.words, real.pool.layout);
  check(stats.allocated === model.held.length, 'allocated differs');
  check(stats.free === real.pool.layout.count - model.held.length, 'free differs');
  check(stats.badFrees === model.badFrees, 'badFrees differs');
}

function command(name: string, run: (model: Model, real: Real) => void): Command {
  return {
    check: () => true,
    run: (model, real) => {
      run(model, real);
      checkContents(model, real);
    },
    toString: () => name,
  };
}

const port = fc.nat(PORTS - 1);

const alloc = port.map((p) =>
  command(`alloc by ${p}`, (model, real) => {
    const expected = available(model, real, p) > 0;
    const handle = real.ports[p]!.alloc();
    const given = handle !== -1;
    check(given === expected, `alloc gave ${handle}`);
    if (given) take(model, real, p, handle);
  }),
);

const allocMany = fc.tuple(port, fc.integer({ min: -1, max: 12 })).map(([p, n]) =>
  command(`allocMany ${n} by ${p}`, (model, real) => {
    const out = new Int32Array(10).fill(-5);
    const expected = n <= 0 || (n <= 10 && available(model, real, p) >= n);
    const given = real.ports[p]!.allocMany(n, out);
    check(given === expected, `allocMany gave ${given}`);
    if (given) for (const handle of out.subarray(0, Math.max(0, n))) take(model, real, p, handle);
    else
      check(
        out.every((entry) => entry < 0),
        'a handle was left in out',
      );
  }),
);

const free = fc.tuple(port, fc.nat()).map(([p, pick]) =>
  command(`free of ${pick} by ${p}`, (model, real) => {
    if (model.held.length === 0) return;
    const [gone] = model.held.splice(pick % model.held.length, 1);
    check(real.ports[p]!.free(gone!.handle), 'a held buffer was not freed');
    model.stale.push(gone!.handle);
  }),
);

const freeStale = fc.tuple(port, fc.nat()).map(([p, pick]) =>
  command(`free of stale ${pick} by ${p}`, (model, real) => {
    const handle = model.stale[pick % (model.stale.length + 1)] ?? -1;
    check(!real.ports[p]!.free(handle), 'a stale handle was freed');
    check(real.ports[p]!.view(handle).length === 0, 'a stale handle has a view');
    model.badFrees++;
  }),
);

const turn = fc.tuple(port, fc.nat(1)).map(([p, outstanding]) =>
  command(`outstanding of ${p} = ${outstanding}`, (_, real) => {
    real.holders[p]!.outstanding = outstanding;
  }),
);

const spoil = fc.tuple(fc.nat(), fc.nat(1)).map(([pick, hint]) =>
  command(`hint ${pick} = ${hint}`, (_, real) => {
    writeHint(real.pool, pick % real.pool.layout.count, hint === 1 ? 1 : 0);
  }),
);

const reclaim = fc.tuple(port, fc.nat(3)).map(([p, keep]) =>
  command(`reclaim of ${p}, events name every handle with index % 4 > ${keep}`, (model, real) => {
    const isNamed = (handle: number): boolean => indexIn(handle) % 4 > keep;
    const freed = model.held.filter((h) => h.port === p && !isNamed(h.handle));
    const found = reclaimBuffers(real.pool.words, real.pool.layout, p, isNamed);
    check(found === freed.length, `reclaim freed ${found}`);
    for (const gone of freed) {
      model.held.splice(model.held.indexOf(gone), 1);
      model.stale.push(gone.handle);
    }
  }),
);

function start(count: number, reserve: number): { model: Model; real: Real } {
  const pool = poolMemory({ count, bytes: 24, reserve });
  initPool(pool.words, pool.layout);
  const holders = Array.from({ length: PORTS }, () => ({ outstanding: 0 }));
  const { memory, words, layout } = pool;
  const ports = holders.map((holder, id) => new BufferPool(memory, words, layout, id, holder));
  return { model: { held: [], stale: [], badFrees: 0 }, real: { pool, ports, holders } };
}

test('ports do what a list of holders says, with any hints, right or wrong', () => {
  const commands = fc.commands([alloc, allocMany, free, freeStale, turn, spoil, reclaim], {
    size: 'large',
    maxCommands: 300,
  });
  const shape = fc.record({ count: fc.integer({ min: 1, max: 70 }), reserve: fc.nat(6) });
  fc.assert(
    fc.property(shape, commands, ({ count, reserve }, run) => {
      fc.modelRun(() => start(count, reserve), run);
    }),
    { numRuns: 300 },
  );
});
