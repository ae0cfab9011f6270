/** What of a value is seen on its way to another thread, wherever in it, and how it is refused. */
import { createSecretKey } from 'node:crypto';
import { MessageChannel } from 'node:worker_threads';
import { expect, test } from '@jest/globals';
import { cloneable, threadLimits } from '../../lib/crew/checks.js';
import { decodeCopy, Encoder, KIND, Stage } from '../../lib/pipeline/codec.js';
import type { Codec } from '../../lib/pipeline/index.js';
import { decodePlain, encodePlain } from '../../lib/pipeline/plain.js';

/** As it arrives. */
function carried(value: unknown, codec: Codec = 'auto'): unknown {
  const encoder = new Encoder();
  const stage = new Stage();
  if (encoder.write(value, codec, stage, 1 << 20)) {
    if (encoder.kind === KIND.PLAIN) return decodePlain(encodePlain([encoder.plain]))[0];
    const content = stage.buffer.subarray(encoder.offset, encoder.offset + encoder.length);
    return decodeCopy(encoder.kind, content, encoder.shared);
  }
  const kept = Buffer.alloc(encoder.needed);
  encoder.writeKept(kept);
  return decodeCopy(encoder.kind, kept, encoder.shared);
}

function errorOf(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}

function refusalOf(value: unknown, codec: Codec = 'auto'): unknown {
  return errorOf(() => carried(value, codec));
}

function refused(path: string, type: string): unknown {
  const details = expect.objectContaining({ path, type });
  return expect.objectContaining({ code: 'ERR_DLB_INVALID_ARGUMENT', details });
}

const LENGTHS = [0, 1, 2, 8, 9, 63, 64, 65, 66, 1000, 5000];
const NAMES = ['url', '', '-1', '1.5', '01', '4294967295', 'more items ]'];

test('W5: properties with names are seen in arrays of any length', () => {
  for (const length of LENGTHS) {
    const array = (more: object): unknown[] =>
      Object.assign(
        Array.from({ length }, (_, i) => i),
        more,
      );
    for (const name of NAMES) {
      const list = array({ [name]: new URL('http://localhost/') });
      expect(refusalOf(list)).toEqual(refused(`value.${name}`, 'URL'));
      expect(refusalOf({ list: [list] })).toEqual(refused(`value.list[0].${name}`, 'URL'));
    }
    const error = Object.assign(new TypeError('t'), { code: 'E1' });
    const more = { error, view: Uint8Array.of(1, 2, 3), shared: new SharedArrayBuffer(8) };
    const result = carried(array(more)) as unknown[] & typeof more;
    expect(result.length).toBe(length);
    expect(result.error).toMatchObject({ message: 't', code: 'E1' });
    expect([result.view.byteOffset, result.view.buffer.byteLength]).toEqual([0, 3]);
    expect(result.shared).toBe(more.shared);
  }
});

test('W5: also where members of the array are missing or not enumerable', () => {
  for (const length of [3, 100]) {
    const list = Array.from({ length }, (_, i) => i);
    for (const key of [0, length - 1]) {
      const hidden = Object.defineProperty([...list], key, { enumerable: false });
      const holes = [...list];
      // oxlint-disable-next-line typescript/no-dynamic-delete, typescript/no-array-delete -- A hole.
      delete holes[key];
      for (const each of [hidden, holes]) {
        Object.assign(each, { url: new URL('http://localhost/') });
        expect(refusalOf(each)).toEqual(refused('value.url', 'URL'));
      }
    }
  }
});

const secret = 'hunter2';
class Bare extends Uint8Array {}

test.each([
  ['a generator', (function* () {})(), 'Generator'],
  ['an async generator', (async function* () {})(), 'AsyncGenerator'],
  ['an iterator', [secret].values(), 'Array Iterator'],
  ['bytes without a prototype', Object.setPrototypeOf(new Bare(2), null), 'Uint8Array'],
  ['a promise without a prototype', Object.setPrototypeOf(Promise.resolve(), null), 'Object'],
  ['a boxed symbol', new Object(Symbol(secret)), 'Symbol'],
])('W5: %s is refused by type and place, and nothing of the value is told', (_, part, type) => {
  const circle: Record<string, unknown> = {};
  const value = { secret, list: [1, new Map([['key', { part }]])], circle };
  circle['value'] = value;
  for (const [each, path] of [
    [value, 'value.list[1].<entry>.part'],
    [part, 'value'],
  ] as const) {
    const error = refusalOf(each) as Error;
    expect(error).toEqual(refused(path, type));
    expect(error.message).not.toContain(secret);
  }
});

test('W5: what maps and errors without a prototype hold is looked at', () => {
  const map = Object.setPrototypeOf(new Map([['url', new URL('http://localhost/')]]), null);
  expect(refusalOf({ map })).toEqual(refused('value.map.<entry>', 'URL'));
  const error = Object.setPrototypeOf(Object.assign(new Error('m'), { code: 'E1' }), null);
  expect(carried({ error })).toMatchObject({ error: { code: 'E1' } });
});

