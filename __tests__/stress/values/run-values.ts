/** Runs one seed of the values program, in a process of its own. */
import { runChild } from '../../contracts/threads/run-child.js';
import type { Report } from './run.js';

const PROGRAM = new URL('values.program.js', import.meta.url).href;

/** @throws Error with the report if anything is wrong, or if the process did not end by itself. */
export async function runValues(seed: number): Promise<Report> {
  return runChild<Report>(PROGRAM, [seed], [], {});
}
