/** `npm run stress`: seed after seed, until the time is over or something is wrong. */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import type { Findings } from '../hostile/findings.js';
import { runHostile } from '../hostile/run-hostile.js';
import { runChaos } from '../pipeline/chaos.js';
import type { ChaosReport } from '../pipeline/chaos.js';
import { runFlat } from '../pipeline/flat.js';
import { runDoors } from './doors/run-doors.js';
import type { DoorsReport } from './doors/run-doors.js';
import { runSeed } from './run-seed.js';
import { runValues } from './values/run-values.js';
import type { Report as ValuesReport } from './values/run.js';
import type { Verdict } from './verdict.js';

const USAGE = `Usage: npm run stress -- [options]

Runs seeded topologies of real threads: producers, workers, stages of every type, stalls, detaches,
terminations. What is wrong ends the run, with the seed, the topology and the counts.

  --seed S      first seed (default: random); the next one is S + 1
  --seconds T   for how long (default 60); 0: this one seed only
  --ms M        for how long each seed sends (default 2000)
  --hostile     instead: one domain is overwritten by a thread of its own, another is watched
  --pipeline    instead: a pipeline whose threads are terminated while items flow through it
  --values      instead: handlers and jobs return and throw everything there is, die and hang wherever
                user code runs; pipelines and pools break while everybody waits
  --doors       instead: one tenant sends everything there is through mailbox and doors; another one's
                requests are answered within 200 ms, and no turn of the controller takes 50
  --kills K     for --pipeline: how many of them (default 20)
  --flat        instead: a pipeline with a slow consumer, once; memory must not grow
  --items N     for --pipeline and --flat: how many items (default 200 000 and 5 000 000)
  --help        this text
`;

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

const SUBJECTS = ['hostile', 'pipeline', 'flat', 'values', 'doors'] as const;
type Subject = 'topologies' | (typeof SUBJECTS)[number];

interface Campaign {
  readonly subject: Subject;
  readonly seed: number;
  readonly seconds: number;
  readonly ms: number;
  readonly kills: number;
  readonly items: number;
}

/** Megabytes that a process may be larger in the second half of its way: what a collector leaves. */
const GROWTH_MAX_MB = 64;

/** @throws Error that explains what is wrong with the arguments. */
function readCommandLine(args: readonly string[]): Campaign | null {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string' },
      seconds: { type: 'string' },
      ms: { type: 'string' },
      hostile: { type: 'boolean' },
      pipeline: { type: 'boolean' },
      flat: { type: 'boolean' },
      values: { type: 'boolean' },
      doors: { type: 'boolean' },
      kills: { type: 'string' },
      items: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help === true) return null;
  const subject = subjectOf(values);
  return {
    subject,
    seed: wholeNumber('--seed', values.seed, randomInt(2 ** 31)),
    seconds: wholeNumber('--seconds', values.seconds, 60),
    ms: wholeNumber('--ms', values.ms, 2000),
    kills: wholeNumber('--kills', values.kills, 20),
    items: wholeNumber('--items', values.items, subject === 'flat' ? 5_000_000 : 200_000),
  };
}

/** @throws Error when there are two. */
function subjectOf(flags: Readonly<Record<string, unknown>>): Subject {
  const given = SUBJECTS.filter((flag) => flags[flag] === true);
  if (given.length > 1) throw new Error(`one at a time: --${given.join(', --')}`);
  return given[0] ?? 'topologies';
}

function wholeNumber(name: string, text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  if (!/^\d{1,10}$/.test(text)) throw new Error(`${name} must be a whole number: ${text}`);
  return Number(text);
}

async function run(campaign: Campaign): Promise<void> {
  const { seed, seconds, subject } = campaign;
  if (subject === 'flat') return runFlatly(campaign.items);
  const until = performance.now() + seconds * 1000;
  let runs = 0;
  for (let next = seed; runs === 0 || performance.now() < until; next++) {
    const line = await lineOfSeed(next, campaign);
    runs++;
    process.stdout.write(`${next}: ${line}\n`);
  }
  process.stdout.write(`${runs} seeds from ${seed} on: nothing wrong\n`);
}

/** @throws Error that says what is wrong. */
async function lineOfSeed(seed: number, { subject, ms, items, kills }: Campaign): Promise<string> {
  if (subject === 'hostile') return hostileLine(await runHostile(seed, ms));
  if (subject === 'pipeline') return chaosLine(await runChaos(seed, { items, kills }));
  if (subject === 'values') return valuesLine(await runValues(seed));
  if (subject === 'doors') return doorsLine(await runDoors(seed, ms));
  return lineOf(await runSeed(seed, ms));
}

/** @throws Error with the samples. */
async function runFlatly(items: number): Promise<void> {
  const report = await runFlat(items);
  const { lead, window, growth } = report;
  const line = `${report.items} items, source ahead by ${lead} of ${window}, MB: ${report.rss.join(' ')}`;
  if (lead > window || growth > GROWTH_MAX_MB) throw new Error(`memory is not flat: ${line}`);
  process.stdout.write(`${line}\n`);
}

function chaosLine(report: ChaosReport): string {
  const { wrong, plan, counts } = report;
  const isWrong = Object.values(wrong).some((found) => found !== 0 && found !== null);
  if (isWrong) throw new Error(JSON.stringify(report, undefined, 2));
  const stages = plan.schedules.map((schedule, i) => `${schedule} ${plan.handlers[i]}`);
  return `${stages.join(' -> ')}, ${plan.order}, ${plan.workers} workers; ${show(counts)}`;
}

function valuesLine({ shape, counts }: ValuesReport): string {
  return `${shape}; ${show(counts)}`;
}

function doorsLine({ slowestMs, turnMs, machineMs, knocks, cutOffs }: DoorsReport): string {
  const [slowest, turn, machine] = [slowestMs, turnMs, machineMs].map((each) => each.toFixed(0));
  return `slowest answer ${slowest} ms, longest turn ${turn}, of the machine ${machine}; ${show({ ...knocks, ...cutOffs })}`;
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
