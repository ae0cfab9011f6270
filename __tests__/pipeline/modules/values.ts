/** Handlers whose results and errors are hard to carry, by name. */
import { BlockList } from 'node:net';
import { DlbError } from '../../../lib/eventdev/errors.js';
import { many } from '../../../lib/pipeline/index.js';
import type { Many, SetupContext, StageContext } from '../../../lib/pipeline/index.js';

const nested = (levels: number): unknown => {
  let value: unknown = 1;
  for (let i = 0; i < levels; i++) value = [value];
  return value;
};

const VALUES: Readonly<Record<string, () => unknown>> = {
  URL: () => new URL('http://localhost/'),
  Headers: () => new Headers(),
  Response: () => new Response('x'),
  Blob: () => new Blob(['x']),
  BlockList: () => new BlockList(),
  Promise: () => ({ later: [Promise.resolve(1)] }),
  function: () => ({ f: () => 1 }),
  symbol: () => Symbol('s'),
  Proxy: () => [new Proxy({}, {})],
  levels: () => nested(100_000),
  environment: () => ({ env: process.env }),
};

/** Of what JavaScript carries, everything; what is asked for by name is made here. */
export function give(what: unknown): unknown {
  const make = typeof what === 'string' ? VALUES[what] : undefined;
  return make === undefined ? what : make();
}

/** Views of the process's pool of buffers, and of an array. */
export function views(): unknown {
  const array = Float32Array.of(1, 2, 3, 4);
  return {
    pooled: Buffer.from('abc'),
    part: array.subarray(1, 3),
    list: [new DataView(array.buffer, 4, 4)],
  };
}

export function share({ memory }: { memory: SharedArrayBuffer }): unknown {
  new Int32Array(memory)[0] = 7;
  return { memory, view: new Int32Array(memory, 4, 1) };
}

class QuotaError extends RangeError {
  override name = 'QuotaError';
  readonly code = 'E_QUOTA';
}

const ERRORS: Readonly<Record<string, () => unknown>> = {
  DOMException: () => new DOMException('too late', 'TimeoutError'),
  AggregateError: () => new AggregateError([new TypeError('a'), new QuotaError('b')], 'both'),
  causes: () =>
    new Error('outer', { cause: new QuotaError('inner', { cause: new TypeError('in') }) }),
  DlbError: () => new DlbError('ERR_DLB_PORT_IN_USE', 'taken', { portId: 3 }),
  cycle: () => {
    const error = new Error('first', { cause: new Error('second') });
    (error.cause as Error).cause = error;
    return error;
  },
};

export function fail(how: unknown): never {
  // oxlint-disable-next-line typescript/only-throw-error -- they are.
  throw ERRORS[how as string]!();
}

interface Counted {
  memory: SharedArrayBuffer;
}

const count = (item: Counted): Counted => {
  new Int32Array(item.memory)[0]! += 1;
  return item;
};

/** The first thread that has it ends. */
export function countLater(item: Counted, { attempt }: StageContext): Counted {
  if (attempt === 0) process.exit(7);
  return count(item);
}

export function countTwice(item: Counted): Many<unknown> {
  return many([count(item), 'text', count(item)]);
}

export function failCounted(item: Counted): never {
  count(item);
  throw new Error('counted');
}

export function errors(): unknown {
  const error = new QuotaError('inner', { cause: new DOMException('too late', 'TimeoutError') });
  return { error, again: error, by: new Map([[error, [new AggregateError([error], 'all')]]]) };
}

export function output(bytes: unknown, context: StageContext): Uint8Array {
  return context.output(bytes as number);
}

const PARTS: readonly ((bytes: Uint8Array) => unknown)[] = [
  (bytes) => bytes,
  (bytes) => bytes.subarray(1),
  (bytes) => many([bytes, bytes.subarray(0, 1)]),
  async (bytes) => Promise.resolve(bytes),
];
/** The item itself, in one way or another, by its first byte. */
export function partsOf(bytes: Uint8Array): unknown {
  return PARTS[bytes[0]!]!(bytes);
}

/** Ends its thread when it is asked to, and says what context this one has. */
export function contextOr(what: string, { attempt }: StageContext): unknown {
  if (what === 'end' && attempt === 0) process.exit(3);
  return contexts;
}

let contexts: unknown;
export function setup({ context }: SetupContext): void {
  contexts = context;
}
export function contextViews(): unknown {
  return Object.values(contexts as Record<string, Uint8Array>).map((view) => [
    view.byteOffset,
    view.buffer.byteLength,
    view.byteLength,
  ]);
}
