/** What a terminal shows. */
import { PassThrough } from 'node:stream';
import type { WriteStream } from 'node:tty';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { makeProgress, timeLeft } from '../../examples/command/progress.js';

/** cli-progress draws ten times a second. */
const LONGER_THAN_A_FRAME_MS = 250;

test.each<[number, number | undefined, number, string | undefined]>([
  [25, 100, 10, '30 s left'],
  [50, 100, 200, '3 min 20 s left'],
  [100, 100, 10, '0 s left'],
  // Nobody knows yet, or ever.
  [0, 100, 10, undefined],
  [25, 100, 0.1, undefined],
  [25, undefined, 10, undefined],
])('%d of %p in %d s: %p', (done, total, seconds, text) => {
  expect(timeLeft(done, total, seconds)).toBe(text);
});

/** All that was written; the newest Node reads it chunk by chunk. */
function written(stream: PassThrough): string {
  let all = '';
  for (let chunk = stream.read(); chunk !== null; chunk = stream.read()) all += String(chunk);
  return all;
}

test('the first frames say no time, and the cursor comes back', async () => {
  const stream = Object.assign(new PassThrough(), { isTTY: true, columns: 120 });
  const progress = makeProgress(stream as unknown as WriteStream);
  progress.start('encrypting', 1e9, 'bytes');
  progress.advance(1e6);
  await sleep(LONGER_THAN_A_FRAME_MS);
  progress.stop();
  const shown = written(stream);
  expect(shown).toMatch(/encrypting [█░]+ 0 % \| \d+ MB\/s/);
  expect(shown).not.toContain('left');
  expect(shown.lastIndexOf('\u001b[?25h')).toBeGreaterThan(shown.lastIndexOf('\u001b[?25l'));
});
