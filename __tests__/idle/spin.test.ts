/** How long a scheduler worker looks for work before it parks: as the cores allow. */
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { SPIN_LOOKS } from '../../lib/idle/park-limit.js';
import { Spin } from '../../lib/idle/spin.js';

/** Looks that are made in any case: who rings during a pass is heard. */
const FEW_LOOKS = 4;
/** How long to go on where cores are idle, and how long between two samples. */
const SPIN_MS = 0.1;
const SAMPLE_MS = 20;
/** A short look; its multiples are exact. */
const SHORT_MS = 2 ** -13;

let now = 0;
let switches = 0;
let samples = 0;

/** What the system tells, of which one count matters. */
const usage = process.resourceUsage();
const tell = (): NodeJS.ResourceUsage => {
  samples++;
  return { ...usage, involuntaryContextSwitches: switches };
};

beforeEach(() => {
  [now, switches, samples] = [0, 0, 0];
  jest.spyOn(performance, 'now').mockImplementation(() => now);
  jest.spyOn(process, 'resourceUsage').mockImplementation(tell);
});
afterEach(() => {
  jest.restoreAllMocks();
});

/** Looks that find nothing, `stepMs` apart, up to `most`; returns how many went on. */
function looks(spin: Spin, stepMs: number, most = 10_000): number {
  for (let idle = 1; idle <= most; idle++) {
    if (!spin.goesOn(idle)) return idle - 1;
    now += stepMs;
  }
  return most;
}

/** Lets time pass, in which threads were made to leave a core so often in a millisecond. */
function wait(ms: number, perMs: number): void {
  now += ms;
  switches += ms * perMs;
}

test('a few looks are made whatever happens', () => {
  const spin = new Spin();
  for (const perMs of [0, 1000]) {
    wait(20, perMs);
    for (let idle = 0; idle <= FEW_LOOKS; idle++) {
      expect(spin.goesOn(idle)).toBe(true);
      now += 10;
    }
  }
  // Nothing is asked for them either.
  expect(samples).toBe(0);
});

test('where cores are idle, it goes on for SPIN_LOOKS looks however long they take', () => {
  const spin = new Spin();
  for (let round = 0; round < 3; round++) {
    wait(20, 0);
    expect(looks(spin, 10)).toBe(SPIN_LOOKS);
  }
});

test('where cores are idle and looks are short, it goes on for a tenth of a millisecond', () => {
  const spin = new Spin();
  wait(SAMPLE_MS, 0.1);
  const went = looks(spin, SHORT_MS);
  // From the first look after those that are made in any case.
  expect(went).toBe(FEW_LOOKS + Math.ceil(SPIN_MS / SHORT_MS));
  // And no longer the next time.
  wait(1, 0.1);
  expect(looks(spin, SHORT_MS)).toBe(went);
});

test('a port goes on for SPIN_LOOKS looks, however short they are', () => {
  const spin = new Spin(0);
  wait(SAMPLE_MS, 0);
  expect(looks(spin, SHORT_MS)).toBe(SPIN_LOOKS);
  wait(SAMPLE_MS, 2);
  expect(looks(spin, SHORT_MS)).toBe(FEW_LOOKS);
});

test('work that is found in between begins the time anew', () => {
  const spin = new Spin();
  wait(SAMPLE_MS, 0);
  for (let round = 0; round < 5; round++) {
    expect(looks(spin, SHORT_MS, 500)).toBe(500);
    expect(spin.goesOn(0)).toBe(true);
  }
});

test('where threads are often made to leave a core, it stops after a few looks', () => {
  const spin = new Spin();
  for (let round = 0; round < 3; round++) {
    wait(20, 2);
    expect(looks(spin, 0)).toBe(FEW_LOOKS);
  }
});

test('it follows the cores: crowded, idle, and crowded again', () => {
  const spin = new Spin();
  const went = [2, 0, 1, 0.1, 0.5, 0.2].map((perMs) => {
    wait(SAMPLE_MS, perMs);
    return looks(spin, 0, SPIN_LOOKS);
  });
  const idle = SPIN_LOOKS;
  expect(went).toEqual([FEW_LOOKS, idle, FEW_LOOKS, idle, FEW_LOOKS, idle]);
});

test('only what happened since the last sample counts', () => {
  const spin = new Spin();
  wait(SAMPLE_MS, 1000);
  expect(looks(spin, 0)).toBe(FEW_LOOKS);
  // There were many once; there are none now.
  wait(SAMPLE_MS, 0);
  expect(looks(spin, SPIN_MS)).toBe(SPIN_LOOKS);
});

test('samples are twenty milliseconds apart, and in between the last one counts', () => {
  const spin = new Spin();
  wait(SAMPLE_MS, 0);
  expect(looks(spin, 0, SPIN_LOOKS)).toBe(SPIN_LOOKS);
  expect(samples).toBe(1);
  // Crowded meanwhile, which is not seen before it is time.
  for (let ms = 1; ms < SAMPLE_MS; ms++) {
    wait(1, 1000);
    expect(looks(spin, 0, SPIN_LOOKS)).toBe(SPIN_LOOKS);
  }
  expect(samples).toBe(1);
  wait(1, 1000);
  expect(looks(spin, 0)).toBe(FEW_LOOKS);
  expect(samples).toBe(2);
});

test('a long search for work asks once, when it begins', () => {
  const spin = new Spin();
  wait(SAMPLE_MS, 0);
  expect(looks(spin, 10)).toBe(SPIN_LOOKS);
  expect(samples).toBe(1);
});

test.each([
  ['process.resourceUsage', {}],
  ['process', undefined],
])('without %s every core counts as wanted', (_, instead) => {
  const spin = new Spin();
  const replaced = jest.replaceProperty(globalThis, 'process', instead as typeof process);
  const went = [20, 20, 20].map((ms) => {
    now += ms;
    return looks(spin, 0, 1000);
  });
  replaced.restore();
  expect(went).toEqual([FEW_LOOKS, FEW_LOOKS, FEW_LOOKS]);
});
