/** Values and errors on their way between threads: as they were, or refused by name. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterEach, expect, test } from '@jest/globals';
import {
  Cell,
  cellBytes,
  entriesFrom,
  ENTRY,
  entryWords,
  NO_HOME,
} from '../../lib/pipeline/cell.js';
import { Encoder, KIND, Stage } from '../../lib/pipeline/codec.js';
import { LargeCells } from '../../lib/pipeline/large-cells.js';
import { DlbError } from '../../lib/eventdev/errors.js';
import { BlockIds, IDS_PER_BLOCK } from '../../lib/mempool/block-ids.js';
import { highOfLarge, largeId } from '../../lib/pipeline/large-ids.js';
import { createPipeline, many, stage } from '../../lib/pipeline/index.js';
import type { DeadLetter } from '../../lib/pipeline/index.js';
import { Roots } from '../../lib/pipeline/roots.js';
import type { ItemOwner } from '../../lib/pipeline/roots.js';
import { collect, moduleUrl } from './pipelines.js';
import { shared } from './shared.js';

const module = moduleUrl('values');
const onDeadLetter = (letter: DeadLetter): void => void letters.push(letter);
const letters: DeadLetter[] = [];
afterEach(() => void letters.splice(0));

const withGive = shared({ stages: [stage({ module, handler: 'give' })], workers: 1 });
const withFail = shared({
  stages: [stage({ module, handler: 'fail', onError: 'dead-letter' })],
  workers: 1,
  onDeadLetter,
});

test('W1: ids of large cells are never the same, in however many threads and cells', () => {
  const blocks = new Int32Array(new SharedArrayBuffer(4));
  const threads = Array.from({ length: 5000 }, () => new BlockIds(blocks));
  const firsts = threads.map((ids) => ids.next());
  expect(new Set(firsts).size).toBe(threads.length);
  const [first] = threads;
  const ids = new Set(firsts);
  for (let i = 1; i <= IDS_PER_BLOCK; i++) {
    const id = first!.next();
    if (i > IDS_PER_BLOCK - 3) expect(ids.has(id)).toBe(false);
  }
  for (const id of [0, 2 ** 32 - 1, 2 ** 32, 2 ** 51 + 12_345]) {
    expect(largeId(id | 0, highOfLarge(id, 1))).toBe(id);
  }
});

test('W1: an id that is known already is an error, and nobody gets the cell of another', () => {
  const blocks = new Int32Array(new SharedArrayBuffer(4));
  const channel = 'softdlb: a test of ids';
  const [one, other] = [
    new LargeCells(channel, blocks, true, false),
    new LargeCells(channel, blocks, false, false),
  ];
  const defects: unknown[] = [];
  other.onDefect = (error) => void defects.push(error);
  try {
    const cell = other.prepare(1, 64);
    other.announce(cell);
    const { id } = cell;
    // As a thread that took the same block.
    blocks[0] = 0;
    one.announce(one.prepare(2, 64));
    other.drain();
    expect(defects).toMatchObject([{ code: 'ERR_DLB_INTERNAL_ERROR', details: { id } }]);
  } finally {
    one.close();
    other.close();
  }
});

test('W3: views in results have memory of their own, and can be transferred', async () => {
  const spec = { stages: [stage({ module, handler: 'views' })], workers: 1 } as const;
  await using pipeline = await createPipeline(spec);
  type Views = { pooled: Uint8Array; part: Float32Array; list: [DataView] };
  const { pooled, part, list } = (await pipeline.call(0)) as Views;
  for (const view of [pooled, part, list[0]]) {
    expect([view.byteOffset, view.buffer.byteLength]).toEqual([0, view.byteLength]);
    structuredClone(view.buffer, { transfer: [view.buffer as ArrayBuffer] });
  }
  expect([pooled.byteLength, part.byteLength]).toEqual([0, 0]);
});

test('W3: views of pushed values, of pieces and of dead letters have memory of their own', async () => {
  await withGive(async (pipeline) => {
    const sent = { view: Buffer.from('pooled'), list: many([1]) };
    const { view } = (await pipeline.call({ view: sent.view })) as { view: Uint8Array };
    expect([view.byteOffset, view.buffer.byteLength]).toEqual([0, 6]);
  });
  await withFail(async (pipeline) => {
    await expect(pipeline.call({ how: Buffer.from('nothing') })).rejects.toThrow();
    const { how } = letters[0]!.item as { how: Uint8Array };
    expect([how.byteOffset, how.buffer.byteLength]).toEqual([0, 7]);
  });
});

test('W4: errors of every class arrive with what they say, in rejections, dead letters and on channels', async () => {
  const told: unknown[] = [];
  const listen = (message: unknown): void => void told.push((message as { error: Error }).error);
  subscribe('softdlb:pipeline:error', listen);
  await withFail(async (pipeline) => {
    for (const how of ['DOMException', 'AggregateError', 'causes', 'cycle']) {
      await expect(pipeline.call(how as never)).rejects.toMatchObject({
        code: 'ERR_DLB_STAGE_FAILED',
      });
    }
  });
  unsubscribe('softdlb:pipeline:error', listen);
  const expected = [
    { name: 'TimeoutError', message: 'too late' },
    {
      message: 'both',
      errors: [
        { name: 'TypeError', message: 'a' },
        { name: 'QuotaError', code: 'E_QUOTA' },
      ],
    },
    {
      message: 'outer',
      cause: { name: 'QuotaError', code: 'E_QUOTA', cause: { name: 'TypeError' } },
    },
    { message: 'first', cause: { message: 'second' } },
  ];
  expect(letters.map(({ error }) => error.cause)).toMatchObject(expected);
  expect(told.map((error) => (error as Error).cause)).toMatchObject(expected);
});

test('W4: an error of this package arrives as one, whichever copy of the package its thread has', async () => {
  await withFail(async (pipeline) => {
    await expect(pipeline.call('DlbError')).rejects.toThrow('a handler failed');
  });
  const [{ error }] = letters as [DeadLetter];
  expect(error.cause).toBeInstanceOf(DlbError);
  expect(error.cause).toMatchObject({ code: 'ERR_DLB_PORT_IN_USE', details: { portId: 3 } });
});

test('W4: a set-up that fails says what it failed with', async () => {
  const opening = createPipeline({
    stages: [stage({ module: moduleUrl('throws-in-setup') })],
    workers: 1,
  });
  await expect(opening).rejects.toMatchObject({
    code: 'ERR_DLB_MODULE_INVALID',
    message: expect.stringContaining('nobody answered'),
    cause: { name: 'TimeoutError', message: 'nobody answered' },
  });
});

test.each([
  ['URL', 'URL'],
  ['Headers', 'Headers'],
  ['Response', 'Response'],
  ['Blob', 'Blob'],
  ['BlockList', 'BlockList'],
  ['Promise', 'Promise'],
  ['function', 'function'],
  ['symbol', 'symbol'],
  ['Proxy', 'Proxy'],
  ['environment', 'path=value.env, type=Object'],
  ['levels', 'more than 1000 levels'],
])(
  'W5, S4: a result with a %s in it is refused by name, and the next call has its answer',
  async (what, type) => {
    await withGive(async (pipeline) => {
      const refused = expect.stringContaining(type);
      await expect(pipeline.call(what)).rejects.toMatchObject({
        code: 'ERR_DLB_STAGE_FAILED',
        message: refused,
      });
      expect(await pipeline.call('and now')).toBe('and now');
    });
  },
);

test('W5: what cannot be carried is refused on its way in as well, by name and place', async () => {
  await withGive(async (pipeline) => {
    const item = { to: [new URL('http://localhost/')] };
    const refusal = {
      code: 'ERR_DLB_INVALID_ARGUMENT',
      message: expect.stringMatching(/path=value\.to\[0\].*type=URL/),
    };
    await expect(pipeline.call(item)).rejects.toMatchObject(refusal);
    await expect(collect(pipeline.run([1, item]))).rejects.toMatchObject(refusal);
  });
});

test('W5: texts with half a surrogate pair arrive as they are, whole or in an object', async () => {
  await withGive(async (pipeline) => {
    for (const text of ['\ud800', 'a\udc00b', `${'x'.repeat(5000)}\ud83d`, '\udc00'.repeat(3000)]) {
      expect(await pipeline.call(text)).toBe(text);
      expect(await pipeline.call({ text })).toEqual({ text });
    }
  });
});

test('W5: shared memory stays shared', async () => {
  const spec = { stages: [stage({ module, handler: 'share' })], workers: 1 } as const;
  await using pipeline = await createPipeline(spec);
  const memory = new SharedArrayBuffer(8);
  type Shared = { memory: SharedArrayBuffer; view: Int32Array };
  const result = (await pipeline.call({ memory })) as Shared;
  const words = new Int32Array(memory);
  expect(words[0]).toBe(7);
  words[1] = 9;
  expect([new Int32Array(result.memory)[0], result.view[0], result.view.byteOffset]).toEqual([
    7, 9, 4,
  ]);
});

test('W5: shared memory reaches a thread that comes later, pieces and dead letters', async () => {
  type Item = { memory: SharedArrayBuffer };
  const options = { module, workers: 1 } as const;
  const stages = [
    stage({ ...options, handler: 'countLater' }),
    stage({ ...options, handler: 'countTwice' }),
  ] as const;
  await using pipeline = await createPipeline({ stages, workers: 1, onCrash: () => {} });
  const memory = new SharedArrayBuffer(4);
  const results = (await collect(pipeline.run([{ memory }]))) as Item[];
  const [words] = [new Int32Array(memory)];
  expect(words[0]).toBe(3);
  words[0] = 9;
  expect(results.map((each) => each.memory && new Int32Array(each.memory)[0])).toEqual([
    9,
    undefined,
    9,
  ]);
  await using failing = await createPipeline({
    stages: [stage({ ...options, handler: 'failCounted', onError: 'dead-letter' })],
    workers: 1,
    onDeadLetter,
  });
  await expect(failing.call({ memory })).rejects.toThrow('counted');
  expect([words[0], new Int32Array((letters[0]!.item as Item).memory)[0]]).toEqual([10, 10]);
});

test('W4: errors in results are as those that were thrown, and the same ones', async () => {
  const one = stage({ module, handler: 'errors' });
  const stages = [one, stage({ module, handler: 'give' })] as const;
  await using pipeline = await createPipeline({ stages, workers: 1 });
  type Told = Error & { errors: Error[] };
  type Errors = { error: Told; again: Told; by: Map<Told, [Told]> };
  const { error, again, by } = (await pipeline.call(0)) as Errors;
  expect(error).toBeInstanceOf(RangeError);
  expect(error).toMatchObject({ name: 'QuotaError', code: 'E_QUOTA', message: 'inner' });
  expect(error.cause).toBeInstanceOf(DOMException);
  expect(error.cause).toMatchObject({ name: 'TimeoutError', message: 'too late' });
  expect(again).toBe(error);
  expect(by.get(error)).toMatchObject([{ message: 'all', errors: [{ code: 'E_QUOTA' }] }]);
});

test('W3, W5: views in contexts have memory of their own, and what a context cannot carry is refused', async () => {
  const context = { pooled: Buffer.from('abc'), part: Uint16Array.of(1, 2, 3).subarray(1) };
  const stages = [stage({ module, handler: 'contextViews', context })] as const;
  await using pipeline = await createPipeline({ stages, workers: 1 });
  expect(await pipeline.call(0)).toEqual([
    [0, 3, 3],
    [0, 4, 4],
  ]);
  for (const part of [new URL('http://localhost/'), new DOMException('m', 'AbortError')]) {
    const opening = createPipeline({ stages: [stage({ module, context: { part } })] });
    await expect(opening).rejects.toMatchObject({ code: 'ERR_DLB_INVALID_ARGUMENT' });
  }
});

test('W5: room for a result that cannot be is refused', async () => {
  const stages = [stage({ module, handler: 'output' })] as const;
  await using pipeline = await createPipeline({ stages, workers: 1 });
  for (const bytes of [-1, 1.5, NaN, 2 ** 31, 'many']) {
    await expect(pipeline.call(bytes)).rejects.toThrow(/bytes=.*max=2147483647/);
  }
  expect(await pipeline.call(5)).toHaveLength(5);
});

/** A cell with bytes that are no value. */
function unreadable(kind: number): Cell {
  const stride = entryWords(false);
  const cell = new Cell(0, false, new SharedArrayBuffer(cellBytes(128)), 0, 128, stride);
  cell.begin(0, NO_HOME);
  const isPlain = kind === KIND.PLAIN;
  cell.fill(0, 1, 0, isPlain ? 64 : 0, isPlain ? 40 : 0);
  cell.rooms[0].fill(0x5f, 64);
  const entry = cell.roomWord(0) + entriesFrom(1);
  cell.words.fill(0, entry, entry + stride);
  cell.words[entry + ENTRY.KIND] = kind;
  cell.words[entry + ENTRY.OFFSET] = isPlain ? 0 : 64;
  cell.words[entry + ENTRY.LENGTH] = 40;
  cell.select(0, 0);
  return cell;
}

