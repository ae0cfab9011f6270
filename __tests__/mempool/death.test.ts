/**
 * A thread dies between any two of its steps. Nobody is held up, no buffer is lost, none is given
 * out twice.
 */
import { describe, expect, jest, test } from '@jest/globals';
import { hintOf, indexIn, ownedCount, poolMemory, writeHint } from './pool-memory.js';
import type { PoolMemory } from './pool-memory.js';
import { runUpTo, steppedWords } from './stepped-words.js';

jest.unstable_mockModule('#words', () => steppedWords);
const { BufferPool, initPool, poolStats, reclaimBuffers } =
  await import('../../lib/mempool/index.js');
type Port = InstanceType<typeof BufferPool>;

const COUNT = 40;
const RESERVE = 4;
const MORTAL = 0;
const SURVIVOR = 1;

interface Scene {
  readonly pool: PoolMemory;
  /** The port whose thread dies. */
  readonly mortal: Port;
  /** What the survivor holds; nobody may take these from it. */
  readonly survivor: Port;
  readonly held: number[];
  /** A handle that the survivor allocated and then sent to the other. */
  readonly sent: number;
}

function makeScene(outstanding: number): Scene {
  const pool = poolMemory({ count: COUNT, bytes: 16, reserve: RESERVE });
  const { memory, words, layout } = pool;
  initPool(words, layout);
  const mortal = new BufferPool(memory, words, layout, MORTAL, { outstanding });
  const survivor = new BufferPool(memory, words, layout, SURVIVOR, { outstanding: 1 });
  const out = new Int32Array(3);
  survivor.allocMany(3, out);
  return { pool, mortal, survivor, held: [out[0]!, out[1]!], sent: out[2]! };
}

const none = (): boolean => false;

/** What must hold after any death: `named` is what events name, `kept` how many of these the dead
 *  port had allocated. */
function expectSound({ pool, survivor, held }: Scene, named: number[], kept = 0): void {
  const { words, layout } = pool;
  // The survivor gets every buffer that is free, without waiting for a reclaim.
  const { free } = poolStats(words, layout);
  const rest: number[] = [];
  for (let handle = survivor.alloc(); handle !== -1; handle = survivor.alloc()) rest.push(handle);
  expect(rest).toHaveLength(free);
  for (const handle of rest) expect(survivor.free(handle)).toBe(true);
  // Reclaimed, the dead port has no more than what events name.
  reclaimBuffers(words, layout, MORTAL, (handle) => named.includes(handle));
  expect(ownedCount(pool, MORTAL)).toBe(kept);
  // What anyone still needs is there; with that freed, all is.
  for (const handle of held) expect(survivor.free(handle)).toBe(true);
  for (const handle of named) if (survivor.view(handle).length > 0) survivor.free(handle);
  // All there, and all hints right.
  expect(poolStats(words, layout).free).toBe(COUNT);
  for (let index = 0; index < COUNT; index++) expect(hintOf(pool, index)).toBe(1);
}

interface Act {
  readonly title: string;
  readonly outstanding: number;
  readonly prepare?: (scene: Scene) => void;
  readonly run: (scene: Scene) => void;
}

const ACTS: Act[] = [
  { title: 'alloc', outstanding: 1, run: ({ mortal }) => void mortal.alloc() },
  {
    title: 'alloc with the reserve to prove',
    outstanding: 0,
    run: ({ mortal }) => void mortal.alloc(),
  },
  {
    title: 'alloc with no hint to go by',
    outstanding: 0,
    prepare: ({ pool }) => spoil(pool, 0),
    run: ({ mortal }) => void mortal.alloc(),
  },
  {
    title: 'alloc with wrong hints to drop',
    outstanding: 0,
    prepare: ({ pool, survivor }) => {
      survivor.allocMany(30, new Int32Array(30));
      spoil(pool, 1);
    },
    run: ({ mortal }) => void mortal.alloc(),
  },
  {
    title: 'an alloc undone for the reserve',
    outstanding: 0,
    prepare: ({ pool, survivor }) => {
      survivor.allocMany(33, new Int32Array(33));
      spoil(pool, 1);
    },
    run: ({ mortal }) => expect(mortal.alloc()).toBe(-1),
  },
  {
    title: 'allocMany',
    outstanding: 0,
    run: ({ mortal }) => void mortal.allocMany(5, new Int32Array(5)),
  },
  {
    title: 'an allocMany undone',
    outstanding: 1,
    prepare: ({ pool, survivor }) => {
      survivor.allocMany(33, new Int32Array(33));
      spoil(pool, 1);
    },
    run: ({ mortal }) => expect(mortal.allocMany(5, new Int32Array(5))).toBe(false),
  },
  {
    title: 'free of its own buffer',
    outstanding: 1,
    run: ({ mortal }) => void mortal.free(mortal.alloc()),
  },
  {
    title: 'free of a buffer sent to it',
    outstanding: 1,
    run: ({ mortal, sent }) => void mortal.free(sent),
  },
  { title: 'a bad free', outstanding: 1, run: ({ mortal }) => void mortal.free(-1) },
];

