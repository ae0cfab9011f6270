/** Runs one seed in a process of its own. A hang ends there, and says where. */
import { runChild } from '../contracts/threads/run-child.js';
import type { Verdict } from './verdict.js';

const PROGRAM = new URL('run.program.js', import.meta.url).href;

/** @throws Error with the seed, the topology and the counts if anything is wrong. */
export async function runSeed(seed: number, runMs: number): Promise<Verdict> {
  return runChild<Verdict>(PROGRAM, [seed, runMs]);
}
