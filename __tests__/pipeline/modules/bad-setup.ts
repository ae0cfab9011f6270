/** Its setup fails as the context says. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { SetupContext } from '../../../lib/pipeline/index.js';

export async function setup({ context, worker }: SetupContext<string>): Promise<void> {
  if (context === 'second worker' && worker === 0) return;
  if (context === 'later') await sleep(5);
  throw new RangeError(`setup refused: ${context}`);
}
export default function echo(item: unknown): unknown {
  return item;
}
