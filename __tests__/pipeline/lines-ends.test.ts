/** Lines that are not read to their end, sources that fail or are none, and lines in a pipeline. */
import { Readable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';
import { expect, test } from '@jest/globals';
import { lines, records, stage } from '../../lib/index.js';
import type { ChunkSource } from '../../lib/index.js';
import { collect, moduleUrl, numbers, turns } from './pipelines.js';
import { shared } from './shared.js';
import type * as texts from './modules/texts.js';

const module = moduleUrl('texts');
const withUpper = shared({ stages: [stage<typeof texts.upper>({ module, handler: 'upper' })] });
const failure = new Error('the source is broken');
const DONE = { done: true, value: undefined };

/** Never ends; gives a chunk when it is asked, or nothing. */
function endless(chunk: string | undefined): Readable {
  return new Readable({
    read() {
      if (chunk !== undefined) this.push(chunk);
    },
  });
}

test('leaving the loop destroys a Node stream, cancels a Web stream, and ends a generator', async () => {
  const node = endless('a\nb\n');
  let cancelled = 0;
  const web = new ReadableStream<string>({
    pull: (controller) => controller.enqueue('a\nb\n'),
    cancel: () => void cancelled++,
  });
  let isDone = false;
  const generator = (async function* () {
    try {
      for (;;) yield 'a\nb\n';
    } finally {
      isDone = true;
    }
  })();
  for (const source of [node, web, generator]) {
    const rows = lines(source);
    for await (const line of rows) if (line === 'b') break;
    expect(await rows.next()).toEqual(DONE);
    expect(await rows.return!()).toEqual(DONE);
  }
  expect({ destroyed: node.destroyed, cancelled, isDone }).toEqual({
    destroyed: true,
    cancelled: 1,
    isDone: true,
  });
});

test('a stream is told at once, before the first line and while it has nothing to give', async () => {
  const unread = endless('a\n');
  await lines(unread).return!();
  expect(unread.destroyed).toBe(true);

  const silent = endless(undefined);
  const rows = lines(silent);
  const waiting = rows.next();
  await turns();
  expect(await rows.return!()).toEqual(DONE);
  expect(silent.destroyed).toBe(true);
  expect(await waiting).toEqual(DONE);

  const stuck = lines(
    (async function* () {
      await new Promise(() => {});
      yield '';
    })(),
  );
  void stuck.next();
  await turns();
  expect(await stuck.return!()).toEqual(DONE);
});

test('what a source throws comes behind the lines before it, once', async () => {
  const source = function* (): Generator<string> {
    yield 'a\nb';
    throw failure;
  };
  const rows = lines(source());
  expect(await rows.next()).toEqual({ done: false, value: 'a' });
  await expect(rows.next()).rejects.toBe(failure);
  expect(await rows.next()).toEqual(DONE);
  const broken = new Readable({ read: () => void broken.destroy(failure) });
  await expect(collect(lines(broken))).rejects.toBe(failure);
});

test.each<[string, unknown[], RegExp]>([
  ['a number', ['a\n', 5], /^a chunk must be a Uint8Array or a string: .*chunk=5, type=number$/],
  ['null', [null], /a chunk must be .* type=null$/],
  ['other views', [new Uint16Array(2)], /a chunk must be .* type=Uint16Array$/],
  ['memory', [new ArrayBuffer(2)], /a chunk must be .* type=ArrayBuffer$/],
  [
    'bytes after text',
    ['a', Buffer.from('b')],
    /^chunks must be all strings or all bytes: .* type=Buffer$/,
  ],
  [
    'text after bytes',
    [new Uint8Array(1), 'b'],
    /^chunks must be all .* chunk="?b"?, type=string$/,
  ],
])('a chunk that is refused by its type ends the source: %s', async (_what, chunks, message) => {
  let isDone = false;
  const source = (function* () {
    try {
      yield* chunks;
    } finally {
      isDone = true;
    }
  })();
  const read = collect(lines(source as unknown as ChunkSource));
  await expect(read).rejects.toMatchObject({
    code: 'ERR_DLB_INVALID_ARGUMENT',
    message: expect.stringMatching(message),
  });
  expect(isDone).toBe(true);
});

test.each<[unknown, unknown, string]>([
  ['data.ndjson', {}, 'source'],
  [Buffer.from('a\n'), {}, 'source'],
  [5, {}, 'source'],
  [undefined, {}, 'source'],
  [[], { bytes: 'yes' }, 'bytes'],
  [[], { byte: true }, 'byte'],
  [[], null, 'options'],
])('lines(%p, %p) is refused by its field', (source, options, field) => {
  const call = (): unknown => lines(source as ChunkSource, options as object);
  expect(call).toThrow(
    expect.objectContaining({
      code: 'ERR_DLB_INVALID_ARGUMENT',
      details: expect.objectContaining({ field }),
    }),
  );
});

test('a pipeline has the lines of a stream, in order', async () => {
  await withUpper(async (pipeline) => {
    const text = Array.from(numbers(5000), (n) => `line ${n}`).join('\r\n');
    const source = Readable.from(
      Buffer.from(text)
        .toString('latin1')
        .match(/[^]{1,1000}/g)!,
    );
    const results = await collect(pipeline.run(lines(source)));
    expect(results).toEqual(text.toUpperCase().split('\r\n'));
  });
});

const withBytes = shared({
  stages: [stage<typeof texts.lengthOf>({ module, handler: 'lengthOf' })],
});
test('a pipeline has the bytes of lines', async () => {
  await withBytes(async (pipeline) => {
    const source = lines(['a\nüü\n', '\nbbb'], { bytes: true });
    expect(await collect(pipeline.run(source))).toEqual([1, 4, 0, 3]);
  });
});

const withOrders = shared({
  stages: [stage<typeof texts.doubled>({ module, handler: 'doubled' })],
});
test('a pipeline has the values of records', async () => {
  await withOrders(async (pipeline) => {
    const text = Array.from(numbers(500), (id) => `{"id":${id},"amount":${id * 3}}\n`).join('\n');
    const source = ReadableStream.from([text.slice(0, 5000), text.slice(5000)]);
    const results = await collect(pipeline.run(records<texts.Order>(source)));
    expect(results).toEqual(Array.from(numbers(500), (id) => ({ id, amount: id * 6 })));
  });
});

test('a run that fails, is left, or is aborted tells the stream', async () => {
  await withUpper(async (pipeline) => {
    const failing = endless('right\nwrong\n');
    await expect(collect(pipeline.run(lines(failing)))).rejects.toMatchObject({
      code: 'ERR_DLB_STAGE_FAILED',
    });
    await turns();

    const left = endless('a\nb\n');
    for await (const line of pipeline.run(lines(left))) if (line === 'B') break;

    const silent = endless(undefined);
    const controller = new AbortController();
    const run = collect(pipeline.run(lines(silent), { signal: controller.signal }));
    await turns();
    controller.abort(failure);
    await expect(run).rejects.toBe(failure);
    await turns();

    const unread = endless('a\n');
    const aborted = pipeline.run(lines(unread), { signal: AbortSignal.abort(failure) });
    await expect(collect(aborted)).rejects.toBe(failure);
    await turns();
    expect([failing, left, silent, unread].map(({ destroyed }) => destroyed)).toEqual([
      true,
      true,
      true,
      true,
    ]);
  });
});
