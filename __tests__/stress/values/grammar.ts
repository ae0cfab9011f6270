/**
 * What a handler may return, resolve to or throw: every class of value that JavaScript and the platform have.
 *
 * A sort of value makes the same value from the same numbers in every thread, so the thread that checks knows
 * what the handler made.
 */
import { createSecretKey } from 'node:crypto';
import { BlockList } from 'node:net';
import { MessageChannel } from 'node:worker_threads';
import type { Random } from '../random.js';

/**
 * - 'carried': arrives as a structured clone of it, or the item fails where there is none;
 * - 'told': as 'carried', or the item fails all the same: refused by name;
 * - 'kept': a structured clone forgets what it is: arrives as what it is, or the item fails.
 */
export type Law = 'carried' | 'told' | 'kept';

export interface Sort {
  readonly name: string;
  readonly law: Law;
  readonly make: (random: Random) => unknown;
}

/** Lengths around the limits of cells, of packs of bytes, and of what is large. */
const LENGTHS = [0, 1, 15, 63, 64, 65, 127, 128, 129, 2047, 2048, 2049, 4097, 65_537, 300_001];
const WORDS = ['', 'a', 'naïve', '\u0000', '日本', '😀', '__proto__', 'then', 'x'.repeat(99)];
const NUMBERS = [0, -0, 1, -1, 2 ** 31, 2 ** 32, 2 ** 53, 0.1, Number.NaN, Infinity, -Infinity];

function word(random: Random): string {
  return random.pick(WORDS);
}

function length(random: Random): number {
  return random.pick(LENGTHS);
}

function bytes(random: Random, size = length(random)): Uint8Array {
  const first = random.below(256);
  return Uint8Array.from({ length: size }, (_, i) => (first + i) & 0xff);
}

/** JSON's own values, some levels deep. */
function plain(random: Random, depth = 3): unknown {
  const which = random.below(depth > 0 ? 7 : 5);
  if (which === 0) return word(random);
  if (which === 1) return random.within(-1000, 1000);
  if (which === 2) return random.onceIn(2);
  if (which === 3) return null;
  if (which === 4) return random.below(1000) / 7;
  const size = random.below(5);
  if (which === 5) return Array.from({ length: size }, () => plain(random, depth - 1));
  return Object.fromEntries(
    Array.from({ length: size }, (_, i) => [`k${i}`, plain(random, depth - 1)]),
  );
}

function nested(levels: number): unknown {
  let value: unknown = 'the innermost';
  for (let i = 0; i < levels; i++) value = [value];
  return value;
}

function causes(levels: number): Error {
  let error = new Error('the first of all');
  for (let i = 0; i < levels; i++) error = new TypeError(`level ${i}`, { cause: error });
  return error;
}

function circularCause(): Error {
  const error = new Error('its own cause');
  error.cause = new Error('in between', { cause: error });
  return error;
}

function circular(): unknown {
  const value: Record<string, unknown> = { list: [] };
  (value['list'] as unknown[]).push(value);
  return value;
}

