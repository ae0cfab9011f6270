/** Does what its input names: whatever a function may return or throw that is not bytes, a length or nothing. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { threadId } from 'node:worker_threads';
import type { Job, ModuleFunctions, ParallelFunction } from '../../../lib/padata/index.js';

const text = new TextDecoder();

/** Written so that no linter takes these for promises by mistake. */
const THEN: string = ['th', 'en'].join('');

/** A class of the module's own. */
class Refused extends RangeError {
  override name = 'Refused';
  readonly code = 'E_REFUSED';
  readonly at = { line: 7 };
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

function detached(): Uint8Array {
  const bytes = new Uint8Array(4);
  structuredClone(bytes, { transfer: [bytes.buffer] });
  return bytes;
}

/** Its buffer is too short for it now. */
function outOfBounds(): Uint8Array {
  const Resizable = ArrayBuffer as unknown as new (
    length: number,
    options: object,
  ) => ArrayBuffer & { resize(length: number): void };
  const buffer = new Resizable(8, { maxByteLength: 16 });
  const bytes = new Uint8Array(buffer, 4, 4);
  buffer.resize(2);
  return bytes;
}

/** Says that it is longer than it is. */
class Liar extends Uint8Array {
  override get length(): number {
    return 5;
  }
}

const thenable = (then: (resolve: (value: unknown) => void) => void): object => ({
  [THEN]: then,
});

/** An array whose element is another one each time it is read. */
function changing(...values: unknown[]): unknown[] {
  return Object.defineProperty([0], 0, { get: () => values.shift() });
}

export const RETURNS: Record<string, (job: Job) => unknown> = {
  'settles twice': () =>
    thenable((resolve) => {
      resolve(Uint8Array.of(1));
      resolve(Uint8Array.of(2));
      throw new Error('too late');
    }),
  callable: () =>
    Object.assign(
      () => {},
      thenable((resolve) => resolve(Uint8Array.of(1))),
    ),
  nested: () => thenable((resolve) => resolve(thenable((inner) => inner(Uint8Array.of(1))))),
  'own then': () =>
    Object.assign(
      Promise.resolve(Uint8Array.of(1)),
      thenable(() => undefined),
    ),
  'shared memory': () => new Uint8Array(new SharedArrayBuffer(1)).fill(1),
  'data view': () => new DataView(Uint8Array.of(1).buffer),
  liar: () => new Liar([1]),
  'changing piece': () => changing(Uint8Array.of(1), {}),
  // From here on they fail.
  'throwing then': () => ({
    get [THEN](): never {
      throw new Error('then refused');
    },
  }),
  revoked,
  detached,
  'out of bounds': outOfBounds,
  'sparse pieces': () => [, Uint8Array.of(1)], // oxlint-disable-line no-sparse-arrays -- that is it.
  'endless pieces': () => Object.assign([], { length: 2 ** 31 }),
  'a piece of text': () => ['text'],
  blob: () => new Blob(['x']),
  map: () => new Map(),
  bigint: () => 1n,
  true: () => true,
  symbol: () => Symbol('x'),
  buffer: () => new ArrayBuffer(1),
  function: () => () => {},
  tag: () => ({
    get [Symbol.toStringTag](): never {
      throw new Error('tag refused');
    },
  }),
};

export const THROWS: Record<string, () => unknown> = {
  'own class': () => new Refused('refused'),
  dom: () => new DOMException('too late', 'TimeoutError'),
  aggregate: () => new AggregateError([new Refused('one')], 'all', { cause: new Refused('why') }),
  cycle: () => {
    const error = new Error('round');
    error.cause = error;
    return error;
  },
  getter: () =>
    Object.defineProperty(new Error('x'), 'message', {
      get() {
        throw new Error('message refused');
      },
    }),
  'revoked proxy': revoked,
  nothing: () => undefined,
};

const storage = new AsyncLocalStorage<number>();

/** What others have entered; then it enters something itself. */
function enterContext(): Uint8Array {
  const met = storage.getStore() ?? 0;
  storage.enterWith(1);
  return Uint8Array.of(met);
}

async function rejectLater(thrown: unknown): Promise<never> {
  await Promise.resolve();
  // oxlint-disable-next-line typescript/only-throw-error -- as below.
  throw thrown;
}

async function hangLater(): Promise<never> {
  await Promise.resolve();
  for (;;);
}

function diesWhenRead(): object {
  return Object.defineProperty({}, THEN, { get: () => process.exit(3) });
}

function dieLater(): Promise<never> {
  setImmediate(() => {
    throw new Refused('nobody catches');
  });
  return new Promise(() => {});
}

function act(job: Job): unknown {
  const words = text.decode(job.data.slice());
  const [way, name] = words.split(': ') as [string, string];
  if (way === 'return') return RETURNS[name]!(job);
  if (way === 'return later') return Promise.resolve().then(() => RETURNS[name]!(job));
  // oxlint-disable-next-line typescript/only-throw-error -- whatever is thrown must be told.
  if (way === 'throw') throw THROWS[name]!();
  if (way === 'reject') return rejectLater(THROWS[name]!());
  if (way === 'context') return enterContext();
  if (way === 'sleep') return sleep(Number(name), Uint8Array.of(1));
  if (way === 'hang') return hangLater();
  if (way === 'die') return name === 'in a getter' ? diesWhenRead() : dieLater();
  return Uint8Array.of(threadId);
}

export function setup(context: string | undefined): ModuleFunctions {
  // oxlint-disable-next-line typescript/only-throw-error -- as above.
  if (context !== undefined && context in THROWS) throw THROWS[context]!();
  return {
    parallel: act as ParallelFunction,
    serial: ({ number, error }) => {
      if (error === undefined) throw new Refused(`serial ${number}`);
    },
    range: () => {
      throw new Refused('range');
    },
  };
}
