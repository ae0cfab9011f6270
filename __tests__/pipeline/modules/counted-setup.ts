/** Counts set-ups and teardowns in shared words, by stage and worker. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { SetupContext, StageContext } from '../../../lib/pipeline/index.js';

const ready = new Set<string>();
const BASE: Readonly<Record<string, number>> = { first: 10, second: 20 };

export async function setup({
  stage,
  worker,
  context,
}: SetupContext<SharedArrayBuffer>): Promise<void> {
  await sleep(5);
  ready.add(stage);
  Atomics.add(new Int32Array(context), BASE[stage]! + worker, 1);
}
export async function teardown({
  stage,
  worker,
  context,
}: SetupContext<SharedArrayBuffer>): Promise<void> {
  await sleep(5);
  Atomics.add(new Int32Array(context), 20 + BASE[stage]! + worker, 1);
}

export function first(item: number, { stage }: StageContext): number {
  if (!ready.has(stage)) throw new Error('not set up');
  return item;
}
export const second = first;
