/**
 * One thread is stopped before each of its steps in turn, and another does something there from
 * start to end. Each test says who does what, and what may come out.
 */
import { describe, expect, jest, test } from '@jest/globals';
import { freeCount, hintOf, indexIn, poolMemory, writeHint } from './pool-memory.js';
import type { PoolMemory } from './pool-memory.js';
import { runHooked, runInterrupted, steppedWords } from './stepped-words.js';

jest.unstable_mockModule('#words', () => steppedWords);
const { BufferPool, initPool, poolStats, reclaimBuffers } =
  await import('../../lib/mempool/index.js');
type Port = InstanceType<typeof BufferPool>;

interface Scene {
  readonly pool: PoolMemory;
  readonly one: Port;
  readonly two: Port;
}

function makeScene(count: number, reserve: number, outstanding: [number, number]): Scene {
  const pool = poolMemory({ count, bytes: 16, reserve });
  const { memory, words, layout } = pool;
  initPool(words, layout);
  const [one, two] = outstanding.map(
    (n, id) => new BufferPool(memory, words, layout, id, { outstanding: n }),
  );
  return { pool, one: one!, two: two! };
}

/** Runs the scene once for each step of `thread`. `after` sees the end of each run. */
function atEachStep<S>(
  setUp: () => S,
  thread: (scene: S) => void,
  other: (scene: S) => void,
  after: (scene: S) => void,
): void {
  let runs = 0;
  for (let at = 0, reached = true; reached; at++) {
    const scene = setUp();
    reached = runInterrupted(
      at,
      () => thread(scene),
      () => other(scene),
    );
    if (!reached) break;
    after(scene);
    runs++;
  }
  expect(runs).toBeGreaterThan(1);
}

/** At rest every free buffer must have its hint: whoever lost one has put it back. */
function expectNoHintLost({ pool }: Scene): void {
  for (let index = 0; index < pool.layout.count; index++) {
    const isFree = (pool.words[pool.layout.owners + index]! & 0xff) === 0;
    if (isFree) expect(hintOf(pool, index)).toBe(1);
  }
}

describe('M1 → N1, M2 → N2: the owner word', () => {
  test('two ports that want the last buffer: one gets it', () => {
    const setUp = (): Scene & { got: number[] } => ({ ...makeScene(1, 0, [1, 1]), got: [] });
    atEachStep(
      setUp,
      ({ one, got }) => got.push(one.alloc()),
      ({ two, got }) => got.push(two.alloc()),
      ({ got }) => {
        expect(got.filter((handle) => handle !== -1)).toHaveLength(1);
      },
    );
  });

  test('two threads that free the same handle: one does, the other is counted', () => {
    const setUp = (): Scene & { handle: number; freed: boolean[] } => {
      const scene = makeScene(2, 0, [1, 1]);
      return { ...scene, handle: scene.one.alloc(), freed: [] };
    };
    atEachStep(
      setUp,
      ({ one, handle, freed }) => freed.push(one.free(handle)),
      ({ two, handle, freed }) => freed.push(two.free(handle)),
      ({ pool, freed }) => {
        expect(freed.filter(Boolean)).toHaveLength(1);
        expect(poolStats(pool.words, pool.layout)).toEqual({ free: 2, allocated: 0, badFrees: 1 });
      },
    );
  });

  test('a double free while the buffer goes to someone else leaves it with them', () => {
    const setUp = (): Scene & { stale: number; current: number[] } => {
      const scene = makeScene(1, 0, [1, 1]);
      const stale = scene.one.alloc();
      scene.one.free(stale);
      return { ...scene, stale, current: [] };
    };
    atEachStep(
      setUp,
      ({ two, current }) => current.push(two.alloc()),
      ({ one, stale }) => expect(one.free(stale)).toBe(false),
      ({ two, current }) => {
        expect(current[0]).not.toBe(-1);
        expect(two.view(current[0]!)).toHaveLength(16);
      },
    );
  });

  test('a free during an alloc of the same buffer: it is had with a new handle, or not yet', () => {
    const setUp = (): Scene & { old: number; got: number[] } => {
      const scene = makeScene(1, 0, [1, 1]);
      const old = scene.two.alloc();
      // A wrong hint, so that the alloc looks at the buffer at all.
      writeHint(scene.pool, 0, 1);
      return { ...scene, old, got: [] };
    };
    atEachStep(
      setUp,
      ({ one, got }) => got.push(one.alloc()),
      ({ two, old }) => expect(two.free(old)).toBe(true),
      (scene) => {
        const [got] = scene.got;
        expect(freeCount(scene.pool)).toBe(got === -1 ? 1 : 0);
        expect(got).not.toBe(scene.old);
        expectNoHintLost(scene);
      },
    );
  });
});

test('a reclaim while the buffer goes on to someone else leaves it with them', () => {
  const setUp = (): Scene & { old: number; current: number[] } => {
    const scene = makeScene(2, 0, [1, 1]);
    return { ...scene, old: scene.one.alloc(), current: [] };
  };
  atEachStep(
    setUp,
    ({ pool }) => void reclaimBuffers(pool.words, pool.layout, 0, () => false),
    ({ two, old, current }) => {
      two.free(old);
      current.push(two.alloc(), two.alloc());
    },
    ({ pool, two, current }) => {
      for (const handle of current) expect(two.view(handle)).toHaveLength(16);
      expect(freeCount(pool)).toBe(0);
    },
  );
});

