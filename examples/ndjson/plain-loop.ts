/** Without softdlb: a line after the other, on one thread. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Position } from './position.js';
import { Results } from './results.js';
import type { Outcome } from './results.js';
import { follow } from './stages/follow.js';
import { locate } from './stages/locate.js';

export async function inPlainLoop(
  file: string,
  onResults: (count: number) => void,
  signal: AbortSignal,
): Promise<Outcome> {
  const results = new Results(onResults);
  for await (const line of createInterface({ input: createReadStream(file) })) {
    signal.throwIfAborted();
    results.add(follow(locate(JSON.parse(line) as Position)));
  }
  return results.end();
}
