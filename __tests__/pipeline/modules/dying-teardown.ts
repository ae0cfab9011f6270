/** Something that its teardown has begun ends the thread. */
import { setTimeout as sleep } from 'node:timers/promises';

export async function teardown(): Promise<void> {
  setTimeout(() => {
    throw new Error('flush failed');
  });
  await sleep(60_000);
}
export default function echo(item: unknown): unknown {
  return item;
}
