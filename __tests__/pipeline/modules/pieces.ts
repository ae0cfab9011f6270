/** Handlers that make several of one. */
import { setTimeout as sleep } from 'node:timers/promises';
import { many } from '../../../lib/pipeline/index.js';
import type { Many, SetupContext, StageContext } from '../../../lib/pipeline/index.js';

/** By stage: items become 0 to below so many. */
const counts = new Map<string, number>();

export function setup({ stage, context }: SetupContext<{ of: number } | undefined>): void {
  counts.set(stage, context?.of ?? 1);
}

export const keyOf = (item: number): number => item % 17;

export function some(item: number, { stage }: StageContext): Many<number> {
  return many(Array.from({ length: item % counts.get(stage)! }, (_, i) => item * 10 + i));
}
export async function someLater(item: number, { stage }: StageContext): Promise<Many<string>> {
  await sleep(item % 3);
  const length = item % counts.get(stage)!;
  return many(Array.from({ length }, (_, i) => String(item * 10 + i)));
}
export function crowd(item: number): Many<string> {
  return many(Array.from({ length: item }, (_, i) => String(i)));
}
export function same(item: string): string {
  return item;
}
export function bytes(item: Uint8Array): Uint8Array {
  return item;
}

/** Four parts of the item, then four of its inverse. */
export function parts(item: Uint8Array, context: StageContext): Many<Uint8Array> {
  const inverse = context.output(item.length);
  for (let i = 0; i < item.length; i++) inverse[i] = item[i]! ^ 0xff;
  const part = item.length / 4;
  return many(
    [item, inverse].flatMap((all) =>
      Array.from({ length: 4 }, (_, i) => all.subarray(i * part, (i + 1) * part)),
    ),
  );
}

export const NESTED: Record<string, () => unknown> = {
  'value[1]': () => many([3, many([1, 2])]),
  'value[0]': () => many([many([])]),
  'value.x': () => ({ x: many([1]) }),
  'value[1].x': () => [1, { x: many([1]) }],
};
export function nest(path: string): string {
  return (NESTED[path] ?? (() => path))() as string;
}
export const lengthOf = (item: unknown): number => String(item).length;
