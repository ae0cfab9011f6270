/** What lines and records are, however the stream is cut into chunks. */
import { Readable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { lines, records } from '../../lib/index.js';
import type { BatchedSource, ChunkSource } from '../../lib/index.js';
import { BATCHES } from '../../lib/pipeline/lines/batches.js';
import type { Batched, RawItem } from '../../lib/pipeline/lines/batches.js';
import type { Holds, Same } from '../api/shapes.js';
import { collect } from './pipelines.js';

export type Checks = [
  Holds<Same<ReturnType<typeof lines<false>>, BatchedSource<string>>>,
  Holds<Same<ReturnType<typeof lines<true>>, BatchedSource<Uint8Array>>>,
  Holds<Same<ReturnType<typeof records<number>>, BatchedSource<number>>>,
];

/** What a plain split gives. */
function splitPlainly(text: string): string[] {
  const all = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  // Behind the end of the last line there is nothing.
  return all.at(-1) === '' ? all.slice(0, -1) : all;
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString();
}

/** All items of all batches. */
async function batchesOf(source: unknown): Promise<RawItem[]> {
  const batches = (source as Batched)[BATCHES]();
  const all: RawItem[] = [];
  for (;;) {
    const { done, value } = await batches.next();
    if (done === true) return all;
    expect(value.length).toBeGreaterThan(0);
    all.push(...(value as RawItem[]));
  }
}

/** Every way to read lines, as strings. */
async function everyWay(chunks: readonly (Uint8Array | string)[]): Promise<string[][]> {
  return [
    await collect(lines(chunks)),
    (await batchesOf(lines(chunks))) as string[],
    (await collect(lines(chunks, { bytes: true }))).map(textOf),
    ((await batchesOf(lines(chunks, { bytes: true }))) as Uint8Array[]).map(textOf),
  ];
}

/** In pieces of these lengths, and the rest. */
function pieces<C extends Uint8Array | string>(whole: C, lengths: readonly number[]): C[] {
  const cut: C[] = [];
  let at = 0;
  for (const length of [...lengths, Infinity]) {
    cut.push(whole.slice(at, at + length) as C);
    at += length;
  }
  return cut;
}

const LENGTHS = fc.array(fc.nat(7), { maxLength: 40 });
const CHARACTERS = ['\n', '\r', '\r\n', '\uFEFF', 'a', 'ü', '語', '👍', ' '] as const;
const TEXT = fc
  .array(fc.constantFrom(...CHARACTERS), { maxLength: 60 })
  .map((characters) => characters.join(''));

test('any text in any chunks, of bytes or of characters, has the lines of a plain split', async () => {
  const property = fc.asyncProperty(TEXT, LENGTHS, async (text, lengths) => {
    const expected = splitPlainly(text);
    for (const read of await everyWay(pieces(Buffer.from(text), lengths))) {
      expect(read).toEqual(expected);
    }
    for (const read of await everyWay(pieces(text, lengths))) {
      // Bytes of half a character are not those of the character: it is joined before.
      expect(read).toEqual(expected);
    }
  });
  await fc.assert(property, { numRuns: 500 });
});

test('any bytes in any chunks are the text that TextDecoder makes of them', async () => {
  const byte = fc.oneof(fc.nat(255), fc.constantFrom(0x0a, 0x0d, 0xe2, 0x82, 0xef, 0xbb, 0xbf));
  const bytes = fc.array(byte, { maxLength: 60 }).map((all) => Uint8Array.from(all));
  const property = fc.asyncProperty(bytes, LENGTHS, async (all, lengths) => {
    const expected = splitPlainly(new TextDecoder('utf-8', { ignoreBOM: true }).decode(all));
    const chunks = pieces(all, lengths);
    expect(await collect(lines(chunks))).toEqual(expected);
    expect(await batchesOf(lines(chunks))).toEqual(expected);
  });
  await fc.assert(property, { numRuns: 500 });
});

test.each<[string, string[], string[]]>([
  ['nothing', [], []],
  ['empty chunks', ['', ''], []],
  ['an empty line', ['\n'], ['']],
  ['no line behind the last end', ['a\n', 'b\n'], ['a', 'b']],
  ['a last line without an end', ['a\nb'], ['a', 'b']],
  ['empty lines between others', ['a\n\n\nb\n'], ['a', '', '', 'b']],
  ['CRLF, also over two chunks', ['a\r\nb\r', '\nc'], ['a', 'b', 'c']],
  ['a CR by itself is a character', ['a\rb\r\r\n\rc\r'], ['a\rb\r', '\rc\r']],
  ['a mark of the byte order at the beginning', ['\uFEFFa\n\uFEFFb'], ['a', '\uFEFFb']],
  ['only one such mark', ['\uFEFF', '\uFEFFa'], ['\uFEFFa']],
  ['nothing but the mark', ['\uFEFF'], []],
  ['the mark and an empty line', ['\uFEFF\r\n'], ['']],
])('%s', async (_what, chunks, expected) => {
  for (const read of await everyWay(chunks)) expect(read).toEqual(expected);
  const bytes = [...Buffer.from(chunks.join(''))].map((byte) => Uint8Array.of(byte));
  for (const read of await everyWay(bytes)) expect(read).toEqual(expected);
});

test('a line that lies in very many chunks is joined in linear time', async () => {
  // Joined again for each chunk, it would take hours.
  const chunks = 200_000;
  const part = Buffer.alloc(100, 'x');
  const bytes = function* (): Generator<Buffer> {
    for (let i = 0; i < chunks; i++) yield part;
    yield Buffer.from('\nend');
  };
  const text = function* (): Generator<string> {
    for (const each of bytes()) yield each.toString();
  };
  for (const source of [bytes, text]) {
    const [long, end, ...none] = await collect(lines(source()));
    expect({ length: long!.length, end, none }).toEqual({
      length: chunks * part.length,
      end: 'end',
      none: [],
    });
  }
  const [long] = await collect(lines(bytes(), { bytes: true }));
  expect(long!.every((byte) => byte === part[0])).toBe(true);
});

test('a chunk that is a whole file comes in several batches, with lines longer than a batch in it', async () => {
  const expected = Array.from({ length: 60 }, (_, i) =>
    `${i}`.repeat(i % 20 === 7 ? 400_000 : 9000),
  );
  const text = expected.join('\n');
  expect(await collect(lines([text]))).toEqual(expected);
  for (const chunk of [text, Buffer.from(text)]) {
    const batches = (lines([chunk]) as unknown as Batched)[BATCHES]();
    const first = await batches.next();
    expect(first.value).toEqual(expected.slice(0, (first.value as unknown[]).length));
    expect((first.value as unknown[]).length).toBeLessThan(expected.length);
    await batches.return!();
    expect(await batches.next()).toEqual({ done: true, value: undefined });
    expect(await batchesOf(lines([chunk]))).toEqual(expected);
  }
});

const TWO = ['one\ntw', 'o\n'];
test.each<[string, () => ChunkSource]>([
  ['a Node stream of bytes', () => Readable.from(TWO.map((text) => Buffer.from(text)))],
  [
    'a Node stream with an encoding',
    () => Readable.from([Buffer.from(TWO.join(''))]).setEncoding('utf8'),
  ],
  ['a Node stream of strings', () => Readable.from(TWO)],
  ['a Web stream', () => ReadableStream.from(TWO)],
  ['a Web stream of bytes', () => new Blob(TWO).stream()],
  ['an iterable', () => new Set(TWO)],
  [
    'an asynchronous generator',
    async function* generate() {
      for (const text of TWO) yield new TextEncoder().encode(text);
    },
  ],
])('a source may be %s', async (_what, open) => {
  expect(await collect(lines(open()))).toEqual(['one', 'two']);
});

test('lines of bytes are views of their chunk, one that lies in two has memory of its own', async () => {
  const chunks = [Uint8Array.from(Buffer.from('a\nb')), Uint8Array.from(Buffer.from('b\nc\n'))];
  const read = await collect(lines(chunks, { bytes: true }));
  expect(read.map(textOf)).toEqual(['a', 'bb', 'c']);
  expect(read.map(({ buffer }) => chunks.findIndex((chunk) => chunk.buffer === buffer))).toEqual([
    0, -1, 1,
  ]);
  // A line of a pool's memory would take others' bytes along.
  expect(read[1]!.buffer.byteLength).toBeLessThan(10);
});

test('strings are right, and bytes until the next chunk, when a source uses its memory again', async () => {
  const memory = Buffer.alloc(4);
  const source = function* (): Generator<Buffer> {
    for (const text of ['a\nbb', 'bbbb', 'b\ncc', '\nd']) {
      yield memory.subarray(0, memory.write(text.padEnd(4, 'x').slice(0, text.length)));
    }
  };
  const expected = ['a', 'bbbbbbb', 'cc', 'd'];
  expect(await collect(lines(source()))).toEqual(expected);
  const bytes: string[] = [];
  for await (const line of lines(source(), { bytes: true })) bytes.push(textOf(line));
  expect(bytes).toEqual(expected);
});

test('records are the values of lines, and blank lines are left out', async () => {
  const text = '\uFEFF{"a":[1,"ü"]}\r\n\n \t\r\n"b\\n"\r\nnull\n  7  \n';
  const expected = [{ a: [1, 'ü'] }, 'b\n', null, 7];
  for (const source of [[text], [Buffer.from(text)], text.split('')]) {
    expect(await collect(records(source))).toEqual(expected);
    const raw = (await batchesOf(records(source))) as Uint8Array[];
    expect(raw.map((each) => JSON.parse(textOf(each)) as unknown)).toEqual(expected);
  }
  expect(await batchesOf(records(['\n \n', '\r\n\t']))).toEqual([]);
});

test('a line that is no JSON text is refused with its number, and ends the source', async () => {
  const source = Readable.from(['1\n\n', '2\n{"a"\n', '3\n'], { objectMode: false });
  const read: unknown[] = [];
  const loop = async (): Promise<void> => {
    for await (const value of records(source)) read.push(value);
  };
  await expect(loop()).rejects.toMatchObject({
    code: 'ERR_DLB_INVALID_ARGUMENT',
    message: expect.stringMatching(/^a line is no JSON text: field=line, line=4, reason=.*JSON/),
    details: { field: 'line', line: 4 },
    cause: { name: 'SyntaxError' },
  });
  expect({ read, destroyed: source.destroyed }).toEqual({ read: [1, 2], destroyed: true });
});

test('what is taken in batches begins where items were taken one by one', async () => {
  const rows = lines(['head\none\ntwo\n', 'three']);
  expect(await rows.next()).toEqual({ done: false, value: 'head' });
  expect(await batchesOf(rows)).toEqual(['one', 'two', 'three']);
  const values = records<number>(['1\n\n2\n3', '\n4']);
  expect(await values.next()).toEqual({ done: false, value: 1 });
  expect(((await batchesOf(values)) as Uint8Array[]).map(textOf)).toEqual(['2', '3', '4']);
});

test('the form of raw items is told', () => {
  const forms = [lines([]), lines([], { bytes: true }), records([])];
  expect(forms.map((each) => (each as unknown as Batched).form)).toEqual([
    'string',
    'bytes',
    'json',
  ]);
});

test('items that are asked for before others have come are given in order', async () => {
  const rows = lines(Readable.from(['a\nb\n', 'c\nd\n']));
  const asked = await Promise.all(Array.from({ length: 6 }, () => rows.next()));
  expect(asked.map(({ value }) => value)).toEqual(['a', 'b', 'c', 'd', undefined, undefined]);
  expect(asked.map(({ done }) => done)).toEqual([false, false, false, false, true, true]);
  // Nobody who asks later is served before.
  const others = lines(Readable.from(['a\nb\nc\n']));
  const first = others.next();
  const second = others.next();
  expect((await first).value).toBe('a');
  const third = others.next();
  expect([(await second).value, (await third).value]).toEqual(['b', 'c']);
});
