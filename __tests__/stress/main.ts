/** `npm run stress`: seed after seed, until the time is over or something is wrong. */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import type { Findings } from '../hostile/findings.js';
import { runHostile } from '../hostile/run-hostile.js';
import { runSeed } from './run-seed.js';
import type { Verdict } from './verdict.js';

const USAGE = `Usage: npm run stress -- [options]

Runs seeded topologies of real threads: producers, workers, stages of every type, stalls, detaches,
terminations. What is wrong ends the run, with the seed, the topology and the counts.

  --seed S      first seed (default: random); the next one is S + 1
  --seconds T   for how long (default 60); 0: this one seed only
  --ms M        for how long each seed sends (default 2000)
  --hostile     instead: one domain is overwritten by a thread of its own, another is watched
  --help        this text
`;

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

interface Campaign {
  readonly seed: number;
  readonly seconds: number;
  readonly ms: number;
  readonly hostile: boolean;
}

/** @throws Error that explains what is wrong with the arguments. */
function readCommandLine(args: readonly string[]): Campaign | null {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string' },
      seconds: { type: 'string' },
      ms: { type: 'string' },
      hostile: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  if (values.help === true) return null;
  return {
    seed: wholeNumber('--seed', values.seed, randomInt(2 ** 31)),
    seconds: wholeNumber('--seconds', values.seconds, 60),
    ms: wholeNumber('--ms', values.ms, 2000),
    hostile: values.hostile === true,
  };
}

function wholeNumber(name: string, text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  if (!/^\d{1,10}$/.test(text)) throw new Error(`${name} must be a whole number: ${text}`);
  return Number(text);
}

async function run({ seed, seconds, ms, hostile }: Campaign): Promise<void> {
  const until = performance.now() + seconds * 1000;
  let runs = 0;
  for (let next = seed; runs === 0 || performance.now() < until; next++) {
    const line = hostile
      ? hostileLine(await runHostile(next, ms))
      : lineOf(await runSeed(next, ms));
    runs++;
    process.stdout.write(`${next}: ${line}\n`);
  }
  process.stdout.write(`${runs} seeds from ${seed} on: nothing wrong\n`);
}

function hostileLine({ delayMs, counts }: Findings): string {
  const { median, slowest, slowestCommandMs } = delayMs;
  const delays = [median, slowest, slowestCommandMs].map((ms) => ms.toFixed(1));
  const { rounds, commands, strikes } = counts;
  return `delay, longest, of a command: ${delays.join(', ')} ms; ${show({ rounds, commands, strikes })}`;
}

function lineOf({ topology, counts }: Verdict): string {
  const { producers, workers, stages } = topology;
  const shape = `${producers} -> ${stages.join(' -> ')} -> directed, ${workers} workers`;
  const { sent, kills, detached, again } = counts;
  return `${shape}; ${show({ sent, kills, detached, again })}`;
}

function show(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${name}=${count}`)
    .join(' ');
}

function fail(error: unknown, code: number): void {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = code;
}

let campaign: Campaign | null = null;
try {
  campaign = readCommandLine(process.argv.slice(2));
  if (campaign === null) process.stdout.write(USAGE);
} catch (error) {
  fail(error, EXIT_USAGE);
}
if (campaign !== null) await run(campaign).catch((error: unknown) => fail(error, EXIT_FAILED));