function spoil(pool: PoolMemory, hint: 0 | 1): void {
  for (let index = 0; index < COUNT; index++) writeHint(pool, index, hint);
}

/** Every handle that the survivor has by now, so that `expectSound` accounts for it. */
function allHeld(scene: Scene): Scene {
  const { words, layout } = scene.pool;
  const held: number[] = [];
  for (let index = 0; index < COUNT; index++) {
    const word = words[layout.owners + index]!;
    const handle = ((word >>> 8) << 20) | index;
    if ((word & 0xff) === SURVIVOR + 1 && handle !== scene.sent) held.push(handle);
  }
  return { ...scene, held };
}

describe.each(ACTS)('$title', ({ outstanding, prepare, run }) => {
  test('leaves the pool sound whichever step the thread dies before', () => {
    let deaths = 0;
    for (let last = 0, died = true; died; last++) {
      let scene = makeScene(outstanding);
      prepare?.(scene);
      scene = allHeld(scene);
      died = !runUpTo(last, () => run(scene));
      // What was sent, and not freed by the time of death, is still named by its event.
      expectSound(scene, [scene.sent]);
      if (died) deaths++;
    }
    expect(deaths).toBeGreaterThan(0);
  });
});

test('reclaim can be done again after the scheduler dies in the middle of it', () => {
  for (let last = 0, died = true; died; last++) {
    const scene = makeScene(1);
    const out = new Int32Array(6);
    scene.mortal.allocMany(6, out);
    const { words, layout } = scene.pool;
    const isNamed = (handle: number): boolean => handle === out[2];
    died = !runUpTo(last, () => {
      expect(reclaimBuffers(words, layout, MORTAL, isNamed)).toBe(5);
    });
    expectSound(scene, [out[2]!, scene.sent], 1);
  }
});

describe('step by step, by hand:', () => {
  const ownerAt = (pool: PoolMemory, index: number): number => pool.layout.owners + index;

  test('claimed, hint not cleared: others drop the hint, and reclaim gives the buffer back', () => {
    const scene = makeScene(1);
    const { words, layout } = scene.pool;
    const index = 7;
    words[ownerAt(scene.pool, index)]! |= MORTAL + 1;
    const rest: number[] = [];
    for (let h = scene.survivor.alloc(); h !== -1; h = scene.survivor.alloc()) rest.push(h);
    expect(rest.map(indexIn)).not.toContain(index);
    expect(rest).toHaveLength(COUNT - 3 - 1);
    expect(hintOf(scene.pool, index)).toBe(0);
    expect(reclaimBuffers(words, layout, MORTAL, none)).toBe(1);
    expect(hintOf(scene.pool, index)).toBe(1);
    expect(indexIn(scene.survivor.alloc())).toBe(index);
  });

  test('freed, hint not set: the next alloc that finds no hint finds the buffer', () => {
    const scene = makeScene(1);
    const index = indexIn(scene.sent);
    const at = ownerAt(scene.pool, index);
    scene.pool.words[at] = (((scene.pool.words[at]! >>> 8) + 1) & 0x7ff) << 8;
    const got: number[] = [];
    for (let h = scene.survivor.alloc(); h !== -1; h = scene.survivor.alloc()) got.push(h);
    expect(got).toHaveLength(COUNT - 2);
    expect(indexIn(got.at(-1)!)).toBe(index);
    expect(scene.survivor.view(scene.sent)).toHaveLength(0);
  });

  test('wrong hint dropped, owner not looked at again: the buffer is found all the same', () => {
    const scene = makeScene(1);
    // Freed in between, so that the bit cleared was a right one.
    scene.survivor.free(scene.sent);
    writeHint(scene.pool, indexIn(scene.sent), 0);
    const out = new Int32Array(COUNT - 2);
    expect(scene.survivor.allocMany(COUNT - 2, out)).toBe(true);
    expect([...out].map(indexIn)).toContain(indexIn(scene.sent));
  });
});
