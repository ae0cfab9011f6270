/** A scheduler worker that dies is replaced, and every event that was inside is accounted for, once. */
import { expect, test } from '@jest/globals';
import { runChild } from '../contracts/threads/run-child.js';

const KILLS = 5;

test.each(['atomic', 'ordered', 'flows', 'any', 'pieces', 'independent'])(
  'killed at random under load: %s',
  async (name) => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const program = new URL('kill.program.js', import.meta.url).href;
    const result = await runChild<{ recovered: number }>(program, [name, seed, KILLS]);
    expect({ seed, ...result }).toMatchObject({
      seed,
      lost: 0,
      twice: 0,
      unknown: 0,
      broken: 0,
      dropped: 0,
      free: 256,
      recoveries: KILLS,
    });
    expect(result.recovered).toBeGreaterThan(0);
  },
);

test('what was asked of a scheduler that died is done, or gets what was inside', async () => {
  const program = new URL('deaths.program.js', import.meta.url).href;
  expect(await runChild(program)).toEqual({
    reported: {
      told: [
        {
          payloads: [0, 1, 2, 3, 4],
          code: 'ERR_DLB_SCHEDULER_FAILED',
          why: 'the worker exited with code 1',
        },
      ],
      recoveries: 1,
      dropped: 0,
      inflight: 0,
      states: ['started', 'disabled', 'started', 0],
      unlinks: 0,
      again: [77],
    },
    dropped: { recoveries: 1, dropped: 5, flushed: 0 },
    stopped: {
      told: 0,
      flushed: [0, 1, 2, 3, 4],
      result: { flushed: 5 },
      states: ['stopped', 'stopped', 0],
    },
    failed: {
      told: [0, 1, 2, 3, 4],
      isReady: false,
      state: 'closed',
      codes: ['ERR_DLB_SCHEDULER_FAILED', 'ERR_DLB_SCHEDULER_FAILED'],
    },
    faulty: [
      'disabled started',
      'disabled started',
      'started started',
      'started started',
      'disabled disabled',
      'disabled started',
    ],
    early: { state: 'disabled', payloads: [0, 1, 2, 3, 4] },
  });
});

test('L7: what is told can be enqueued again before anything new, and it is told each time, also a tenant', async () => {
  const program = new URL('reports.program.js', import.meta.url).href;
  const empty = '0 of 0, ERR_DLB_SCHEDULER_FAILED';
  const events = [0, 1, 2, 3, 4, 5, 6, 7];
  expect(await runChild(program)).toEqual({
    atOnce: { told: 32, inOrder: true },
    slowly: { told: 32, inOrder: true },
    ownLoop: true,
    waits: { during: 0, first: 32 },
    tooLong: { during: 0, first: 32 },
    eachTime: { told: [empty, empty, empty, empty], sent: 1 },
    diesAgain: { remaining: [344, 88], seen: 600, recoveries: 2 },
    tenant: { told: [events, 0, 'ERR_DLB_SCHEDULER_FAILED', 'string', 8], all: events, dropped: 8 },
  });
});
