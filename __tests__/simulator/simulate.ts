/**
 * The simulator's command: `npm run simulate -- --seed 1 --steps 1000000`. See README.md.
 *
 * Episode `i` of a run has a seed of its own that follows from the run's: a failure prints it, so
 * that it is replayed alone.
 */
import { parseArgs } from 'node:util';
import * as words from '#words';
import { makeEpisode, runEpisode } from './episode.js';
import type { Episode, Failure } from './episode.js';
import { Random } from './random.js';
import { shrink } from './shrink.js';

const HELP = `Usage: npm run simulate -- [options]

  --seed S       begin with this seed (default: a random one, which is printed)
  --steps N      operations to perform (default 1000000)
  --time SECONDS end after this time, whatever the steps
  --no-deaths    threads do not die and are not interrupted
  --no-shrink    print the failing sequence as it is
  --json         the result as one line of JSON on stdout
  --help

Exit code: 0 when every contract held, 1 when one did not, 2 for wrong arguments.`;

const PROGRESS_MS = 2000;
const SHRINK_MS = 30_000;
/** Lines of a failing sequence that are printed. */
const TRACE_LINES = 200;

interface Settings {
  readonly seed: number;
  readonly steps: number;
  readonly seconds: number;
  readonly deaths: boolean;
  readonly shrinks: boolean;
  readonly json: boolean;
}

interface Result {
  readonly seed: number;
  steps: number;
  events: number;
  deaths: number;
  episodes: number;
  seconds: number;
  failure: { seed: number; rule: string; message: string; step: number; shrunk: number } | null;
}

/** The outside's clock: an episode has one of its own. */
function seconds(): number {
  return Number(process.hrtime.bigint()) / 1e9;
}

function readSettings(): Settings | null {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string' },
      steps: { type: 'string', default: '1000000' },
      time: { type: 'string', default: 'Infinity' },
      'no-deaths': { type: 'boolean', default: false },
      'no-shrink': { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return null;
  return {
    seed: number('seed', values.seed ?? String(Math.floor(Math.random() * 2 ** 31))),
    steps: number('steps', values.steps),
    seconds: number('time', values.time),
    deaths: !values['no-deaths'],
    shrinks: !values['no-shrink'],
    json: values.json,
  };
}

function number(name: string, text: string): number {
  const value = Number(text);
  if (text.trim() === '' || Number.isNaN(value) || value < 0) {
    throw new Error(`--${name} must be a number, not '${text}'`);
  }
  return value;
}

async function simulate(settings: Settings): Promise<Result> {
  const { seed, steps } = settings;
  const began = seconds();
  const result: Result = {
    seed,
    steps: 0,
    events: 0,
    deaths: 0,
    episodes: 0,
    seconds: 0,
    failure: null,
  };
  const seeds = new Random(seed);
  let told = began;
  while (result.steps < steps && result.failure === null && seconds() - began < settings.seconds) {
    // The first is the run's own, so that a failure is replayed by its seed.
    const its = result.episodes === 0 ? seed : seeds.next();
    const episode = makeEpisode(its, steps - result.steps, settings.deaths);
    const outcome = await runEpisode(episode);
    result.episodes++;
    result.steps += outcome.steps;
    result.events += outcome.events;
    result.deaths += outcome.deaths;
    if (outcome.failure !== null) await report(episode, outcome.failure, result, settings);
    result.seconds = seconds() - began;
    if ((seconds() - told) * 1000 < PROGRESS_MS) continue;
    told = seconds();
    process.stderr.write(`${summary(result)}\n`);
  }
  return result;
}

function summary({ steps, events, deaths, episodes, seconds: time }: Result): string {
  const rate = Math.round(steps / Math.max(time, 1e-3));
  const parts = [`${steps} operations`, `${events} events`, `${deaths} deaths`];
  return `${parts.join(', ')} in ${episodes} episodes, ${time.toFixed(1)} s, ${rate}/s`;
}

async function report(
  episode: Episode,
  failure: Failure,
  result: Result,
  settings: Settings,
): Promise<void> {
  const { seed, mortality } = episode;
  process.stderr.write(`\nFAILED with seed ${seed} at step ${failure.step}: ${failure.message}\n`);
  process.stderr.write(settings.shrinks ? 'shrinking …\n' : '');
  const small = settings.shrinks ? await shrink(episode, failure.rule, SHRINK_MS) : episode;
  const { failure: last } = await runEpisode(small, true);
  const shown = last ?? failure;
  const lines = [
    `${small.operations.length} operations (of ${failure.step}) fail:`,
    ...shown.trace.slice(-TRACE_LINES),
    shown.message,
    ...shown.stack.split('\n').slice(1),
    `domains: ${JSON.stringify(small.topology)}`,
    `threads: ${mortality === 0 ? 'all immortal' : `one in ${mortality} is mortal`}`,
    `replay: npm run simulate -- --seed ${seed} --steps ${episode.operations.length}${
      settings.deaths ? '' : ' --no-deaths'
    }`,
  ];
  process.stderr.write(`${lines.join('\n')}\n`);
  const { rule, message, step } = failure;
  result.failure = { seed, rule, message, step, shrunk: small.operations.length };
}

async function main(): Promise<number> {
  if (!('steps' in words)) throw new Error('run it with node --conditions=softdlb-simulate');
  const settings = readSettings();
  if (settings === null) {
    process.stdout.write(`${HELP}\n`);
    return 0;
  }
  process.stderr.write(`seed ${settings.seed}\n`);
  const result = await simulate(settings);
  process.stdout.write(`${settings.json ? JSON.stringify(result) : summary(result)}\n`);
  return result.failure === null ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 2;
}
