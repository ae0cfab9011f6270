/** Which errors are tried again, and when. */
import { expect, test } from '@jest/globals';
import { createPipeline, stage } from '../../lib/pipeline/index.js';
import type { RetryPolicy } from '../../lib/pipeline/index.js';
import { retryDelay } from '../../lib/pipeline/endings.js';
import type * as retries from './modules/retries.js';
import { moduleUrl, withPipeline } from './pipelines.js';

const module = moduleUrl('retries');

interface Seen {
  readonly attempts: number;
  readonly causes: readonly string[];
}

/** What a call of each item fails with. */
async function failures(items: readonly string[], policy: Partial<RetryPolicy>): Promise<Seen[]> {
  const onError = { retries: 2, delayMs: 0, ...policy };
  const stages = [stage<typeof retries.handle>({ module, handler: 'handle', onError })] as const;
  return withPipeline({ stages, workers: 1 }, (pipeline) =>
    Promise.all(
      items.map(async (item) => {
        const failed: unknown = await pipeline.call(item).catch((error: unknown) => error);
        const { cause, details } = failed as { cause: Error | null; details: { attempt: number } };
        const inner = cause?.cause as Error | undefined;
        const causes = [String(cause?.message), ...(inner === undefined ? [] : [inner.message])];
        return { attempts: details.attempt + 1, causes };
      }),
    ),
  );
}

test('U6: retryIf names a function of the module that tells final errors from others', async () => {
  expect(await failures(['transient', 'final', 'odd'], { retryIf: 'isTransient' })).toEqual([
    { attempts: 3, causes: ['transient'] },
    { attempts: 1, causes: ['final'] },
    { attempts: 1, causes: ['retryIf failed: cannot tell', 'odd'] },
  ]);
});

test('U6: what retryIf returns is true or not, and no promise; it gets what was thrown', async () => {
  expect(await failures(['any', 'null'], { retryIf: 'truthy' })).toEqual([
    { attempts: 3, causes: ['any'] },
    { attempts: 1, causes: ['undefined'] },
  ]);
  const [seen] = await failures(['any'], { retryIf: 'later' });
  expect(seen).toEqual({
    attempts: 1,
    causes: [expect.stringContaining('promise'), 'any'],
  });
});

test('U6: a promise of retryIf, or of a key function, that rejects ends no thread', async () => {
  const onError = { retries: 2, delayMs: 0, retryIf: 'rejects' };
  const handler = { module, handler: 'handle', onError } as const;
  const next = { module, handler: 'echo', name: 'next', flow: 'rejects' } as const;
  for (const stages of [
    [stage<typeof retries.handle>(handler)] as const,
    [
      stage<typeof retries.echo>({ module, handler: 'echo' }),
      stage<typeof retries.echo>(next),
    ] as const,
  ]) {
    await withPipeline({ stages, workers: 1 }, async (pipeline) => {
      for (let i = 0; i < 3; i++) {
        await expect(pipeline.call('any')).rejects.toMatchObject({ code: 'ERR_DLB_STAGE_FAILED' });
      }
      expect(pipeline.stats().crashes).toBe(0);
    });
  }
});

test.each([
  ['retryIf', () => true],
  ['retryIf', ''],
  ['retryIf', 5],
  ['jitter', -0.1],
  ['jitter', 1.1],
  ['jitter', 'full'],
  ['delayMs', 2 ** 31],
  ['maxDelayMs', 2 ** 31],
])('U6, S12: onError.%s: %p is refused', async (field, value) => {
  const onError = { retries: 1, [field]: value } as RetryPolicy;
  const opening = createPipeline({ stages: [stage({ module, handler: 'handle', onError })] });
  const at = `stages[0].onError.${field}`;
  await expect(opening).rejects.toMatchObject({
    code: 'ERR_DLB_INVALID_ARGUMENT',
    details: { field: at },
  });
});

test('U6: a module without the function is refused', async () => {
  const onError = { retries: 1, retryIf: 'isFinal' };
  const opening = createPipeline({ stages: [stage({ module, handler: 'handle', onError })] });
  await expect(opening).rejects.toMatchObject({ code: 'ERR_DLB_MODULE_INVALID' });
});

test('U6: delays double up to their limit, and jitter leaves part of each to chance', () => {
  const policy = { delayMs: 100, maxDelayMs: 1000, jitter: 0 };
  const delays = (jitter: number, chance: number): number[] =>
    [0, 1, 3, 4, 900].map((tries) => retryDelay({ ...policy, jitter }, tries, chance));
  expect(delays(0, 0.9)).toEqual([100, 200, 800, 1000, 1000]);
  expect(delays(1, 0)).toEqual([100, 200, 800, 1000, 1000]);
  expect(delays(1, 0.5)).toEqual([50, 100, 400, 500, 500]);
  expect(delays(0.5, 0.5)).toEqual([75, 150, 600, 750, 750]);
});
