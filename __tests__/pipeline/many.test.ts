/** One item that becomes none, one or several: in order, over several stages, and counted. */
import { expect, test } from '@jest/globals';
import { many, stage } from '../../lib/pipeline/index.js';
import * as nested from './modules/pieces.js';
import type * as pieces from './modules/pieces.js';
import { collect, inNumericOrder, moduleUrl, numbers, withPipeline } from './pipelines.js';

const module = moduleUrl('pieces');
const COUNT = 600;

/** As the handlers do it. */
function split(item: number, of: number): number[] {
  return Array.from(numbers(item % of), (i) => item * 10 + i);
}

test('the last stage may give any number of results', async () => {
  const some = stage<typeof pieces.some>({ module, handler: 'some', context: { of: 7 } });
  await withPipeline({ stages: [some] }, async (pipeline) => {
    const expected = Array.from(numbers(COUNT)).flatMap((item) => split(item, 7));
    expect(await collect(pipeline.run(numbers(COUNT)))).toEqual(expected);
    const [stats] = pipeline.stats().stages;
    const ended = Array.from(numbers(COUNT)).filter((item) => item % 7 === 0).length;
    expect(stats).toMatchObject({ handled: COUNT, ended });
    expect(pipeline.stats()).toMatchObject({ pushed: COUNT, delivered: expected.length });
  });
});

test('thousands of results of one call come out whole', async () => {
  const crowd = stage<typeof pieces.crowd>({ module, handler: 'crowd' });
  await withPipeline({ stages: [crowd], bytes: 64 }, async (pipeline) => {
    const expected = [3000, 0, 1, 5000].flatMap((count) => [...numbers(count)].map(String));
    expect(await collect(pipeline.run([3000, 0, 1, 5000]))).toEqual(expected);
  });
});

test.each(['in-order', 'as-completed'] as const)(
  'pieces go through further stages, which make more of them: %s',
  async (order) => {
    const stages = [
      stage<typeof pieces.some>({ module, handler: 'some', pieces: 4, context: { of: 5 } }),
      stage<typeof pieces.some>({
        module,
        handler: 'some',
        name: 'again',
        schedule: 'atomic',
        flow: 'keyOf',
        pieces: 4,
        context: { of: 4 },
      }),
      stage<typeof pieces.some>({ module, handler: 'some', name: 'last', context: { of: 3 } }),
    ] as const;
    await withPipeline({ stages, order, window: 64 }, async (pipeline) => {
      const expected = Array.from(numbers(COUNT))
        .flatMap((item) => split(item, 5))
        .flatMap((item) => split(item, 4))
        .flatMap((item) => split(item, 3));
      const results = await collect(pipeline.run(numbers(COUNT)));
      if (order === 'in-order') expect(results).toEqual(expected);
      expect(inNumericOrder(results)).toEqual(inNumericOrder(expected));
      expect(pipeline.stats()).toMatchObject({ inFlight: 0, delivered: expected.length });
    });
  },
);

test('the most pieces that a stage may have, of every item of a window', async () => {
  const stages = [
    stage<typeof pieces.crowd>({ module, handler: 'crowd', pieces: 1024 }),
    stage<typeof pieces.same>({ module, handler: 'same' }),
  ] as const;
  await withPipeline({ stages, window: 64, bytes: 64 }, async (pipeline) => {
    const counts = Array.from(numbers(20), (i) => 1024 - i);
    const expected = counts.flatMap((count) => [...numbers(count)].map(String));
    expect(await collect(pipeline.run(counts))).toEqual(expected);
  });
});

test('one piece too many fails the stage, and nothing of the item goes on', async () => {
  const stages = [
    stage<typeof pieces.crowd>({ module, handler: 'crowd', pieces: 4, onError: 'drop' }),
    stage<typeof pieces.same>({ module, handler: 'same' }),
  ] as const;
  await withPipeline({ stages }, async (pipeline) => {
    expect(await collect(pipeline.run([4, 5, 1, 2000]))).toEqual(['0', '1', '2', '3', '0']);
    const [first, last] = pipeline.stats().stages;
    expect(first).toMatchObject({ errors: 2, dropped: 2, handled: 2 });
    expect(last).toMatchObject({ handled: 5 });
  });
});

test('pieces that are parts of the item, and of room asked for, are whole', async () => {
  const stages = [
    stage<typeof pieces.parts>({ module, handler: 'parts', pieces: 8 }),
    stage<typeof pieces.bytes>({ module, handler: 'bytes' }),
  ] as const;
  await withPipeline({ stages, bytes: 64, workers: 1 }, async (pipeline) => {
    for (const length of [8, 64, 200, 5000]) {
      const item = Uint8Array.from(numbers(length), (i) => i * 3);
      const results = await collect(pipeline.run([item, item, item]));
      const part = length / 4;
      const parts = Array.from(numbers(4), (i) => item.slice(i * part, (i + 1) * part));
      const once = [...parts, ...parts.map((bytes) => bytes.map((byte) => byte ^ 0xff))];
      expect(results).toEqual([...once, ...once, ...once]);
    }
  });
});

test('results of promises may be several', async () => {
  const later = stage<typeof pieces.someLater>({
    module,
    handler: 'someLater',
    pieces: 8,
    context: { of: 5 },
  });
  const same = stage<typeof pieces.same>({ module, handler: 'same' });
  await withPipeline({ stages: [later, same] }, async (pipeline) => {
    const expected = Array.from(numbers(200)).flatMap((item) => split(item, 5).map(String));
    expect(await collect(pipeline.run(numbers(200)))).toEqual(expected);
  });
});

test.each(['auto', 'json', 'structured'] as const)(
  'W5: several results within one, or as a value, are refused with their place: %s',
  async (codec) => {
    const nest = stage<typeof nested.nest>({ module, handler: 'nest', codec, pieces: 4 });
    const keyed = { schedule: 'atomic', flow: 'lengthOf' } as const;
    const same = stage<typeof pieces.same>({ module, handler: 'same', ...keyed });
    const lists = codec === 'auto' ? 2 : 1;
    for (const stages of [[nest], [nest, same]].slice(0, lists)) {
      await withPipeline(
        { stages: stages as [typeof nest], workers: 1, codec },
        async (pipeline) => {
          for (const path of Object.keys(nested.NESTED)) {
            const cause = { code: 'ERR_DLB_INVALID_ARGUMENT', details: { path } };
            await expect(pipeline.call(path)).rejects.toMatchObject({ cause });
            const value = nested.NESTED[path]!() as never;
            if (!path.endsWith('x')) continue;
            await expect(pipeline.call(value)).rejects.toMatchObject(cause);
          }
          const whole = { code: 'ERR_DLB_INVALID_ARGUMENT', details: { path: 'value' } };
          await expect(pipeline.push(many(['a']) as never)).rejects.toMatchObject(whole);
          expect(await pipeline.call('ab')).toBe('ab');
        },
      );
    }
  },
);
