/** How many threads there are when nobody says. */
import { availableParallelism } from 'node:os';
import { expect, test } from '@jest/globals';
import { defaultWorkers } from '../../lib/crew/default-workers.js';
import { settle as settlePadata } from '../../lib/padata/options.js';
import { settle as settlePipeline } from '../../lib/pipeline/settings.js';

test('the main thread keeps a core, there is a worker, and no more than ports', () => {
  expect([1, 2, 3, 8, 1000].map((cores) => defaultWorkers(cores))).toEqual([1, 1, 2, 7, 63]);
});

test('pools and pipelines have as many threads as the machine has cores for them', () => {
  const module = import.meta.url;
  const expected = defaultWorkers(availableParallelism());
  expect(settlePadata({ module, bytes: 8 }).workers).toBe(expected);
  expect(settlePipeline({ stages: [{ module }] }).workers).toBe(expected);
});
