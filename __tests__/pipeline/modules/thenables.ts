/** What is like a promise, and misbehaves. */
/* oxlint-disable unicorn/no-thenable -- that is what these are. */
import { setTimeout as sleep } from 'node:timers/promises';
import { createContext, runInContext } from 'node:vm';

type Answer = (value: unknown) => void;
type Thenable = (n: number) => unknown;

const foreign = createContext({});

export const WAYS = {
  twice: (n) => ({ then: (ok: Answer) => void sleep(1).then(() => [ok(n), ok(n + 1000)]) }),
  twiceLater: (n) => ({
    then: (ok: Answer) => void setImmediate(() => [ok(n), setImmediate(() => ok(n + 1000))]),
  }),
  twiceAtOnce: (n) => ({ then: (ok: Answer) => [ok(n), ok(n + 1000)] }),
  thenFails: (n) => ({ then: (ok: Answer, bad: Answer) => [ok(n), bad(new Error('too late'))] }),
  failsThenGood: (n) => ({ then: (ok: Answer, bad: Answer) => [bad(new Error(`no ${n}`)), ok(n)] }),
  throws: (n) => ({
    then() {
      throw new Error(`cannot start ${n}`);
    },
  }),
  throwsAfter: (n) => ({
    then(ok: Answer) {
      ok(n);
      throw new Error('after');
    },
  }),
  getterThrows: (n) => ({
    get then() {
      throw new Error(`lazy ${n}`);
    },
  }),
  readOnce: (n) => {
    let reads = 0;
    return {
      get then() {
        return ++reads === 1 ? (ok: Answer) => ok(n) : undefined;
      },
    };
  },
  later: (n) => {
    let isHere = true;
    const thenable = { then: (ok: Answer) => ok(isHere ? -1 : n) };
    queueMicrotask(() => (isHere = false));
    return thenable;
  },
  callable: (n) => Object.assign(() => {}, { then: (ok: Answer) => ok(n) }),
  nested: (n) => ({ then: (ok: Answer) => ok({ then: (inner: Answer) => inner(sleep(1, n)) }) }),
  foreign: (n) => runInContext(`Promise.resolve(${n})`, foreign) as unknown,
  ofAnotherClass: (n) => Other.resolve(n),
  itsOwnThen: (n) => Object.assign(Promise.resolve(n), { then: (ok: Answer) => [ok(-1), ok(-2)] }),
  receiver: (n) => ({ n, then: readsItself }),
  noFunction: (n) => ({ then: n }),
  iterator: (n) => sleep(0, n),
} as const satisfies Record<string, Thenable>;

class Other<T> extends Promise<T> {}

function readsItself(this: { n: number }, ok: Answer): void {
  ok(this.n);
}

export type Way = keyof typeof WAYS;

export function answer({ way, n }: { way: Way; n: number }): unknown {
  return WAYS[way](n);
}

export function same(value: unknown): unknown {
  return value;
}
