/** Handlers that work on the bytes where they lie. */
import type { SetupContext, StageContext } from '../../../lib/pipeline/index.js';

export function whole(item: Uint8Array): Uint8Array {
  return item;
}
export function front(item: Uint8Array): Uint8Array {
  return item.subarray(0, item.length >> 1);
}
export function back(item: Uint8Array): Uint8Array {
  return item.subarray(item.length >> 1);
}
export function inPlace(item: Uint8Array): Uint8Array {
  return item.map((byte) => byte ^ 0xff);
}

/** The inverse, in memory that was asked for; of which only a part is returned if that is said. */
export function inverted(item: Uint8Array, context: StageContext): Uint8Array {
  const room = context.output(item.length);
  for (let i = 0; i < item.length; i++) room[i] = item[i]! ^ 0xff;
  return room;
}
export function invertedFront(item: Uint8Array, context: StageContext): Uint8Array {
  return inverted(item, context).subarray(0, item.length >> 1);
}
export function invertedBack(item: Uint8Array, context: StageContext): Uint8Array {
  return inverted(item, context).subarray(item.length >> 1);
}
export async function invertedLater(item: Uint8Array, context: StageContext): Promise<Uint8Array> {
  const room = context.output(item.length);
  for (let i = 0; i < item.length; i++) {
    if (i % 16 === 0) await Promise.resolve();
    room[i] = item[i]! ^ 0xff;
  }
  return room;
}

/** Four times the item. */
export function fourfold(item: Uint8Array, context: StageContext): Uint8Array {
  const room = context.output(item.length * 4);
  for (let i = 0; i < 4; i++) room.set(item, i * item.length);
  return room;
}
/** Room for much, of which nothing is used. */
export function unused(item: Uint8Array, context: StageContext): number {
  context.output(1 << 16).fill(1);
  return item.length;
}
/** What it asks for twice is what it returns: the second. */
export function second(item: Uint8Array, context: StageContext): Uint8Array {
  context.output(1 << 16).fill(1);
  const room = context.output(item.length);
  room.set(item);
  return room;
}

export async function later(item: Uint8Array): Promise<Uint8Array> {
  await new Promise((resolve) => setTimeout(resolve, (item[0] ?? 0) % 4));
  return item;
}

let kept: Uint8Array | undefined;
let given: Uint8Array | undefined;
/** Lengths of the views that the call before kept. */
export function keeps(item: Uint8Array, context: StageContext): [number, number] {
  const lengths: [number, number] = [kept?.length ?? -1, given?.length ?? -1];
  kept = item;
  given = context.output(10).fill(1);
  return lengths;
}

const HANDLERS = {
  whole,
  front,
  back,
  inPlace,
  inverted,
  invertedFront,
  invertedBack,
  invertedLater,
  fourfold,
  second,
  later,
} as const;
export const NAMES = Object.keys(HANDLERS) as (keyof typeof HANDLERS)[];
let choice: Int32Array;

export function setup({ context }: SetupContext<SharedArrayBuffer | undefined>): void {
  if (context !== undefined) choice = new Int32Array(context);
}
/** Does what the handler does whose number is in word 0. */
export function chosen(item: Uint8Array, context: StageContext): Uint8Array | Promise<Uint8Array> {
  return HANDLERS[NAMES[choice[0]!]!](item, context);
}
