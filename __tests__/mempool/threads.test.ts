/** Real threads on one small pool. Counts are exact, whoever wins. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, test } from '@jest/globals';
import type { PoolShape } from '../../lib/memory/layout.js';
import { BufferPool, initPool, poolStats, reclaimBuffers } from '../../lib/mempool/index.js';
import { churn, EMPTY, finish, SHARED } from './churn.js';
import type { Tally } from './churn.js';
import { poolMemory } from './pool-memory.js';
import type { PoolMemory } from './pool-memory.js';
import type { Share } from './pool-worker.js';

/** Few enough that the threads often want the same buffer, or find none. */
const SHAPE: PoolShape = { count: 6, bytes: 256, reserve: 2 };
const ROUNDS = 24_000;
/** One each round, two more in every eighth. */
const ALLOCATED = ROUNDS + (ROUNDS / 8) * 2;

interface Scene {
  readonly pool: PoolMemory;
  readonly shared: Int32Array<SharedArrayBuffer>;
}

function makeScene(): Scene {
  const pool = poolMemory(SHAPE);
  initPool(pool.words, pool.layout);
  const shared = new Int32Array(new SharedArrayBuffer(SHARED.WORDS * 4));
  shared[SHARED.MAIL] = EMPTY;
  return { pool, shared };
}

async function startWorker(
  { pool, shared }: Scene,
  share: Pick<Share, 'portId' | 'outstanding' | 'rounds'>,
): Promise<Worker> {
  const workerData: Share = {
    memory: pool.memory,
    shared: shared.buffer,
    shape: SHAPE,
    ...share,
  };
  const worker = new Worker(new URL('./pool-worker.js', import.meta.url), { workerData });
  await once(worker, 'message');
  return worker;
}

function go({ shared }: Scene): void {
  Atomics.store(shared, SHARED.GO, 1);
  Atomics.notify(shared, SHARED.GO);
}

test('three threads on six buffers: each buffer has one holder, and all are free at the end', async () => {
  const scene = makeScene();
  const { memory, words, layout } = scene.pool;
  // One of them has nothing outstanding: it takes the way by the reserve each time.
  const workers = await Promise.all([
    startWorker(scene, { portId: 1, outstanding: 1, rounds: ROUNDS }),
    startWorker(scene, { portId: 2, outstanding: 0, rounds: ROUNDS }),
  ]);
  const answers = workers.map((worker) => once(worker, 'message'));
  const exits = workers.map((worker) => once(worker, 'exit'));
  go(scene);
  const port = new BufferPool(memory, words, layout, 0, { outstanding: 1 });
  const mine = churn(port, scene.shared, ROUNDS);
  const theirs = (await Promise.all(answers)).map(([tally]) => tally as Tally);
  expect((await Promise.all(exits)).flat()).toEqual([0, 0]);

  finish(port, scene.shared[SHARED.MAIL]!, mine);
  const tallies = [mine, ...theirs];
  expect(tallies.map(({ allocated }) => allocated)).toEqual([ALLOCATED, ALLOCATED, ALLOCATED]);
  expect(tallies.reduce((sum, { freed }) => sum + freed, 0)).toBe(3 * ALLOCATED);
  expect(tallies.map(({ spoiled }) => spoiled)).toEqual([0, 0, 0]);
  expect(poolStats(words, layout)).toEqual({ free: SHAPE.count, allocated: 0, badFrees: 0 });
  // The hints lead to all of them.
  expect(port.allocMany(SHAPE.count, new Int32Array(SHAPE.count))).toBe(true);
});

test('a thread that is terminated anywhere leaves nothing that reclaim does not find', async () => {
  for (let round = 0; round < 5; round++) {
    const scene = makeScene();
    const { memory, words, layout } = scene.pool;
    const worker = await startWorker(scene, { portId: 1, outstanding: 1, rounds: Infinity });
    go(scene);
    while (Atomics.load(scene.shared, SHARED.ROUNDS) === 0) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    await worker.terminate();
    const { allocated } = poolStats(words, layout);
    const mail = scene.shared[SHARED.MAIL]!;
    // What lies in the mail stands for an event on its way.
    const freed = reclaimBuffers(words, layout, 1, (handle) => handle === mail);
    const survivor = new BufferPool(memory, words, layout, 0, { outstanding: 1 });
    const isThere = survivor.view(mail).length > 0 ? 1 : 0;
    expect(freed).toBe(allocated - isThere);
    if (isThere) expect(survivor.free(mail)).toBe(true);
    expect(survivor.allocMany(SHAPE.count, new Int32Array(SHAPE.count))).toBe(true);
  }
});
