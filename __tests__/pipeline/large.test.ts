/** Items that no cell has room for: many of them, in both directions, and never too many at once. */
import { expect, test } from '@jest/globals';
import { stage } from '../../lib/pipeline/index.js';
import type { Pipeline } from '../../lib/pipeline/index.js';
import type * as plain from './modules/plain.js';
import type * as views from './modules/views.js';
import { collect, moduleUrl, numbers, turns, withPipeline } from './pipelines.js';

const VIEWS = moduleUrl('views');
const PLAIN = moduleUrl('plain');
const LARGE = 50_000;
/** Room for four of them: a cell has two halves. */
const LARGE_BYTES = 8 * LARGE;

const fourfold = stage<typeof views.fourfold>({ module: VIEWS, handler: 'fourfold' });
const unused = stage<typeof views.unused>({ module: VIEWS, handler: 'unused' });
const size = stage<typeof plain.size>({ module: PLAIN, handler: 'size' });

function* items(count: number, length: number): Generator<Uint8Array> {
  for (const i of numbers(count)) yield new Uint8Array(length).fill(i);
}

/** All that is large has been given back; the last of it when this thread has had its turn. */
async function expectNothingLarge(pipeline: Pipeline<never>): Promise<void> {
  await turns(50);
  expect(pipeline.stats()).toMatchObject({ largeBytes: 0, inFlight: 0 });
}

test('large items go in, and hold back the source at largeBytes', async () => {
  const spec = { stages: [size], bytes: 64, largeBytes: LARGE_BYTES } as const;
  await withPipeline(spec, async (pipeline) => {
    let most = 0;
    let pulled = 0;
    const source = (function* () {
      for (const item of items(500, LARGE)) {
        pulled++;
        most = Math.max(most, pipeline.stats().largeBytes);
        yield item;
      }
    })();
    expect(await collect(pipeline.run(source))).toEqual(Array.from(numbers(500), () => LARGE));
    expect(pulled).toBe(500);
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(LARGE_BYTES);
    expect(pipeline.stats().stalls).toBeGreaterThan(0);
    await expectNothingLarge(pipeline);
  });
});

test('small items become large, and large ones larger', async () => {
  const spec = { stages: [fourfold, size], bytes: 64, largeBytes: LARGE_BYTES } as const;
  await withPipeline(spec, async (pipeline) => {
    expect(await collect(pipeline.run(items(300, 60)))).toEqual(
      Array.from(numbers(300), () => 240),
    );
    const larger = Array.from(numbers(100), () => 4 * LARGE);
    expect(await collect(pipeline.run(items(100, LARGE)))).toEqual(larger);
    await expectNothingLarge(pipeline);
  });
});

test('large results come out whole, in order, to a consumer that is slow', async () => {
  const spec = { stages: [fourfold], bytes: 64, window: 16, largeBytes: LARGE_BYTES } as const;
  await withPipeline(spec, async (pipeline) => {
    let next = 0;
    for await (const result of pipeline.run(items(200, 1000))) {
      expect(result).toHaveLength(4000);
      expect(result.every((byte) => byte === (next & 0xff))).toBe(true);
      next++;
      if (next % 20 === 0) await turns();
    }
    expect(next).toBe(200);
    await expectNothingLarge(pipeline);
  });
});

test('room that a handler asked for and did not use is given back', async () => {
  const spec = { stages: [unused], bytes: 64, largeBytes: LARGE_BYTES } as const;
  await withPipeline(spec, async (pipeline) => {
    expect(await collect(pipeline.run(items(50, 10)))).toEqual(Array.from(numbers(50), () => 10));
    await expectNothingLarge(pipeline);
    // Nothing is in its way.
    expect(await pipeline.call(new Uint8Array(LARGE))).toBe(LARGE);
    await expectNothingLarge(pipeline);
  });
});

test('one item that is larger than largeBytes goes through alone', async () => {
  const spec = { stages: [fourfold, size], bytes: 64, largeBytes: 1000 } as const;
  await withPipeline(spec, async (pipeline) => {
    expect(await collect(pipeline.run(items(20, LARGE)))).toEqual(
      Array.from(numbers(20), () => 4 * LARGE),
    );
    await expectNothingLarge(pipeline);
  });
});

test('large items of runs that were left are given back', async () => {
  const spec = { stages: [fourfold], bytes: 64, largeBytes: LARGE_BYTES } as const;
  await withPipeline(spec, async (pipeline) => {
    for await (const _ of pipeline.run(items(100, LARGE))) break;
    const aborted = new AbortController();
    const run = collect(pipeline.run(items(100, LARGE), { signal: aborted.signal }));
    await turns();
    aborted.abort();
    await expect(run).rejects.toMatchObject({ name: 'AbortError' });
    expect(await collect(pipeline.run(items(100, 1000)))).toHaveLength(100);
    await expectNothingLarge(pipeline);
  });
});

test('text and objects may be large as well', async () => {
  const echo = stage({ module: PLAIN });
  await withPipeline({ stages: [echo], bytes: 64, largeBytes: LARGE_BYTES }, async (pipeline) => {
    const values = [
      'ü'.repeat(LARGE),
      { list: Array.from(numbers(5000)) },
      new Float64Array(9000).fill(1.5),
      'short',
    ];
    expect(await collect(pipeline.run([...values, ...values]))).toEqual([...values, ...values]);
    await expectNothingLarge(pipeline);
  });
});
