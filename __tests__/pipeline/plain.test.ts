/** Plain values: what is encoded with others, and comes out as a structured clone of it would. */
import { inspect } from 'node:util';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { copyPlain, decodePlain, encodePlain, NOT_PLAIN } from '../../lib/pipeline/plain.js';

const ANYTHING = fc.anything({
  withNullPrototype: true,
  withSparseArray: true,
  withBigInt: true,
  withDate: true,
  withMap: true,
  maxDepth: 4,
});
const PROPERTY = { numRuns: 2000 };

/** As it looks: a structured clone is of another realm than what a test makes. */
function show(value: unknown): string {
  return inspect(value, { depth: Infinity, maxArrayLength: null, maxStringLength: null });
}

function carried(values: readonly unknown[]): unknown[] {
  return decodePlain(encodePlain(values));
}

test('what is plain comes out as a structured clone of it, whatever it travels with', () => {
  const property = fc.property(fc.array(ANYTHING, { maxLength: 30 }), (values) => {
    const copies = values.map(copyPlain);
    const plain = values.filter((_, i) => copies[i] !== NOT_PLAIN);
    const arrived = carried(copies.filter((copy) => copy !== NOT_PLAIN));
    expect(show(arrived)).toBe(show(structuredClone(plain)));
  });
  fc.assert(property, PROPERTY);
});

test('all that JSON can say is plain, but for names that have a meaning', () => {
  const property = fc.property(fc.array(fc.jsonValue({ noUnicodeString: false })), (values) => {
    const said = JSON.parse(JSON.stringify(values)) as unknown[];
    const copies = said.map(copyPlain);
    const others = said.filter((_, i) => copies[i] === NOT_PLAIN);
    for (const other of others) {
      expect(JSON.stringify(other)).toMatch(/__proto__|constructor|toJSON|\\ud[89a-f]/i);
    }
    return true;
  });
  fc.assert(property, PROPERTY);
});

class Point {
  readonly x = 1;
}
const twice = { a: 1 };
const circle: unknown[] = [];
circle.push(circle);

test.each([
  ['-0', -0],
  ['-0 in a list', [1, -0]],
  ['half a surrogate pair', 'a\ud800'],
  ['a bigint', 1n],
  ['a Map', new Map()],
  ['a Date', { at: new Date(0) }],
  ['an instance of a class', new Point()],
  ['an object without a prototype', Object.create(null)],
  ['a property named __proto__', JSON.parse('{"__proto__":1}')],
  ['a sparse list', Object.assign([1], { 2: 3 })],
  ['a list with a name', Object.assign([1], { name: 1 })],
  ['an object that is met twice', [twice, twice]],
  ['a circle', circle],
  ['a proxy', new Proxy({}, {})],
  ['a function', { f: () => 1 }],
  ['bytes in an object', { b: new Uint8Array(1) }],
])('is not plain: %s', (_name, value: unknown) => {
  expect(copyPlain(value)).toBe(NOT_PLAIN);
});

test('who changes a value afterwards changes no copy', () => {
  const value = { list: [1, { deep: true }] };
  const copy = copyPlain(value);
  value.list.push(2);
  (value.list[1] as { deep: boolean }).deep = false;
  expect(carried([copy])).toEqual([{ list: [1, { deep: true }] }]);
});
