/**
 * `npm run mutants [-- --only TEXT]`: shows that the suite finds planted faults.
 *
 * Each fault is planted in a copy of the project, where the tests that are aimed at it run, one
 * pattern after the other until one fails; the whole suite runs only for what they miss. Exit code 1
 * if a fault survives or cannot be planted, or if the tests do not pass without one.
 */
import { constants } from 'node:os';
import { parseArgs } from 'node:util';
import { Copy } from './copy.js';
import { MUTANTS } from './list.js';
import type { Mutant } from './list.js';
import type { Run } from './run-node.js';

type Fate = 'found' | 'missed by its tests' | 'SURVIVED' | 'CANNOT BE PLANTED';

const WHOLE_SUITE = '.';
/** Longer than the whole suite takes on a busy machine. */
const CONTROL_MS = 2 * 3_600_000;
/** A fault may show as a hang: it does after this many times what the same tests take without it. On
 *  a busy machine, a limit in seconds would stop tests that are only slow, and call that a find. */
const HANG_FACTOR = 5;
/** Tests of seconds may fall into a busy minute. */
const HANG_MS_MIN = 180_000;

for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => process.exit(128 + constants.signals[signal]));
}
const { values } = parseArgs({ options: { only: { type: 'string', default: '' } } });
const chosen = MUTANTS.filter(({ name }) => name.includes(values.only));
const copy = new Copy();
/** Per pattern, what is a hang. */
const limits = new Map<string, number>();
process.exitCode = (await main()) ? 0 : 1;

async function main(): Promise<boolean> {
  if (!(await passes(new Set(chosen.flatMap(({ tests }) => tests))))) return false;
  const missed: Mutant[] = [];
  let found = 0;
  for (const mutant of chosen) {
    const fate = await tryOut(mutant, mutant.tests, 'missed by its tests');
    if (fate === 'found') found++;
    if (fate === 'missed by its tests') missed.push(mutant);
  }
  if (missed.length > 0 && !(await passes([WHOLE_SUITE]))) return false;
  for (const mutant of missed) {
    if ((await tryOut(mutant, [WHOLE_SUITE], 'SURVIVED')) === 'found') found++;
  }
  console.log(`${found} of ${chosen.length} faults found`);
  return found === chosen.length;
}

/** Whether the tests pass without a fault: what fails then would find them all. Takes the time. */
async function passes(patterns: Iterable<string>): Promise<boolean> {
  if (!goesWell('the build', await copy.build())) return false;
  for (const pattern of patterns) {
    const run = await copy.test(pattern, CONTROL_MS);
    if (!goesWell(nameOf(pattern), run)) return false;
    limits.set(pattern, Math.max(HANG_MS_MIN, HANG_FACTOR * run.ms));
    tell('passed without a fault', nameOf(pattern), run.ms);
  }
  return true;
}

function goesWell(what: string, { ending, said }: Run): boolean {
  if (ending !== 'passed') console.error(`${said}\nWithout any fault, ${what} ${ending}.`);
  return ending === 'passed';
}

/** Plants a fault and runs tests until one finds it. */
async function tryOut(mutant: Mutant, patterns: readonly string[], missed: Fate): Promise<Fate> {
  const began = performance.now();
  const takeOut = await copy.plant(mutant);
  const finding = takeOut === null ? null : await find(patterns);
  takeOut?.();
  const fate = takeOut === null ? 'CANNOT BE PLANTED' : finding === null ? missed : 'found';
  const how = finding === null ? '' : `: ${finding}`;
  tell(fate, `${mutant.name}${how}`, performance.now() - began);
  return fate;
}

/** What does not pass, and how; null if all do. */
async function find(patterns: readonly string[]): Promise<string | null> {
  for (const pattern of patterns) {
    const { ending } = await copy.test(pattern, limits.get(pattern)!);
    if (ending !== 'passed') return `${nameOf(pattern)} ${ending}`;
  }
  return null;
}

function nameOf(pattern: string): string {
  return pattern === WHOLE_SUITE ? 'the whole suite' : pattern;
}

function tell(fate: string, what: string, ms: number): void {
  console.log(`${fate.padEnd(22)} ${what} (${(ms / 1000).toFixed(0)} s)`);
}
