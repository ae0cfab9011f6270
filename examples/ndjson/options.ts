/** The command line: what it may say, and what is wrong with it. */
import { number, parseOptions, workerCount } from '../command/arguments.js';

export const LINES_MAX = 10_000_000;
export const LINES_DEFAULT = 20_000;

export interface NdjsonCommand {
  readonly lines: number;
  readonly workers: number;
  readonly json: boolean;
}

const OPTIONS = {
  lines: { type: 'string' },
  workers: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean' },
} as const;

/** Undefined: --help. @throws Failure with exit code 2 for the shape of the command line, 1 for a
 *  value. */
export function readCommandLine(args: readonly string[]): NdjsonCommand | undefined {
  const { values } = parseOptions(args, OPTIONS, false);
  if (values.help === true) return undefined;
  return {
    lines: number('--lines', values.lines, { from: 0, to: LINES_MAX, otherwise: LINES_DEFAULT }),
    workers: workerCount(values.workers),
    json: values.json === true,
  };
}