test.each([
  'PLAIN',
  'PACKED',
  'STRUCTURED',
  'SPECIAL',
  'JSON',
  'BUNDLE',
  'FAILED',
  'DEAD',
] as const)(
  'S4: bytes of kind %s that cannot be read fail their item, which ends as any other',
  async (kind) => {
    const ends: unknown[] = [];
    const roots = new Roots(1, false, onDeadLetter);
    const owner: ItemOwner = {
      wants: true,
      result: (number) => void ends.push(number),
      results: (number, values) => void ends.push([number, values]),
      failed: (_number, error) => void ends.push(error),
      buried: (_number, error) => void ends.push(error),
      stored: () => {},
    };
    roots.lastStage = 'last';
    const cell = unreadable(KIND[kind]);
    roots.begin(0, owner, 5);
    roots.takeOut(cell);
    expect(ends).toEqual([expect.objectContaining({ code: 'ERR_DLB_STAGE_FAILED' }), [5, []]]);
    await Promise.resolve();
    expect(letters).toHaveLength(kind === 'DEAD' ? 1 : 0);
  },
);

test('W5: a value of 2^31 bytes is refused with its size', () => {
  const encoder = new Encoder();
  const write = (bytes: number): boolean =>
    encoder.write(new Uint8Array(bytes), 'bytes', new Stage(), 64);
  expect(() => write(2 ** 31)).toThrow(/bytes=2147483648/);
  // As much as a length can say.
  expect(write(2 ** 31 - 1)).toBe(false);
});

test('S2: a refusal can be told of whatever was given', async () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  const refusal = { code: 'ERR_DLB_INVALID_ARGUMENT' };
  await withGive(async (pipeline) => {
    await expect(pipeline.call(proxy)).rejects.toMatchObject(refusal);
    expect(() => pipeline.run([], { window: proxy as never })).toThrow(
      expect.objectContaining(refusal),
    );
  });
});
