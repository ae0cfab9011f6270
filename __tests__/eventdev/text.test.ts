/** Text that a stranger may have had a hand in: bounded, harmless on a terminal, and never refused. */
import { expect, test } from '@jest/globals';
import { parsedJson, printable, printableJson, reasonOf, shown } from '../../lib/eventdev/text.js';
import { plainDetails } from '../../lib/eventdev/errors.js';
import { DlbError } from '../../lib/index.js';

const revoked = Proxy.revocable({}, {});
revoked.revoke();

function boobyTrap(): never {
  throw new Error('nobody was to call this');
}

/** Nothing of it may be called, and most of it cannot be written as JSON. Made when it is asked for: some of it is large, and what
 *  stands in a table of tests is kept as long as all of them. */
const NASTY: Readonly<Record<string, () => unknown>> = {
  'a cycle': () => {
    const cyclic: Record<string, unknown> = { list: [] };
    (cyclic['list'] as unknown[]).push(cyclic);
    return cyclic;
  },
  depth: () => {
    let deep: unknown = [];
    for (let i = 0; i < 20_000; i++) deep = [deep];
    return deep;
  },
  holes: sparse,
  'a long list': () => {
    const one = sparse();
    return Array.from({ length: 1_000_000 }, () => one);
  },
  'a long string': () => 'x'.repeat(1 << 28),
  'long strings': () => Array.from({ length: 1000 }, () => 'x'.repeat(1 << 24)),
  'a long name': () => ({ ['x'.repeat(1 << 24)]: 1 }),
  'a large bigint': () => 1n << 1_000_000n,
  'a symbol': () => Symbol('s'.repeat(10_000)),
  'a getter': () => Object.defineProperty({}, 'x', { get: boobyTrap, enumerable: true }),
  'toString and its kin': () => ({ toString: boobyTrap, valueOf: boobyTrap, toJSON: boobyTrap }),
  'a revoked proxy': () => revoked.proxy,
  'one inside': () => ({ list: [revoked.proxy] }),
  'a map': () => new Map([[1, 2]]),
  bytes: () => new Uint8Array(1 << 20),
  'a function': () => boobyTrap,
  'an error': () => new Error('inside'),
  'no prototype': () => Object.assign(Object.create(null) as object, { x: 1n }),
  ['__proto__']: () => JSON.parse('{"__proto__": {"x": 1}}') as unknown,
};

function sparse(): unknown[] {
  const list: unknown[] = [];
  list.length = 2 ** 32 - 1;
  return list;
}

test.each(Object.keys(NASTY))('A1: an error whose details hold %s is told, and short', (name) => {
  const value = NASTY[name]!();
  const details = { field: 'spec.name', value };
  const error = new DlbError('ERR_DLB_INVALID_SPEC', 'spec.name must be text', details);
  expect(error.message.length).toBeLessThan(2500);
  expect(error.message).toMatch(/^spec\.name must be text: field=spec\.name, value=/);
  const plain = plainDetails(error.details);
  expect(JSON.stringify(plain).length).toBeLessThan(2500);
  expect(structuredClone(plain)).toEqual(plain);
  const again = error.restated((path) => path, { more: value });
  expect(again.message.length).toBeLessThan(4000);
});

test.each(Object.keys(NASTY))('A1: what is thrown is told, and short: %s', (name) => {
  const value = NASTY[name]!();
  expect(reasonOf(value).length).toBeLessThan(1100);
  expect(reasonOf(Object.assign(new Error('x'), { message: value })).length).toBeLessThan(1100);
});

test('values are shown as JSON has them', () => {
  const value = { a: [1, null, 'x', { b: true }], c: Number.NaN, d: undefined, e: 5n };
  expect(shown(value)).toBe('{"a":[1,null,"x",{"b":true}],"c":NaN,"d":undefined,"e":5n}');
  expect(shown(structuredClone(new Map()))).toBe('[object Map]');
});

test('A5: nothing that moves a cursor, ends a line or turns the text around is printed as it is', () => {
  const name = 'a\u001b[2J\u0007\r\n\t\u007f\u009b1m\u202e\u2066\u200f\ufeffz';
  const text = 'a\\x1b[2J\\x07\\r\\n\\t\\x7f\\x9b1m\\u202e\\u2066\\u200f\\ufeffz';
  expect(printable(name)).toBe(text);
  expect(printable(text)).toBe(text);
  const json = printableJson(JSON.stringify({ name }));
  expect(printable(json)).toBe(json);
  expect(JSON.parse(json)).toEqual({ name });
  const error = new DlbError('ERR_DLB_INVALID_PATH', `no ${name}`, { path: name });
  expect(error.message).toBe(`no ${text}: path=${text}`);
});

test('A4: JSON that is nested more deeply than any document is refused', () => {
  for (const [open, close] of [
    ['[', ']'],
    ['{"a":', '}'],
  ] as const) {
    const nested = (depth: number): string => `${open.repeat(depth)}1${close.repeat(depth)}`;
    expect(() => parsedJson(nested(33))).toThrow('nested more than 32 deep');
    expect(() => parsedJson(nested(500_000))).toThrow('nested more than 32 deep');
    expect(JSON.stringify(parsedJson(nested(32)))).toBe(nested(32));
  }
  // Brackets of a string are none.
  const text = JSON.stringify([`"${'['.repeat(100)}\\`, { '{{{': ']"' }]);
  expect(parsedJson(text)).toEqual(JSON.parse(text));
  expect(() => parsedJson('[1')).toThrow();
});
