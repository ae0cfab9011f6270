/** Items that never come out, and items that fail. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Above 0 it comes back, 0 fails, below it never ends; Infinity ends without a result. */
export function handle(item: number): number | undefined | Promise<number> {
  if (item === Infinity) return undefined;
  if (item === 0) throw new Error('wrong item 0');
  return item > 0 ? item : new Promise(() => {});
}

/** Takes as many milliseconds as the item says. */
export async function take(item: number): Promise<number> {
  await sleep(item);
  return item;
}
