/** Handlers that do little. */
import { many } from '../../../lib/pipeline/index.js';
import type { Many, StageContext } from '../../../lib/pipeline/index.js';

export default function echo(item: unknown): unknown {
  return item;
}
export { echo };

export function number(item: number): number {
  return item;
}
export function double(item: number): number {
  return item * 2;
}
export function text(item: number): string {
  return `number ${item}`;
}
export function length(item: string): number {
  return item.length;
}
export function bytes(item: Uint8Array): Uint8Array {
  return item;
}
export function size(item: Uint8Array): number {
  return item.length;
}

/** Ends items that are no multiple of 3. */
export function thirds(item: number): number | undefined {
  return item % 3 === 0 ? item : undefined;
}

/** `item % 4` results: 10 times the item, and 0 to 3 more. */
export function several(item: number): Many<number> {
  return many(Array.from({ length: item % 4 }, (_, i) => item * 10 + i));
}

export function whoAndWhat(item: number, { flow, stage, worker, attempt }: StageContext): Seen {
  return { item, flow, stage, worker, attempt };
}
export interface Seen {
  item: number;
  flow: number;
  stage: string;
  worker: number;
  attempt: number;
}
export async function later(item: number): Promise<number> {
  await Promise.resolve();
  return item;
}

export const tenth = (item: number): number => item % 10;
export const fifth = (item: number): number => item % 5;
export const noFunction = 5;

/** null is a value; what is nothing is undefined. */
export function toNull(item: number): number | null {
  return item === 2 ? null : item;
}
