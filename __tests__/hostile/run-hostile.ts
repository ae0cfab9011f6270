/** Runs the hostile program with one seed, in a process of its own. */
import { runChild } from '../contracts/threads/run-child.js';
import type { Findings } from './findings.js';

const PROGRAM = new URL('hostile.program.js', import.meta.url).href;
/** The default of the library: a spoiled bell is what it is for. */
export const PARK_LIMIT_MS = 100;

/** @throws Error with what was found if a domain was harmed. */
export async function runHostile(
  seed: number,
  runMs: number,
  enemy: 'vandal' | 'silencer' = 'vandal',
): Promise<Findings> {
  const env = { SOFTDLB_PARK_LIMIT_MS: String(PARK_LIMIT_MS) };
  return runChild<Findings>(PROGRAM, [seed, runMs, enemy], [], env);
}
