/** Handlers that a witness looks at. */
import { setTimeout as sleep } from 'node:timers/promises';
import { threadId } from 'node:worker_threads';
import type { SetupContext, StageContext } from '../../../lib/pipeline/index.js';
import { Witness } from '../witness.js';

export { keyOf } from '../keyed.js';

/** By stage. */
const witnesses = new Map<string, Witness>();

export function setup({ stage, context }: SetupContext<SharedArrayBuffer>): void {
  witnesses.set(stage, new Witness(context));
}

export function visit(item: number, { stage, attempt }: StageContext): number {
  const witness = witnesses.get(stage)!;
  witness.enter(item, threadId, attempt);
  for (let spin = uneven(item) * 40; spin > 0; spin--) Math.sqrt(spin);
  witness.leave(item, threadId);
  return item;
}

export async function stay(item: number, { stage, attempt }: StageContext): Promise<number> {
  const witness = witnesses.get(stage)!;
  witness.enter(item, threadId, attempt);
  await sleep(uneven(item) % 3);
  witness.leave(item, threadId);
  return item;
}

/** No witness: as much work as the others. */
export function pass(item: number): number {
  for (let spin = uneven(item) * 40; spin > 0; spin--) Math.sqrt(spin);
  return item;
}

/** 0 to 63, the same for the same item. */
function uneven(item: number): number {
  return (Math.imul(item + 1, 0x9e37_79b1) >>> 26) & 63;
}

export async function settle(item: number): Promise<number> {
  await sleep(uneven(item) % 4);
  return item;
}

export function sometimes(item: number): number | Promise<number> {
  return uneven(item) % 3 === 0 ? settle(item) : item;
}

export function number(item: number): number {
  return item;
}
