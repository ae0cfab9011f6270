/** Bytes in shared memory: what handlers may return of them, whatever the size, and what debug mode says. */
import { expect, test } from '@jest/globals';
import { stage } from '../../lib/pipeline/index.js';
import { NAMES } from './modules/views.js';
import type * as views from './modules/views.js';
import { collect, moduleUrl, numbers, withPipeline } from './pipelines.js';
import { Words } from './words.js';

const module = moduleUrl('views');
/** Lengths around what a cell takes, and far beyond. */
const BYTES = 128;
const LENGTHS = [0, 1, 63, 64, 127, 128, 129, 255, 256, 300, 5000, 70_000];

function pattern(length: number, seed: number): Uint8Array {
  return Uint8Array.from(numbers(length), (i) => (i * 7 + seed * 13) & 0xff);
}
function inverse(bytes: Uint8Array): Uint8Array {
  return bytes.map((byte) => byte ^ 0xff);
}
function half(bytes: Uint8Array, which: 'front' | 'back'): Uint8Array {
  const middle = bytes.length >> 1;
  return which === 'front' ? bytes.slice(0, middle) : bytes.slice(middle);
}
function repeated(bytes: Uint8Array, times: number): Uint8Array {
  return Uint8Array.from(numbers(bytes.length * times), (i) => bytes[i % bytes.length]!);
}

const EXPECTED: Record<(typeof NAMES)[number], (item: Uint8Array) => Uint8Array> = {
  whole: (item) => item,
  front: (item) => half(item, 'front'),
  back: (item) => half(item, 'back'),
  inPlace: inverse,
  inverted: inverse,
  invertedFront: (item) => half(inverse(item), 'front'),
  invertedBack: (item) => half(inverse(item), 'back'),
  invertedLater: inverse,
  fourfold: (item) => repeated(item, 4),
  second: (item) => item,
  later: (item) => item,
};

const ITEMS = LENGTHS.flatMap((length) => [pattern(length, 1), pattern(length, 2)]);

test.each([false, true])(
  'handlers get and return bytes of every length, debug: %p',
  async (debug) => {
    const words = new Words();
    const context = words.memory;
    const stages = [
      stage<typeof views.chosen>({ module, handler: 'chosen', context }),
      // What the first stage did must be whole for another.
      stage<typeof views.whole>({ module, handler: 'whole' }),
    ] as const;
    await withPipeline({ stages, bytes: BYTES, debug }, async (pipeline) => {
      for (const [number, handler] of NAMES.entries()) {
        words.set(0, number);
        const results = await collect(pipeline.run(ITEMS));
        const expected = ITEMS.map(EXPECTED[handler]);
        const wrong = expected.findIndex((each, i) => Buffer.compare(each, results[i]!) !== 0);
        const count = results.length;
        expect({ handler, wrong, count }).toEqual({ handler, wrong: -1, count: ITEMS.length });
      }
    });
  },
);

test('a view that is kept beyond its call is dead in debug mode', async () => {
  const keeps = stage<typeof views.keeps>({ module, handler: 'keeps' });
  await withPipeline({ stages: [keeps], workers: 1, debug: true }, async (pipeline) => {
    const items = [pattern(10, 1), pattern(10, 2), pattern(5000, 3), pattern(10, 4)];
    const results = await collect(pipeline.run(items));
    expect(results).toEqual([
      [-1, -1],
      [0, 0],
      [0, 0],
      [0, 0],
    ]);
  });
});

test('without debug mode nothing is taken away', async () => {
  const keeps = stage<typeof views.keeps>({ module, handler: 'keeps' });
  await withPipeline({ stages: [keeps], workers: 1 }, async (pipeline) => {
    expect(await collect(pipeline.run([pattern(10, 1), pattern(10, 2)]))).toEqual([
      [-1, -1],
      [10, 10],
    ]);
  });
});

test('items pushed may be changed as soon as they are in', async () => {
  const later = stage<typeof views.later>({ module, handler: 'later' });
  await withPipeline({ stages: [later], bytes: BYTES }, async (pipeline) => {
    for (const length of [10, 5000]) {
      const item = pattern(length, 1);
      const expected = item.slice();
      await pipeline.push(item);
      item.fill(0);
      const { value } = await pipeline.results().next();
      expect(value).toEqual(expected);
    }
  });
});
