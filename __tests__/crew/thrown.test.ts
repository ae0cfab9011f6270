/** What is thrown arrives as well as it can, whatever it is, and nothing of it can make the telling fail. */
import { runInNewContext } from 'node:vm';
import { expect, test } from '@jest/globals';
import { messageOf } from '../../lib/crew/message-of.js';
import { packThrown, reasonOf, rejection, unpackThrown } from '../../lib/crew/thrown.js';
import { DlbError } from '../../lib/eventdev/errors.js';

type Loaded = Error & Record<string, unknown> & { cause?: Loaded };

function sent(thrown: unknown, bytesMax?: number): Loaded {
  return unpackThrown(packThrown(thrown, bytesMax)) as Loaded;
}

test.each([
  ['Error', new Error('m'), Error],
  ['TypeError', new TypeError('m'), TypeError],
  ['RangeError', new RangeError('m'), RangeError],
  ['SyntaxError', new SyntaxError('m'), SyntaxError],
  ['AggregateError', new AggregateError([], 'm'), AggregateError],
  ['DOMException', new DOMException('m', 'TimeoutError'), DOMException],
  ['DlbError', new DlbError('ERR_DLB_PORT_IN_USE', 'm'), DlbError],
  ['a class of its own', new (class extends RangeError {})('m'), RangeError],
  ['TypeError of node:vm', runInNewContext("new TypeError('m')") as Error, TypeError],
])('W4: %s keeps its class, name, message and stack', (_what, error, known) => {
  const arrived = sent(error);
  expect(arrived).toBeInstanceOf(known);
  expect([arrived.name, arrived.message, arrived.stack]).toEqual([error.name, 'm', error.stack]);
});

test('W4: codes, causes, errors and own properties arrive, at each level', () => {
  class QuotaError extends Error {
    override get name(): string {
      return 'QuotaError';
    }
  }
  const inner = Object.assign(new QuotaError('inner'), { port: 5432, seen: new Map([[1n, -0]]) });
  Object.defineProperty(inner, 'code', { value: 'E_HIDDEN', enumerable: false });
  const errors = [new DOMException('late', 'TimeoutError'), 'text', inner];
  const cause = new AggregateError(errors, 'all', { cause: inner });
  const original = { request: { error: inner, at: new Date(5), body: new Uint16Array([7, 8]) } };
  const arrived = sent(Object.assign(new TypeError('outer', { cause }), { original }));
  const told = arrived.cause as Loaded & { errors: Loaded[] };
  expect(told).toBeInstanceOf(AggregateError);
  expect(told.errors.map((error) => error.name ?? error)).toEqual([
    'TimeoutError',
    'text',
    'QuotaError',
  ]);
  const request = (arrived as unknown as { original: typeof original }).original.request;
  expect(request.at.getTime()).toBe(5);
  expect([...request.body]).toEqual([7, 8]);
  for (const again of [told.cause, told.errors[2], request.error as unknown as Loaded]) {
    expect(again).toMatchObject({ name: 'QuotaError', message: 'inner', code: 'E_HIDDEN' });
    expect(Object.keys(again!)).toEqual(['port', 'seen']);
    expect(again!.seen).toEqual(new Map([[1n, -0]]));
  }
});

test('W4: an error of softdlb keeps code and details', () => {
  const arrived = sent(new DlbError('ERR_DLB_INVALID_QID', 'no queue', { queueId: 9 }));
  expect(arrived).toMatchObject({ code: 'ERR_DLB_INVALID_QID', details: { queueId: 9 } });
});

const revoked = Proxy.revocable({}, {});
revoked.revoke();
const refuses = (): never => {
  throw new Error('not for you');
};

test.each([
  ['undefined', undefined, undefined],
  ['null', null, null],
  ['a number', 5, 5],
  ['a text', 'text', 'text'],
  ['an object', { code: 'E_X', deep: [1, { a: 2 }] }, { code: 'E_X', deep: [1, { a: 2 }] }],
])('W4: %s that is thrown arrives', (_what, thrown, expected) => {
  expect(sent(thrown)).toEqual(expected);
});

test.each([
  ['a symbol', Symbol('why'), /Symbol\(why\)/],
  ['a function', refuses, /function/],
  ['a response', new Response('x'), /Response/],
  ['a revoked proxy', revoked.proxy, /cannot be read/],
  ['what refuses all', new Proxy({}, { get: refuses, ownKeys: refuses }), /not for you/],
  ['a refusal with a refusal', new Proxy({}, { getPrototypeOf: () => refuses() }), /./],
])('W4: %s that is thrown arrives as an error that says so', (_what, thrown, expected) => {
  const arrived = sent(thrown);
  expect(arrived).toBeInstanceOf(Error);
  expect(arrived.message).toMatch(expected);
});

