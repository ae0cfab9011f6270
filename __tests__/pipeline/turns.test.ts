/** The event loop of a worker stays alive, though its handlers are synchronous and busy. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { stage } from '../../lib/pipeline/index.js';
import type * as busy from './modules/busy.js';
import { collect, moduleUrl, numbers, withPipeline } from './pipelines.js';
import { Words } from './words.js';

const module = moduleUrl('busy');
const PROGRAM = fileURLToPath(new URL('./ends.program.js', import.meta.url));

test('timers of a worker run while it is busy', async () => {
  const words = new Words();
  const context = words.memory;
  const ticks = stage<typeof busy.ticks>({ module, handler: 'ticks', context });
  await withPipeline({ stages: [ticks], workers: 1 }, async (pipeline) => {
    // The handler goes on until the timer has run so often.
    let calls = 0;
    for await (const seen of pipeline.run(numbers(1_000_000), { window: 64 })) {
      calls++;
      if (seen >= 10) break;
    }
    expect(words.get(0)).toBeGreaterThanOrEqual(10);
    expect(calls).toBeLessThan(1_000_000);
  });
});

test('what a busy worker only refers to weakly is collected', async () => {
  const weak = stage<typeof busy.refersWeakly>({ module, handler: 'refersWeakly' });
  const resourceLimits = { maxOldGenerationSizeMb: 48, maxYoungGenerationSizeMb: 8 };
  await withPipeline({ stages: [weak], workers: 1, resourceLimits }, async (pipeline) => {
    // Five times what its heap may be.
    expect(await collect(pipeline.run(numbers(240)))).toEqual([...numbers(240)]);
    expect(pipeline.stats().crashes).toBe(0);
  });
});

test('what a busy worker prints appears while it is busy', async () => {
  // The program ends only when its own output, read back, says that it was printed by then.
  const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, 'print'], {
    timeout: 30_000,
  });
  expect(stdout).toBe('printed by a worker\ndone, threads left: 0\n');
});
