/** Values that cross threads, by every codec, through two stages. */
import { inspect } from 'node:util';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { stage } from '../../lib/pipeline/index.js';
import type { Codec, Pipeline } from '../../lib/pipeline/index.js';
import { collect, moduleUrl, withPipeline } from './pipelines.js';

const module = moduleUrl('plain');
const PROPERTY = { numRuns: 60 };

/** Everything is encoded three times: on its way in, between the stages, and on its way out. */
function echoing<T>(codec: Codec, use: (pipeline: Pipeline) => Promise<T>): Promise<T> {
  const stages = [
    stage({ module, name: 'first', codec }),
    stage({ module, name: 'second', codec }),
  ] as const;
  return withPipeline({ stages, codec, bytes: 64 }, use);
}

/** What Jest compares are objects of its own realm; what Node deserialises are not. */
function show(value: unknown): string {
  return inspect(value, { depth: null, maxArrayLength: null, maxStringLength: null });
}

const cyclic: { self?: unknown } = {};
cyclic.self = cyclic;

const TEXTS = [
  '',
  'a',
  'Zürich',
  '日本語',
  '👩‍👩‍👧 👍🏽',
  '\0 \u{feff}',
  'x'.repeat(65),
  'ü'.repeat(1000),
];
const NUMBERS = [0, -0, 1.5, -1, NaN, Infinity, -Infinity, 2 ** 53, Number.MIN_VALUE];
const BYTES = [
  new Uint8Array(0),
  Uint8Array.of(1, 2, 3),
  new Uint8Array(64).fill(7),
  new Uint8Array(65).fill(8),
  new Uint8Array(10_000).fill(9),
];
// Not undefined: returned, it is nothing.
const STRUCTURED = [
  null,
  true,
  10n ** 30n,
  new Date(86_400_000),
  /a(b)/giu,
  new Map<unknown, unknown>([[{ key: 1 }, new Set([1, '2'])]]),
  [],
  {},
  Array.from({ length: 3 }),
  { nested: { deep: [{ x: undefined }] } },
  new Float64Array([1.5, NaN]),
  new Int16Array(0),
  new BigUint64Array([2n ** 63n]),
  new Uint8Array([1, 2]).buffer,
  { mixed: new Uint8Array([1]), text: 'ü' },
];
const JSONS = [null, true, 0, '', 'ü', [], {}, { a: [1, { b: null }] }];

test('auto carries every kind of value as it is', async () => {
  await echoing('auto', async (pipeline) => {
    const values = [...TEXTS, ...NUMBERS, ...BYTES, ...STRUCTURED];
    const results = await collect(pipeline.run(values));
    expect(results.map(show)).toEqual(values.map(show));
    expect(show(await pipeline.call(cyclic))).toBe(show(cyclic));
    // With memory of their own.
    const buffer = (await pipeline.call(Buffer.from('ü'))) as Uint8Array;
    expect(show(buffer)).toBe(show(Buffer.from('ü')));
    expect([buffer.byteOffset, buffer.buffer.byteLength]).toEqual([0, 2]);
    expect(show(buffer.buffer)).toMatch(/^ArrayBuffer/);
    const middle = new Uint8Array(300).fill(3).subarray(100, 200);
    expect(show(await pipeline.call(middle))).toBe(show(new Uint8Array(100).fill(3)));
  });
});

test.each([
  ['bytes', BYTES],
  ['string', TEXTS],
  ['json', JSONS],
  ['structured', [...STRUCTURED, ...TEXTS, ...NUMBERS]],
] as [Codec, unknown[]][])('%s carries what it is made for', async (codec, values) => {
  await echoing(codec, async (pipeline) => {
    expect((await collect(pipeline.run(values))).map(show)).toEqual(values.map(show));
  });
});

test.each([
  ['bytes', ['text', [1, 2], 5]],
  ['string', [5, new Uint8Array(1), null]],
  ['json', [1n, () => {}, Symbol('no')]],
  ['structured', [() => {}, Symbol('no')]],
  ['auto', [() => {}, Symbol('no')]],
] as [Codec, unknown[]][])(
  '%s refuses the rest, when pushed and as a result',
  async (codec, values) => {
    const options = { module: moduleUrl('wrong-results'), handler: 'wrongResult', codec } as const;
    const stages = [stage({ ...options, onError: 'drop' })] as const;
    await withPipeline({ stages, codec }, async (pipeline) => {
      for (const value of values) {
        const refused = await pipeline.call(value).then(show, (error: Error) => error.message);
        expect(refused).toMatch(/does not take|could not be cloned|serialize a BigInt/);
        expect(() => pipeline.tryPush(value)).toThrow(refused);
        expect(pipeline.stats()).toMatchObject({ inFlight: 0 });
      }
      const pushed = values.map((value) => {
        const kind = value === null ? 'null' : (value as object).constructor.name;
        return codec === 'bytes' ? Buffer.from(kind) : kind;
      });
      expect(await collect(pipeline.run([...pushed, ...pushed]))).toEqual([]);
      const [{ dropped, errors, handled } = {}] = pipeline.stats().stages;
      const all = 2 * values.length;
      expect({ dropped, errors, handled }).toEqual({ dropped: all, errors: all, handled: 0 });
    });
  },
);

test('what JSON can say comes out as it went in, through a stage of each codec', async () => {
  const codecs = ['json', 'structured', 'auto'] as const;
  const [first, second, third] = codecs.map((codec) => stage({ module, name: codec, codec }));
  await withPipeline({ stages: [first!, second!, third!], bytes: 64 }, async (pipeline) => {
    const property = fc.asyncProperty(fc.array(fc.jsonValue()), async (values) => {
      // JSON has no -0.
      const said = JSON.parse(JSON.stringify(values)) as unknown[];
      expect((await collect(pipeline.run(said))).map(show)).toEqual(said.map(show));
    });
    await fc.assert(property, PROPERTY);
  });
});

test('text and bytes of any length come out as they went in', async () => {
  await echoing('auto', async (pipeline) => {
    const text = fc.string({ unit: 'binary', maxLength: 200 });
    const value = fc.oneof(text, fc.uint8Array({ maxLength: 300 }), fc.double());
    const property = fc.asyncProperty(fc.array(value, { maxLength: 40 }), async (values) => {
      const plain = values.map((each) =>
        each instanceof Uint8Array ? new Uint8Array(each) : each,
      );
      expect((await collect(pipeline.run(plain))).map(show)).toEqual(plain.map(show));
    });
    await fc.assert(property, PROPERTY);
  });
});