test('W4: what throws when it is read is left out, and only that', () => {
  const error = Object.assign(new TypeError('m'), { fine: 1 });
  for (const key of ['cause', 'code', 'broken'])
    Object.defineProperty(error, key, { get: refuses });
  Object.defineProperty(error, 'stack', { get: refuses });
  const arrived = sent(error);
  expect(arrived).toBeInstanceOf(TypeError);
  expect(arrived).toMatchObject({ message: 'm', fine: 1, stack: 'TypeError: m' });
  expect(arrived.broken).toContain('not for you');
  expect(
    sent({
      fine: 1,
      get broken() {
        return refuses();
      },
    }),
  ).toMatchObject({ fine: 1 });
});

test('W4: what leads back to itself ends there', () => {
  const a = new Error('a') as Loaded;
  const b = new Error('b', { cause: a }) as Loaded;
  a.cause = b;
  Object.assign(b, { self: b, response: { request: { error: b } } });
  const arrived = sent(b);
  expect(arrived.cause).toMatchObject({ message: 'a', cause: '[circular]' });
  expect(arrived).toMatchObject({
    self: '[circular]',
    response: { request: { error: '[circular]' } },
  });
});

function caused(depth: number): Error {
  let error = new Error('first');
  for (let i = 1; i < depth; i++) error = new Error(`and so ${i}`, { cause: error });
  return error;
}

test('W4: what is too much is cut, and says so', () => {
  const bytesMax = 4 << 20;
  let deepest: unknown = sent(caused(10_000));
  let depth = 0;
  for (; deepest instanceof Error; deepest = deepest.cause) depth++;
  expect(depth).toBeGreaterThanOrEqual(50);
  expect(deepest).toBe('[truncated]');
  const message = 'm'.repeat(1 << 24);
  const long = Object.assign(new Error(message), { code: 'E_LONG' });
  expect(packThrown(long).length).toBeLessThan(bytesMax);
  expect(sent(long)).toMatchObject({
    code: 'E_LONG',
    message: expect.stringContaining('[16777216'),
  });
  expect(sent(long).stack).toContain('thrown.test');
  const wide = new AggregateError(
    Array.from({ length: 1e5 }, () => long),
    'wide',
  );
  for (let i = 0; i < 1e5; i++) Object.assign(wide, { [`key${i}`]: i });
  Object.assign(wide, { list: Array(4e9), bytes: new Uint8Array(1 << 24), big: 1n << 99_999n });
  expect(packThrown(wide).length).toBeLessThan(bytesMax);
  expect((sent(wide).errors as unknown[]).at(-1)).toMatch(/more\]/);
  expect(sent(wide).message).toBe('wide');
  const doubled = Array.from({ length: 60 }).reduce<unknown>((same) => [same, same], 'x');
  expect(packThrown(doubled).length).toBeLessThan(bytesMax);
});

test('W4: there is a form for any room', () => {
  for (const [room, message] of [
    [1e6, 'm'.repeat(5e4)],
    [4000, 'm'],
    [400, 'm'],
  ] as const) {
    const error = Object.assign(new RangeError(message), { rest: 'x'.repeat(1e5) });
    expect(packThrown(error, room).length).toBeLessThanOrEqual(room);
    expect(sent(error, room)).toBeInstanceOf(RangeError);
    expect(sent(error, room).message).toMatch(/^m/);
  }
  expect(packThrown(new Error('m'), 10)).toHaveLength(0);
  expect(sent(new Error('m'), 10)).toBeInstanceOf(Error);
});

test('S4: what cannot be read becomes an error', () => {
  for (const bytes of [[], [1, 2, 3], [255, 15, 34, 1], [255, 15, 111, 123, 0]]) {
    expect(unpackThrown(Uint8Array.from(bytes))).toBeInstanceOf(Error);
  }
});

test('a rejected task says what was thrown, or is taken as it is', () => {
  const code = 'ENOENT';
  expect(
    reasonOf(structuredClone(rejection(Object.assign(new Error('m'), { code })))),
  ).toMatchObject({ code });
  const ended = new Error('the thread ended');
  expect(reasonOf(ended)).toBe(ended);
  expect(reasonOf(undefined)).toBe(undefined);
});

test('W4: the text of what was thrown says something', () => {
  expect(messageOf(new DOMException('m', 'AbortError'))).toBe('m');
  expect(messageOf({ code: 'E_X' })).toContain('E_X');
  expect(messageOf({ message: { code: 'E_X' } })).toContain('E_X');
  expect(messageOf(null)).toBe('null');
  expect(messageOf(revoked.proxy)).toContain('no text');
});
