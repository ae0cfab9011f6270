/** Code that enters asynchronous contexts, and does not leave them. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

const storage = new AsyncLocalStorage<number>();
const another = new AsyncLocalStorage<number>();

export interface Entering {
  readonly n: number;
  /** Where it enters. */
  readonly where?: string;
}
/** Which contexts were met. */
export type Met = (number | undefined)[];

function enter(n: number): void {
  storage.enterWith(n);
  another.run(-1, () => another.enterWith(n));
}

export function setup(): void {
  storage.enterWith(1000);
}

export async function handle({ n, where }: Entering): Promise<unknown> {
  const met: Met = [storage.getStore(), another.getStore()];
  if (where === 'handler') enter(n);
  if (where === 'later') {
    await sleep(1);
    enter(n);
    await sleep(1);
    met.push(storage.getStore());
  }
  return { n, met, where };
}

export function handleNow({ n, where }: Entering): unknown {
  const met: Met = [storage.getStore(), another.getStore()];
  if (where === 'handler') enter(n);
  // oxlint-disable-next-line unicorn/no-thenable -- to enter a context from it.
  if (where === 'then') return { then: (ok: (met: unknown) => void) => [enter(n), ok({ n, met })] };
  return { n, where, met, toJSON: () => (where === 'toJSON' && enter(n), { n, where, met }) };
}

export function keyOf({ n, where }: Entering): number {
  if (where === 'key') enter(n);
  return n;
}
export function result(item: { met: Met }): Met {
  return [...item.met, storage.getStore()];
}