describe('M3 → N3: the hint', () => {
  test('a buffer freed while its wrong hint is dropped keeps its hint', () => {
    const setUp = (): Scene & { old: number } => {
      // The alloc meets the wrong hint first, then finds another buffer, and looks no further.
      const scene = makeScene(2, 0, [1, 1]);
      const old = scene.two.alloc();
      expect(indexIn(old)).toBe(0);
      writeHint(scene.pool, 0, 1);
      return { ...scene, old };
    };
    atEachStep(
      setUp,
      ({ one }) => expect(one.alloc()).not.toBe(-1),
      ({ two, old }) => expect(two.free(old)).toBe(true),
      expectNoHintLost,
    );
  });

  test('a buffer taken by its owner word, before its hint is set, leaves a hint to drop', () => {
    let wrong = 0;
    const setUp = (): Scene & { old: number; got: number[] } => {
      const scene = makeScene(1, 0, [1, 1]);
      return { ...scene, old: scene.two.alloc(), got: [] };
    };
    atEachStep(
      setUp,
      ({ two, old }) => void two.free(old),
      ({ one, got }) => got.push(one.alloc()),
      ({ pool, one, two, got }) => {
        if (got[0] === -1) return;
        // Freed, then taken, then the hint set: nobody is fooled by it.
        wrong += hintOf(pool, 0);
        expect(two.alloc()).toBe(-1);
        expect(hintOf(pool, 0)).toBe(0);
        expect(one.free(got[0]!)).toBe(true);
        expect(hintOf(pool, 0)).toBe(1);
      },
    );
    expect(wrong).toBe(1);
  });

  test('hints restored while a buffer is freed, taken, or both, are right or harmless', () => {
    const setUp = (): Scene & { old: number } => {
      const scene = makeScene(3, 0, [1, 1]);
      const old = scene.two.alloc();
      for (let index = 0; index < 3; index++) writeHint(scene.pool, index, 0);
      return { ...scene, old };
    };
    const others: ((scene: Scene & { old: number }) => void)[] = [
      ({ two, old }) => void two.free(old),
      ({ two }) => void two.alloc(),
      ({ two, old }) => void (two.free(old) && two.alloc()),
    ];
    for (const other of others) {
      atEachStep(
        setUp,
        ({ pool }) => void reclaimBuffers(pool.words, pool.layout, 3, () => false),
        other,
        (scene) => {
          expectNoHintLost(scene);
          const free = freeCount(scene.pool);
          for (let i = 0; i < free; i++) expect(scene.one.alloc()).not.toBe(-1);
          expect(scene.one.alloc()).toBe(-1);
        },
      );
    }
  });
});

describe('M4 → N4: the reserve', () => {
  test('two idle ports that want the last buffer above the reserve: one at most keeps it', () => {
    for (const ready of [false, true]) {
      const setUp = (): Scene & { got: number[] } => {
        const scene = makeScene(5, 4, [0, 0]);
        // With witnesses from before, and without.
        if (ready) for (const port of [scene.one, scene.two]) port.free(port.alloc());
        return { ...scene, got: [] };
      };
      atEachStep(
        setUp,
        ({ one, got }) => got.push(one.alloc()),
        ({ two, got }) => got.push(two.alloc()),
        ({ pool, got }) => {
          expect(got.filter((handle) => handle !== -1).length).toBeLessThanOrEqual(1);
          expect(freeCount(pool)).toBeGreaterThanOrEqual(4);
        },
      );
    }
  });

  test('two idle ports that want several at once: the reserve stays', () => {
    const setUp = (): Scene & { got: boolean[] } => ({ ...makeScene(40, 4, [0, 0]), got: [] });
    atEachStep(
      setUp,
      ({ one, got }) => got.push(one.allocMany(20, new Int32Array(20))),
      ({ two, got }) => got.push(two.allocMany(20, new Int32Array(20))),
      ({ pool, got }) => {
        const kept = got.filter(Boolean).length;
        expect(kept).toBeLessThanOrEqual(1);
        expect(freeCount(pool)).toBe(40 - 20 * kept);
      },
    );
  });

  test('one free place that moves to wherever one looks is not taken for many', () => {
    const { one, pool } = makeScene(70, 2, [0, 1]);
    const { bitmap, bitmapWords, owners } = pool.layout;
    for (let index = 0; index < 70; index++) takeByHand(pool, index);
    // Three are free: the first, which the idle port will claim, one that is taken just before,
    // and one that then is in whichever word is looked at. All have hints all the time.
    const places = [5, 37, 66];
    let place = places[0]!;
    for (const index of [0, 68, place]) freeByHand(pool, index);
    let looks = 0;
    const adversary = (step: string, at: number): void => {
      const word = at - bitmap;
      if (step === 'swapIf' && at === owners) takeByHand(pool, 68);
      if (step !== 'observe' || word < 0 || word >= bitmapWords) return;
      looks++;
      takeByHand(pool, place);
      place = places[word]!;
      freeByHand(pool, place);
      for (const index of places) writeHint(pool, index, 1);
    };
    for (const index of places) writeHint(pool, index, 1);
    let got = 0;
    runHooked(adversary, () => {
      got = one.alloc();
    });
    expect(looks).toBeGreaterThan(3);
    expect(got).toBe(-1);
    expect(freeCount(pool)).toBe(2);
  });
});

/** What another port would do, in no step at all. */
function takeByHand(pool: PoolMemory, index: number): void {
  pool.words[pool.layout.owners + index]! |= 2;
  writeHint(pool, index, 0);
}

function freeByHand(pool: PoolMemory, index: number): void {
  const at = pool.layout.owners + index;
  pool.words[at] = (((pool.words[at]! >>> 8) + 1) & 0x7ff) << 8;
  writeHint(pool, index, 1);
}
