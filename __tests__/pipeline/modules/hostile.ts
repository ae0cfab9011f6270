/** Calls that go wrong in their handler, behind it, and in whatever else is run for them. */
/* oxlint-disable unicorn/no-thenable -- some go wrong in `then`. */
import { setTimeout as sleep } from 'node:timers/promises';
import { many } from '../../../lib/pipeline/index.js';
import type { StageContext } from '../../../lib/pipeline/index.js';

/** How a call goes wrong, and where. */
export const HOW = ['throws', 'exits', 'loops'] as const;
type How = (typeof HOW)[number];

export interface Item {
  readonly n: number;
  readonly how?: How;
  readonly where?: string;
}

type Wrong = Required<Item>;

function act(how: How): never {
  if (how === 'throws') throw new Error('it throws');
  if (how === 'exits') process.exit(3);
  for (;;);
}

export const WHERE: Record<string, (item: Wrong) => unknown> = {
  'the handler': ({ how }) => act(how),
  'a getter of then': ({ how }) => ({
    get then() {
      return act(how);
    },
  }),
  then: ({ how }) => ({ then: () => act(how) }),
  'behind an await': async ({ how }) => {
    await sleep(1);
    act(how);
  },
  'its toJSON': ({ n, how }) => ({ n, toJSON: () => act(how) }),
  'a getter of its result': ({ n, how }) => ({
    n,
    get row() {
      return act(how);
    },
  }),
  'a trap of its result': ({ n, how }) => new Proxy({ n }, { ownKeys: () => act(how) }),
  'a later result': async ({ n, how }) => {
    await sleep(1);
    return { n, toJSON: () => act(how) };
  },
  'one of several': ({ n, how }) => many([{ n }, { n, toJSON: () => act(how) }]),
  'the key of the next stage': (item) => item,
  'the key of one of several': (item) => many([{ n: item.n }, item]),
};

export function run(item: Item): Item | Promise<Item> {
  const result = item.how === undefined ? item : WHERE[item.where!]!(item as Wrong);
  return result as Item;
}

export function keyOf({ n, how }: Item): number {
  return how === undefined ? n : act(how);
}

export function number({ n }: Item, { attempt }: StageContext): number {
  return attempt === 0 ? n : -1;
}

const revoked = (): Error => {
  const { proxy, revoke } = Proxy.revocable(new Error('revoked'), {});
  revoke();
  return proxy;
};
const throwing = (): never => {
  throw new Error('nobody looks at this');
};

/** Errors that resist being told, and results that resist being sent. */
export const VALUES = [
  () => Promise.reject(revoked()),
  () => revoked(),
  () => new Proxy(() => {}, { get: throwing }),
  () => Symbol('no result'),
  () => () => {},
  () => {
    throw Object.defineProperty(new Error('read'), 'body', { enumerable: true, get: throwing });
  },
  () => {
    throw revoked();
  },
  () => {
    throw Object.assign(new Error('named'), { name: Symbol('name') });
  },
  () => {
    throw new Proxy(new Error('proxied'), { get: throwing, getPrototypeOf: throwing });
  },
] as const;

export function value(n: number): unknown {
  return n < 0 ? VALUES[-1 - n]!() : n;
}

/** The thread lives, and its loop cannot go on. */
export function breaksTheClock(n: number, { attempt }: StageContext): number {
  if (n === 2 && attempt === 0) performance.now = throwing;
  return n;
}
