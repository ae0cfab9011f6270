/** The command line: what it may say, and what is wrong with it. */
import { fileName, number, onlyFile, parseOptions, workerCount } from '../command/arguments.js';
import { EXIT_USAGE, Failure } from '../command/failure.js';

export const LINES_MAX = 1_000_000_000;
export const LINES_DEFAULT = 500_000;
const SEED_MAX = 0xffff_ffff;
const TOP_MAX = 1000;
const TOP_DEFAULT = 10;

export interface AccessLogCommand {
  /** Undefined: a generated log. */
  readonly file: string | undefined;
  readonly lines: number;
  readonly seed: number;
  readonly output: string | undefined;
  readonly top: number;
  readonly workers: number;
  readonly json: boolean;
}

const OPTIONS = {
  lines: { type: 'string' },
  seed: { type: 'string' },
  output: { type: 'string' },
  top: { type: 'string' },
  workers: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean' },
} as const;

/** Undefined: --help. @throws Failure with exit code 2 for the shape of the command line, 1 for a
 *  value. */
export function readCommandLine(args: readonly string[]): AccessLogCommand | undefined {
  const { values, positionals } = parseOptions(args, OPTIONS, true);
  if (values.help === true) return undefined;
  const file = onlyFile(positionals);
  for (const name of ['lines', 'seed'] as const) {
    if (file !== undefined && values[name] !== undefined) {
      throw new Failure(`--${name} is about a generated log, not about a file`, EXIT_USAGE);
    }
  }
  return {
    file,
    lines: number('--lines', values.lines, { from: 0, to: LINES_MAX, otherwise: LINES_DEFAULT }),
    seed: number('--seed', values.seed, { from: 0, to: SEED_MAX, otherwise: 1 }),
    output: values.output === undefined ? undefined : fileName('--output', values.output),
    top: number('--top', values.top, { from: 0, to: TOP_MAX, otherwise: TOP_DEFAULT }),
    workers: workerCount(values.workers),
    json: values.json === true,
  };
}
