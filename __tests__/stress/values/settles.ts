import { setTimeout as sleep } from 'node:timers/promises';

/** What has not settled by then is stuck: threads start, and limits pass, in much less. */
export const STUCK_MS = 15_000;

/** Whether a promise settles within that time, however it does. */
export async function settles(promise: Promise<unknown>): Promise<boolean> {
  const late = new AbortController();
  const limit = sleep(STUCK_MS, false, { signal: late.signal }).catch(() => false);
  const settled = promise.then(
    () => true,
    () => true,
  );
  const isSettled = await Promise.race([settled, limit]);
  late.abort();
  return isSettled;
}
