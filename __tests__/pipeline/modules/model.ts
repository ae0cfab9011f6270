/** What a stage of a random pipeline does: the same in a worker and in the test that foretells it. */
import { many } from '../../../lib/pipeline/index.js';
import type { Many, SetupContext, StageContext } from '../../../lib/pipeline/index.js';

export interface Item {
  readonly key: number;
  readonly path: string;
  readonly pad: string;
}

export interface StageModel {
  readonly salt: number;
  /** An item becomes 0 to so many. */
  readonly pieces: number;
  /** Longest text that is added. */
  readonly pad: number;
  readonly isAsync: boolean;
}

/** What becomes of an item. */
export function apply({ salt, pieces, pad }: StageModel, item: Item): Item[] {
  const hash = hashOf(salt, item.path);
  const count = pieces === 1 ? 1 : hash % (pieces + 1);
  return Array.from({ length: count }, (_, i) => ({
    key: item.key,
    path: `${item.path}.${i}`,
    pad: 'ü'.repeat(pad === 0 ? 0 : hashOf(i, item.path) % pad),
  }));
}

function hashOf(salt: number, text: string): number {
  let hash = salt;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x0100_0193);
  return (hash ^ (hash >>> 15)) >>> 0;
}

const models = new Map<string, StageModel>();

export function setup({ stage, context }: SetupContext<StageModel>): void {
  models.set(stage, context);
}
export const keyOf = ({ key }: Item): number => key;

export function act(item: Item, { stage }: StageContext): Many<Item> | Promise<Many<Item>> {
  const model = models.get(stage)!;
  const results = many(apply(model, item));
  if (!model.isAsync) return results;
  const ms = hashOf(1, item.path) % 3;
  return new Promise((resolve) => setTimeout(() => resolve(results), ms));
}
