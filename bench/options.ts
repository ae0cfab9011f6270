/** The command line: what it may say, and what is wrong with it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Settings } from './scenario.js';
import { SCENARIOS } from './scenarios/index.js';

const RUNS_DEFAULT = 3;
const RUNS_FULL = 9;
const RUNS_MAX = 1000;
/** Payloads are event numbers: within 31 bits they stay small integers. */
const EVENTS_MAX = 1e9;

export interface RunCommand extends Settings {
  readonly kind: 'run';
  /** Names of scenarios; empty: all. */
  readonly only: readonly string[];
  readonly json: boolean;
  /** Where SVG files go; undefined: nowhere. */
  readonly plots: string | undefined;
}

export type CommandLine = RunCommand | { readonly kind: 'help' };

/** The command line cannot be followed. */
export class UsageError extends Error {}

const OPTIONS = {
  runs: { type: 'string' },
  only: { type: 'string', multiple: true },
  events: { type: 'string' },
  full: { type: 'boolean' },
  json: { type: 'boolean' },
  plots: { type: 'string' },
  before: { type: 'string' },
  help: { type: 'boolean' },
} as const;

/** @throws UsageError */
export function readCommandLine(args: readonly string[]): CommandLine {
  const values = parse(args);
  if (values.help === true) return { kind: 'help' };
  const full = values.full === true;
  return {
    kind: 'run',
    full,
    runs: whole('runs', values.runs, RUNS_MAX) ?? (full ? RUNS_FULL : RUNS_DEFAULT),
    only: (values.only ?? []).map(scenarioName),
    events: whole('events', values.events, EVENTS_MAX),
    json: values.json === true,
    plots: values.plots,
    before: folder(values.before),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, strict: true }).values;
  } catch (error) {
    const [first] = (error as Error).message.split(/\.\s|\n/);
    throw new UsageError(`${first!.replace(/\.$/, '')} (see --help)`, { cause: error });
  }
}

/** @throws UsageError when there is no package in it. */
function folder(path: string | undefined): string | undefined {
  if (path === undefined || existsSync(join(path, 'dist/lib/index.js'))) return path;
  throw new UsageError(
    `--before must be the folder of an installed softdlb, not ${JSON.stringify(path)}`,
  );
}

function whole(option: string, value: string | undefined, max: number): number | undefined {
  if (value === undefined) return undefined;
  const number = /^\d{1,10}$/.test(value) ? Number(value) : 0;
  if (number < 1 || number > max) {
    const given = JSON.stringify(value);
    throw new UsageError(`--${option} must be a whole number from 1 to ${max}, not ${given}`);
  }
  return number;
}

function scenarioName(name: string): string {
  if (SCENARIOS.some((scenario) => scenario.name === name)) return name;
  const known = SCENARIOS.map((scenario) => scenario.name).join(', ');
  throw new UsageError(`--only must name a scenario, not ${JSON.stringify(name)}: ${known}`);
}
