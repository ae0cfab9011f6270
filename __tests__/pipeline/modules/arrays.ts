/** Handlers that take arrays, of items that say what becomes of them. */
import { setTimeout as sleep } from 'node:timers/promises';
import { many } from '../../../lib/pipeline/index.js';
import type {
  BatchContext,
  Many,
  SetupContext,
  StageContext,
} from '../../../lib/pipeline/index.js';

export interface Item {
  readonly n: number;
  readonly key?: number;
  /** Of the call: it throws, ends or stops its thread, returns too few, or no array. Of the item: it ends, becomes three, or its result
   *  cannot be carried. */
  readonly act?: 'throw' | 'exit' | 'spin' | 'hang' | 'short' | 'none' | 'end' | 'three' | 'bad';
  /** Attempts of which `act` is true. Default: all. */
  readonly times?: number;
}

export interface Seen {
  readonly n: number;
  readonly key: number;
  /** Numbers of all items of its call. */
  readonly items: readonly number[];
  readonly attempt: number;
  readonly flows: readonly number[];
}

export const keyOf = ({ key = 0 }: Item): number => key;
export const keyOfSeen = ({ key }: Seen): number => key;

type Results = (Seen | Many<Seen> | undefined)[];

export function handle(items: Item[], context: BatchContext): Results | Promise<Results> {
  const { attempt, flows } = context;
  const does = ({ act, times = Infinity }: Item): Item['act'] =>
    attempt < times ? act : undefined;
  const acts = items.map(does);
  if (acts.includes('throw')) throw new RangeError('thrown');
  if (acts.includes('exit')) process.exit(7);
  if (acts.includes('spin')) for (;;);
  if (acts.includes('hang')) return new Promise(() => {});
  if (acts.includes('none')) return undefined as never;
  const results = items.map((item, i) => {
    const { n, key = 0 } = item;
    const seen = { n, key, items: items.map((one) => one.n), attempt, flows };
    if (acts[i] === 'end') return undefined;
    if (acts[i] === 'bad') return (() => {}) as never;
    return acts[i] === 'three' ? many([seen, seen, seen]) : seen;
  });
  return acts.includes('short') ? results.slice(1) : results;
}

export async function handleLater(items: Item[], context: BatchContext): Promise<Results> {
  await sleep(items[0]!.n % 3);
  return handle(items, context);
}

const last = new Map<number, number>();
/** Whether the items of its key came in order. */
export function follow({ n, key }: Seen): { n: number; isInOrder: boolean } {
  const isInOrder = n > (last.get(key) ?? -1);
  last.set(key, n);
  return { n, isInOrder };
}
export const pass = (seen: Seen): Seen => seen;

/** Each result has what its item was given as memory. */
export function outputs(items: number[], context: BatchContext): Uint8Array[] {
  return items.map((item) => context.output(4).fill(item));
}

export function echo<T>(items: T[]): T[] {
  return items;
}

let kept: Uint8Array[] = [];
/** How many bytes of those before it can still be seen. */
export function keep(items: Uint8Array[]): number[] {
  const seen = kept.map(({ length }) => length);
  kept = items;
  return items.map(() => seen.reduce((sum, length) => sum + length, 0));
}

let words: Int32Array;
export function setup({ context }: SetupContext<SharedArrayBuffer | undefined>): void {
  if (context !== undefined) words = new Int32Array(context);
}

/** Says that it was called, and ends when it is aborted. */
export async function untilAborted(items: number[], { signal }: BatchContext): Promise<number[]> {
  const aborted = new Promise((resolve) => signal.addEventListener('abort', resolve));
  Atomics.add(words, 0, items.length);
  await aborted;
  Atomics.add(words, 1, items.length);
  return items;
}

export const number = (item: number, _context: StageContext): number => item;
