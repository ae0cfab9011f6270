/** Random bodies of random cost through the mailbox of one tenant and through both doors: the other tenant is served. */
import { expect, test } from '@jest/globals';
import { runDoors } from './doors/run-doors.js';

const RUN_MS = 800;
/** Here nothing is measured: the machine may do anything else meanwhile. `npm run stress -- --doors` measures. */
const LOOSE = { answerMs: 10_000, turnMs: 5000 };

test.each([1, 6])(
  'A1, A2: whatever one tenant sends, the other is served: seed %i',
  async (seed) => {
    const { neighbour, knocks } = await runDoors(seed, RUN_MS, LOOSE);
    expect(neighbour.failed).toEqual([]);
    expect(neighbour.asked).toBeGreaterThan(5);
    expect(knocks.letters).toBeGreaterThan(5);
  },
);
