/** Handlers that throw, and that end their threads, for the items that the context names. */
import { setTimeout as sleep } from 'node:timers/promises';
import { threadId } from 'node:worker_threads';
import type { SetupContext, StageContext } from '../../../lib/pipeline/index.js';
import { Witness } from '../witness.js';

export { keyOf } from '../keyed.js';

export interface Fragile {
  /** Items for which something goes wrong. */
  readonly wrong: readonly number[];
  /** Tries of each for which it does; after that it is like any other. Default: all. */
  readonly times?: number;
  /** What `die` does. */
  readonly how?: 'exit' | 'heap' | 'spin' | 'exit later' | 'throw later' | 'never';
  readonly witness?: SharedArrayBuffer;
}

interface Task extends Fragile {
  readonly seen: Witness | undefined;
}
/** By stage. */
const tasks = new Map<string, Task>();

export function setup({ stage, context }: SetupContext<Fragile>): void {
  const { witness } = context;
  tasks.set(stage, { ...context, seen: witness && new Witness(witness) });
}

/** An error like those of Node: with a code, and a cause. */
export class WrongItem extends RangeError {
  readonly code = 'ERR_WRONG_ITEM';
  constructor(item: number) {
    super(`wrong item ${item}`, { cause: item });
  }
}

export function fail(item: number, context: StageContext): number {
  return witnessed(item, context, () => {
    if (isWrong(item, context)) throw new WrongItem(item);
  });
}

export async function failLater(item: number, context: StageContext): Promise<number> {
  return witnessedLater(item, context, async () => {
    await sleep(1);
    if (isWrong(item, context)) throw new WrongItem(item);
  });
}

export function throwText(item: number): number {
  // oxlint-disable-next-line typescript/only-throw-error -- handlers throw what they like.
  throw `text of ${item}`;
}

export function throwLoaded(_item: number): number {
  const request = { retry: (): void => {} };
  throw Object.assign(new TypeError('loaded'), { code: 'ERR_LOADED', request });
}

export function die(item: number, context: StageContext): number {
  return witnessed(item, context, () => {
    if (isWrong(item, context)) end(tasks.get(context.stage)!.how);
  });
}

export async function dieLater(item: number, context: StageContext): Promise<number> {
  return witnessedLater(item, context, async () => {
    await sleep(item % 3);
    if (isWrong(item, context)) await endLater(tasks.get(context.stage)!.how);
  });
}

function isWrong(item: number, { attempt, stage }: StageContext): boolean {
  const { times = Infinity, wrong } = tasks.get(stage)!;
  return attempt < times && wrong.includes(item);
}

function end(how: Fragile['how']): void {
  if (how === 'exit') process.exit(7);
  if (how === 'heap') fillHeap();
  for (;;);
}

async function endLater(how: Fragile['how']): Promise<void> {
  if (how === 'exit later') process.exit(7);
  if (how === 'throw later') {
    setTimeout(() => {
      throw new Error('uncaught');
    }, 0);
  }
  await new Promise(() => {});
}

function fillHeap(): never {
  const hoard: number[][] = [];
  for (;;) hoard.push(Array.from({ length: 4096 }, (_, i) => i + hoard.length + 0.5));
}

function witnessed(item: number, { stage, attempt }: StageContext, act: () => void): number {
  const seen = tasks.get(stage)?.seen;
  seen?.enter(item, threadId, attempt);
  try {
    act();
  } finally {
    seen?.leave(item, threadId);
  }
  return item;
}

async function witnessedLater(
  item: number,
  { stage, attempt }: StageContext,
  act: () => Promise<void>,
): Promise<number> {
  const seen = tasks.get(stage)?.seen;
  seen?.enter(item, threadId, attempt);
  try {
    await act();
  } finally {
    seen?.leave(item, threadId);
  }
  return item;
}

/** Twice the item; its first byte says which it is. */
export function dieOfBytes(item: Uint8Array, context: StageContext): Uint8Array {
  const room = context.output(item.length * 2);
  room.set(item);
  if (isWrong(item[0]!, context)) end(tasks.get(context.stage)!.how);
  room.set(item, item.length);
  return room;
}

/** Is through when it goes wrong. */
export function throwOutside(item: number, context: StageContext): number {
  if (isWrong(item, context)) {
    setTimeout(() => {
      throw new Error('uncaught');
    }, 0);
  }
  return item;
}

/**
 * From item 5000 on: promises at first, of which a wrong one ends the thread while the others are pending;
 * and results at once when it is called again.
 */
export function syncOnceSuspected(item: number, context: StageContext): number | Promise<number> {
  if (item < 5000 || context.attempt > 0) return item;
  if (isWrong(item, context)) setTimeout(() => process.exit(7), 50);
  return sleep(200, item);
}

const SLOW_MS = 350;
export function slow(item: number): number {
  const until = performance.now() + SLOW_MS;
  while (performance.now() < until);
  return item;
}
export function slowLater(item: number): Promise<number> {
  return sleep(SLOW_MS, item);
}

/** All but the first wait several times, for less than 150 ms together. */
export async function waits(item: number): Promise<number> {
  for (let i = 0; i < 3 && item > 0; i++) await sleep(30);
  return item;
}

export async function listens(item: number, { signal }: StageContext): Promise<number> {
  const stop = (): void => {};
  signal.addEventListener('abort', stop);
  await sleep(20);
  signal.removeEventListener('abort', stop);
  return item;
}

/** Its length, its first byte and its last. */
export async function describeBytes(item: Uint8Array): Promise<[number, number, number]> {
  await sleep(5);
  return [item.length, item[0]!, item.at(-1)!];
}
