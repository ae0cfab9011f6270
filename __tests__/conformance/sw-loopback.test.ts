/** The worker loopback of DPDK's `sw_evdev_selftest.c`, on real threads. */
import { expect, test } from '@jest/globals';
import { runChild } from '../contracts/threads/run-child.js';
import type { Verdict } from './loopback.program.js';

/** Upstream sends 131072, which on two cores takes 12 s and more, each way; with a sixteenth of them,
 *  and as many hops each, every credit, ring slot and history entry is used hundreds of times. */
const EVENTS = 8192;
const HOPS = 8 * 16;

test.each([
  ['sw 28a: worker loopback, implicit release', true],
  ['sw 28b: worker loopback, explicit release', false],
])('%s', async (_, implicitRelease) => {
  const program = new URL('loopback.program.js', import.meta.url).href;
  expect(await runChild<Verdict>(program, [String(implicitRelease), EVENTS])).toEqual({
    stalled: false,
    finished: EVENTS,
    refused: 0,
    hops: EVENTS * HOPS,
    inflight: 0,
    credits: 4096,
  });
});
