/** Node streams and Web streams made of a pipeline. */
import { Readable, Writable } from 'node:stream';
import { pipeline as connect } from 'node:stream/promises';
import { callbackify } from 'node:util';
import { ReadableStream } from 'node:stream/web';
import { expect, test } from '@jest/globals';
import { stage } from '../../lib/pipeline/index.js';
import type * as fragile from './modules/fragile.js';
import type * as plain from './modules/plain.js';
import { collect, moduleUrl, numbers, turns, withPipeline } from './pipelines.js';
import { shared } from './shared.js';

const PLAIN = moduleUrl('plain');
const double = stage<typeof plain.double>({ module: PLAIN, handler: 'double' });
const failing = stage<typeof fragile.fail>({
  module: moduleUrl('fragile'),
  handler: 'fail',
  context: { wrong: [30] },
});
const WINDOW = 8;
const withDouble = shared({ stages: [double] });
const DOUBLED = Array.from(numbers(1000), (n) => n * 2);

/** Takes one item after the other, each after `each` turns of the event loop. */
function sink(into: unknown[], each = 0): Writable {
  return new Writable({
    objectMode: true,
    highWaterMark: 1,
    write(item, _encoding, callback) {
      into.push(item);
      callbackify(() => turns(each))(callback);
    },
  });
}

test('a duplex goes between Node streams', async () => {
  await withDouble(async (pipeline) => {
    const out: unknown[] = [];
    await connect(Readable.from(numbers(1000)), pipeline.duplex(), sink(out));
    expect(out).toEqual(DOUBLED);
    // Each is a stream of its own.
    expect(await collect(Readable.from(numbers(1000)).pipe(pipeline.duplex()))).toEqual(DOUBLED);
  });
});

test('a pair goes between Web streams', async () => {
  await withDouble(async (pipeline) => {
    const source = ReadableStream.from<number>(numbers(1000));
    expect(await collect(source.pipeThrough(pipeline.transform()))).toEqual(DOUBLED);
  });
});

test.each(['duplex', 'transform'] as const)(
  'a slow consumer holds back the source: %s',
  async (kind) => {
    await withPipeline({ stages: [double], window: WINDOW }, async (pipeline) => {
      let pulled = 0;
      let lead = 0;
      const out: unknown[] = [];
      const source = (function* () {
        for (const item of numbers(300)) {
          lead = Math.max(lead, ++pulled - out.length);
          yield item;
        }
      })();
      if (kind === 'duplex') {
        await connect(Readable.from(source), pipeline.duplex(), sink(out, 5));
      } else {
        const web = ReadableStream.from<number>(source);
        for await (const item of web.pipeThrough(pipeline.transform())) {
          out.push(item);
          await turns(5);
        }
      }
      expect(out).toHaveLength(300);
      // The window, and what Node's own streams hold: 16 objects at each end of each.
      expect(lead).toBeLessThanOrEqual(WINDOW + 3 * 16 + 2);
    });
  },
);

test('what a stage throws is the error of the stream', async () => {
  const failed = { code: 'ERR_DLB_STAGE_FAILED', cause: { message: 'wrong item 30' } };
  await withPipeline({ stages: [failing] }, async (pipeline) => {
    const source = Readable.from(numbers(100));
    await expect(connect(source, pipeline.duplex(), sink([]))).rejects.toMatchObject(failed);
    expect(source.destroyed).toBe(true);
    const web = ReadableStream.from<number>(numbers(100));
    const run = collect(web.pipeThrough(pipeline.transform()));
    await expect(run).rejects.toMatchObject(failed);
    expect(await pipeline.call(1)).toBe(1);
  });
});

test('what the source throws is the error of the stream, and its items are cancelled', async () => {
  const broken = new Error('the source is broken');
  const source = async function* (): AsyncGenerator<number> {
    yield* numbers(10);
    throw broken;
  };
  await withDouble(async (pipeline) => {
    const piped = connect(Readable.from(source()), pipeline.duplex(), sink([]));
    await expect(piped).rejects.toBe(broken);
    const web = ReadableStream.from<number>(source());
    await expect(collect(web.pipeThrough(pipeline.transform()))).rejects.toBe(broken);
    expect(await pipeline.call(1)).toBe(2);
  });
});

test('a consumer may leave: the source is told', async () => {
  await withDouble(async (pipeline) => {
    const source = Readable.from(numbers(100_000));
    const duplex = pipeline.duplex();
    const piped = connect(source, duplex);
    for await (const item of duplex) if (item === 100) break;
    await piped.catch(() => {});
    expect(source.destroyed).toBe(true);

    let isCancelled = false;
    let next = 0;
    const web = new ReadableStream<number>({
      pull: (controller) => controller.enqueue(next++),
      cancel: () => void (isCancelled = true),
    });
    for await (const item of web.pipeThrough(pipeline.transform())) if (item === 100) break;
    await turns();
    expect(isCancelled).toBe(true);
    expect(await pipeline.call(1)).toBe(2);
  });
});

test('flow and priority are options of streams as well', async () => {
  const who = stage<typeof plain.whoAndWhat>({ module: PLAIN, handler: 'whoAndWhat' });
  await withPipeline({ stages: [who] }, async (pipeline) => {
    const options = { flow: (item: number) => item % 3, priority: (item: number) => item };
    const seen = await collect(Readable.from(numbers(9)).pipe(pipeline.duplex(options)));
    const flows = (seen as { flow: number }[]).map(({ flow }) => flow);
    expect(new Set(flows).size).toBe(3);
    expect(flows.slice(0, 3)).toEqual(flows.slice(3, 6));
  });
});

test('null, which a Node stream cannot carry, does not end it as if it were whole', async () => {
  const nulls = stage<typeof plain.toNull>({ module: PLAIN, handler: 'toNull' });
  await withPipeline({ stages: [nulls] }, async (pipeline) => {
    const duplex = Readable.from([1, 2, 3]).pipe(pipeline.duplex());
    await expect(collect(duplex)).rejects.toThrow();
    expect(await collect(pipeline.run([1, 2, 3]))).toEqual([1, null, 3]);
  });
});