function revoked(): unknown {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

function throwing(what: string): never {
  throw new Error(`user code: ${what}`);
}

class Account {
  readonly owner = 'somebody';
  readonly #balance = 7;
  get balance(): number {
    return this.#balance;
  }
}

class LateError extends Error {
  override readonly name = 'LateError';
  readonly code = 'E_LATE';
  readonly status = 503;
}

const ERRORS = [Error, TypeError, RangeError, SyntaxError, EvalError, ReferenceError, URIError];
const VIEWS = [Int8Array, Uint8ClampedArray, Int16Array, Uint32Array, Float32Array, BigInt64Array];

function withHidden(error: Error): Error {
  Object.defineProperty(error, 'code', { value: 'E_HIDDEN', enumerable: false });
  return error;
}

function thenable(then: (settle: (v: unknown) => void, fail: (e: unknown) => void) => unknown) {
  // oxlint-disable-next-line unicorn/no-thenable -- what a handler may return.
  return { then };
}

/** A function with a `then` of its own: `await` waits for it as for an object. */
function callable(value: unknown): unknown {
  // oxlint-disable-next-line unicorn/no-thenable -- what a handler may return.
  return Object.assign(() => {}, { then: (settle: (v: unknown) => void) => settle(value) });
}

type Maker = (random: Random) => unknown;

const CARRIED: Readonly<Record<string, Maker>> = {
  undefined: () => undefined,
  plain,
  number: (random) => random.pick(NUMBERS),
  numbers: () => NUMBERS,
  bigint: (random) => BigInt(random.word()) ** 5n,
  string: word,
  'string of a length': (random) => 'é'.repeat(length(random)),
  'lone surrogate': (random) => `${word(random)}\ud800${word(random)}`,
  'lone surrogate inside': (random) => [{ text: `\udc00${word(random)}` }],
  'undefined inside': () => ({ a: undefined, b: [undefined, null] }),
  date: (random) => new Date(random.word()),
  'invalid date': () => new Date(Number.NaN),
  'regular expression': () => /a+(?<name>b)/giu,
  map: (random) =>
    new Map<unknown, unknown>([
      ['k', plain(random)],
      [{}, new Map()],
    ]),
  set: (random) => new Set([plain(random), plain(random)]),
  boxed: () => [Object(1), Object('text'), Object(true), Object(7n)],
  'array buffer': (random) => bytes(random).buffer,
  bytes,
  'bytes with an offset': (random) => bytes(random, 100).subarray(33, 77),
  'buffer of the pool': (random) => Buffer.from(word(random)),
  'bytes inside': (random) => ({ a: bytes(random), b: Buffer.from('pooled') }),
  'typed array': (random) => new (random.pick(VIEWS))(random.below(40)),
  'data view': () => new DataView(new ArrayBuffer(24), 8, 8),
  circular,
  'shared references': () => ((one) => [one, one])({ n: 1 }),
  nested: (random) => nested(random.below(300)),
  wide: (random) => Array.from({ length: random.below(20_000) }, (_, i) => i),
  promise: (random) => Promise.resolve(plain(random)),
  thenable: (random) => thenable((settle) => settle(plain(random))),
  'thenable that settles twice': () => thenable((settle) => [settle('first'), settle('second')]),
  'thenable that settles and throws': () => thenable((settle) => [settle(1), throwing('then')]),
  'thenable that fails': () => thenable((_, fail) => fail(new Error('said no'))),
  'thenable that throws': () => thenable(() => throwing('then')),
  'thenable of a thenable': () => thenable((settle) => settle(thenable((next) => next(5)))),
  'callable thenable': (random) => callable(plain(random)),
  'then that throws when read': () => withGetter({}, 'then', () => throwing('then')),
  'then that is no function': () => thenable(1 as never),
  getter: () => withGetter({ a: 1 }, 'now', () => 'computed'),
  'getter that throws': () => withGetter({}, 'now', () => throwing('getter')),
  function: () => () => 1,
  'function inside': () => ({ a: [() => 1] }),
  symbol: () => Symbol('s'),
  proxy: () => new Proxy({ a: 1 }, {}),
  'proxy that throws': () => new Proxy({}, { ownKeys: () => throwing('ownKeys') }),
  'proxy that throws when asked': () => new Proxy({}, { get: () => throwing('get') }),
  'revoked proxy': revoked,
  'revoked proxy inside': () => [revoked()],
  'weak map': () => new WeakMap(),
  error: (random) => new (random.pick(ERRORS))(word(random)),
  'error with a cause': (random) => causes(random.below(5)),
};

const TOLD: Readonly<Record<string, Maker>> = {
  'sparse array': () => Object.assign([], { 5: 1 }),
  'array with a name': () => Object.assign([1, 2], { extra: 1 }),
  'own __proto__': () => JSON.parse('{"__proto__": {"a": 1}, "b": 2}') as unknown,
  'null prototype': () => Object.assign(Object.create(null) as object, { a: 1 }),
  'symbol key': () => ({ [Symbol('hidden')]: 1, a: 2 }),
  'not enumerable': () => Object.defineProperty({ a: 1 }, 'b', { value: 2 }),
  'class instance': () => new Account(),
  'deeply nested': (random) => nested(random.pick([1000, 5000, 20_000, 100_000])),
  'resizable buffer': () => resizable(),
  'shared buffer': () => new SharedArrayBuffer(16),
  'view of a shared buffer': () => new Uint8Array(new SharedArrayBuffer(16)),
  'shared buffer inside': () => ({ memory: new SharedArrayBuffer(16) }),
  'error of a class': () => new LateError('too late'),
  'error with a hidden code': () => withHidden(new RangeError('hidden')),
  'error with properties': () => Object.assign(new Error('more'), { at: new Date(0), list: [1] }),
  'error in a property': () => Object.assign(new Error('outer'), { inner: new TypeError('in') }),
  'error with a message that throws': () =>
    withGetter(new Error('hidden'), 'message', () => throwing('message')),
  'error with a stack that throws': () =>
    withGetter(new Error('seen'), 'stack', () => throwing('stack')),
  'error with a name that throws': () =>
    withGetter(new Error('seen'), 'name', () => throwing('name')),
  'errors together': () => new AggregateError([new TypeError('a'), new LateError('b')], 'both'),
  'circular cause': circularCause,
  'deep cause': (random) => causes(random.pick([100, 2000, 20_000])),
  DOMException: () => new DOMException('timed out', 'TimeoutError'),
  'huge message': () => new Error('long '.repeat(100_000)),
};

const KEPT: Readonly<Record<string, Maker>> = {
  URL: () => new URL('http://localhost/a?b=c'),
  URLSearchParams: () => new URLSearchParams({ a: 'b' }),
  Headers: () => new Headers({ a: 'b' }),
  Response: () => new Response('body'),
  Request: () => new Request('http://localhost/'),
  FormData: () => new FormData(),
  Blob: () => new Blob(['text']),
  File: () => new File(['text'], 'name.txt'),
  BlockList: () => new BlockList(),
  KeyObject: () => createSecretKey(Buffer.from('secret')),
  MessagePort: () => closedPort(),
  ReadableStream: () => new ReadableStream(),
  AbortSignal: () => AbortSignal.abort(),
  EventTarget: () => new EventTarget(),
  Event: () => new Event('happened'),
  TextEncoder: () => new TextEncoder(),
  NumberFormat: () => new Intl.NumberFormat('en'),
  WeakRef: () => new WeakRef({}),
  generator: () =>
    (function* () {
      yield 1;
    })(),
};

/** Every sort; the place in the list is its number. */
export const SORTS: readonly Sort[] = [
  ...sortsOf('carried', CARRIED),
  ...sortsOf('told', TOLD),
  ...sortsOf('kept', KEPT),
];

function sortsOf(law: Law, makers: Readonly<Record<string, Maker>>): Sort[] {
  return Object.entries(makers).map(([name, make]) => ({ name, law, make }));
}

function withGetter<T extends object>(object: T, name: string, get: () => unknown): T {
  return Object.defineProperty(object, name, { get, enumerable: true });
}

function resizable(): ArrayBuffer {
  const Resizable = ArrayBuffer as new (size: number, options: object) => ArrayBuffer;
  return new Resizable(8, { maxByteLength: 64 });
}

function closedPort(): unknown {
  const { port1 } = new MessageChannel();
  port1.close();
  return port1;
}
