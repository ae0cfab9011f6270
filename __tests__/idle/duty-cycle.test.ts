/** The scheduler's loop looks for commands and for lost events even if nobody rings. */
import { expect, jest, test } from '@jest/globals';
import { runDuty } from '../../lib/idle/duty-cycle.js';
import type { Duty } from '../../lib/idle/duty-cycle.js';
import { HEADER } from '../../lib/memory/layout.js';

/** Runs until `enough`; every pass moves `moved` events. Says what was done. */
async function runUntil(
  moved: number,
  enough: (done: { bells: number; sweeps: number }) => boolean,
): Promise<{ bells: number; sweeps: number; ms: number }> {
  const done = { bells: 0, sweeps: 0 };
  const began = performance.now();
  const duty: Duty = {
    pass(sweep) {
      if (sweep) done.sweeps++;
      return moved;
    },
    domains: [],
    onBell: () => void done.bells++,
    isStopping: false,
    get isDone() {
      return enough(done) || performance.now() - began > 5000;
    },
  };
  await runDuty(new Int32Array(new SharedArrayBuffer(4)), duty);
  return { ...done, ms: performance.now() - began };
}

test.each([
  ['idle', 0],
  ['busy', 1],
])('a command is found though the bell was set back: %s', async (_, moved) => {
  const { bells, ms } = await runUntil(moved, (done) => done.bells > 0);
  expect(bells).toBe(1);
  expect(ms).toBeLessThan(1000);
});

test('a scheduler that never comes to rest sweeps all the same', async () => {
  const { sweeps, ms } = await runUntil(1, (done) => done.sweeps > 1);
  expect(sweeps).toBe(2);
  // Not in every pass: each is a park limit apart.
  expect(ms).toBeGreaterThan(100);
  expect(ms).toBeLessThan(2000);
});

test.each([1, 2, 3, 4, 5, 6])(
  'it does not park after its last command: in look %i',
  async (last) => {
    // Cores are scarce: it parks after a few looks, and the command comes in one of these.
    const usage = { ...process.resourceUsage(), involuntaryContextSwitches: Infinity };
    const asked = jest.spyOn(process, 'resourceUsage').mockReturnValue(usage);
    const bell = new Int32Array(new SharedArrayBuffer(4));
    let looks = 0;
    let isDone = false;
    let parks = 0;
    const hasWork = (): boolean => {
      if (isDone) parks++;
      return true;
    };
    await runDuty(bell, {
      pass() {
        if (++looks === last) Atomics.add(bell, 0, 1);
        return 0;
      },
      // What it looks at last before it parks.
      domains: [{ words: new Int32Array(HEADER.SLEEPING + 1), hasWork }],
      onBell: () => void (isDone = looks >= last),
      isStopping: false,
      get isDone() {
        return isDone;
      },
    });
    asked.mockRestore();
    expect({ isDone, parks }).toEqual({ isDone: true, parks: 0 });
  },
);

test('where cores are scarce and dozes bring more, it dozes; commands are looked for after each', async () => {
  const usage = { ...process.resourceUsage(), involuntaryContextSwitches: Infinity };
  const asked = jest.spyOn(process, 'resourceUsage').mockReturnValue(usage);
  const bell = new Int32Array(new SharedArrayBuffer(4));
  const ROUNDS = 400;
  let [looks, parks, bells] = [0, 0, 0];
  let parked = false;
  await runDuty(bell, {
    // What it finds after a rest, then nothing until it rests again.
    pass() {
      if (looks++ > 0) return 0;
      const found = parked ? 4 : 100_000;
      parked = false;
      return found;
    },
    domains: [
      {
        words: new Int32Array(HEADER.SLEEPING + 1),
        hasWork() {
          parks++;
          return (parked = true);
        },
      },
    ],
    onBell() {
      bells++;
      looks = 0;
    },
    isStopping: false,
    get isDone() {
      return bells > ROUNDS;
    },
  });
  asked.mockRestore();
  expect(bells).toBe(ROUNDS + 1);
  // The first 16, and now and then one that shows what a ring brings.
  expect(parks).toBeGreaterThan(16);
  expect(parks).toBeLessThan(ROUNDS / 2);
});