test('W5: what a getter throws is not taken for a refusal', () => {
  const own = new Error('could not be cloned, says the user');
  let reads = 0;
  const throwing = (read: number) => ({
    get a(): number {
      if (++reads === read) throw own;
      return 1;
    },
  });
  expect(refusalOf(throwing(1), 'auto')).toBe(own);
  reads = 0;
  expect(refusalOf(throwing(2), 'structured')).toBe(own);
});

const cycle: Record<string, unknown> = { a: {}, twice: [{}] };
cycle['b'] = [{ same: cycle['twice'], toJSON: () => ({ back: cycle }) }];
const deep = Array.from({ length: 50_000 }).reduce<unknown>((inner) => [inner], 1);

test.each([
  ['value', () => 1, 'function'],
  ['value', Symbol('no'), 'symbol'],
  ['value', 1n, 'bigint'],
  ['value.a.b[1]', { a: { b: [0, 1n] } }, 'bigint'],
  ['value.big', { toJSON: () => ({ big: 1n }) }, 'bigint'],
  ['value.b[0].back', cycle, 'a cycle'],
])('W5: JSON refuses what is at %s by type', (path, value, type) => {
  expect(refusalOf(value, 'json')).toMatchObject({
    code: 'ERR_DLB_INVALID_ARGUMENT',
    details: { codec: 'json', path, type },
  });
});

test('W5: JSON of more levels than it takes is refused by type, where there are such', () => {
  const value = refusalOf(deep, 'json');
  if (Array.isArray(value)) return;
  const path = expect.stringMatching(/^value\[0\]\[0\].*\.\.\.$/) as unknown as string;
  expect(value).toEqual(refused(path, 'more than 1000 levels'));
});

test('W5: what toJSON and getters throw is theirs, also beside what JSON does not take', () => {
  const own = new TypeError('Do not know how to serialize a BigInt');
  const fail = (): never => {
    throw own;
  };
  const values = [
    { toJSON: fail },
    { a: [{ toJSON: fail }], b: 1n },
    Object.defineProperty({}, 'a', { get: fail, enumerable: true }),
  ];
  for (const value of values) expect(refusalOf(value, 'json')).toBe(own);
});

test('W5: codecs for one type say what they were given', () => {
  expect(refusalOf(new URL('http://localhost/'), 'bytes')).toEqual(refused('value', 'URL'));
  expect(refusalOf(5, 'string')).toEqual(refused('value', 'number'));
});

test('W3: a Buffer stays one, with memory of its own, and a Uint8Array stays one', () => {
  const lying = Object.defineProperty(Uint8Array.of(1, 2, 3), 'length', { value: 1 });
  for (const codec of ['auto', 'bytes', 'structured'] as const) {
    const buffer = carried(Buffer.from('hé'), codec) as Buffer;
    expect([Buffer.isBuffer(buffer), buffer.toString()]).toEqual([true, 'hé']);
    expect([buffer.byteOffset, buffer.buffer.byteLength]).toEqual([0, 3]);
    for (const bytes of [Uint8Array.of(1, 2, 3), lying]) {
      const plain = carried(bytes, codec) as Uint8Array;
      expect([Buffer.isBuffer(plain), ...plain]).toEqual([false, 1, 2, 3]);
    }
  }
});

test('W5: a context is copied, and so are the limits of threads', () => {
  const shared = new SharedArrayBuffer(8);
  const key = createSecretKey(Buffer.from('secret'));
  const context = { list: [1], shared, words: new Int32Array(shared, 4, 1), key };
  const copy = cloneable('context', context) as typeof context;
  context.list.push(2);
  Object.assign(context, { more: () => 1 });
  expect(copy.list).toEqual([1]);
  expect(Object.keys(copy)).toEqual(['list', 'shared', 'words', 'key']);
  new Int32Array(shared)[1] = 7;
  expect([copy.words[0], new Int32Array(copy.shared)[1]]).toEqual([7, 7]);
  expect(copy.key.export().toString()).toBe('secret');
  const limits = { stackSizeMb: 4 };
  const settled = threadLimits(limits);
  limits.stackSizeMb = 0.001;
  expect(settled).toEqual({ stackSizeMb: 4 });
});

test('W5: what a context cannot carry is refused by type and place, and nothing of it is told', () => {
  const { port1, port2 } = new MessageChannel();
  port1.close();
  for (const [part, type] of [
    [port2, 'MessagePort'],
    [() => secret, 'function'],
    [Promise.resolve(secret), 'Promise'],
    [(function* () {})(), 'Generator'],
    [new Object(Symbol(secret)), 'Symbol'],
    [new Proxy({}, {}), 'Proxy'],
  ] as const) {
    const error = errorOf(() => cloneable('context', { list: [secret, { part }] })) as Error;
    expect(error).toEqual(refused('value.list[1].part', type));
    expect(error.message).not.toContain(secret);
  }
});
