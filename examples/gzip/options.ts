/** The command line: what it may say, and what is wrong with it. */
import { fileName, number, onlyFile, parseOptions, workerCount } from '../command/arguments.js';
import { EXIT_USAGE, Failure } from '../command/failure.js';

export const BLOCK_DEFAULT = 256 * 1024;
/** Shorter ones are all overhead; longer ones leave nothing to do at once. */
export const BLOCK_MIN = 4096;
export const BLOCK_MAX = 16 * 1024 * 1024;
const LEVEL_DEFAULT = 6;
const LEVEL_MAX = 9;
export const GENERATE_DEFAULT = 64;
const GENERATE_MAX = 100_000;
const MEBI = 1024 * 1024;

export interface GzipCommand {
  /** Undefined: generated text. */
  readonly file: string | undefined;
  /** Bytes of it. */
  readonly generate: number;
  /** Undefined: nobody wants the result, only whether it is right. */
  readonly output: string | undefined;
  readonly level: number;
  readonly block: number;
  /** Where the result can be read again. */
  readonly check: boolean;
  readonly workers: number;
  readonly json: boolean;
}

const OPTIONS = {
  generate: { type: 'string' },
  output: { type: 'string' },
  level: { type: 'string' },
  block: { type: 'string' },
  'no-check': { type: 'boolean' },
  workers: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean' },
} as const;

/** Undefined: --help. @throws Failure with exit code 2 for the shape of the command line, 1 for a
 *  value. */
export function readCommandLine(args: readonly string[]): GzipCommand | undefined {
  const { values, positionals } = parseOptions(args, OPTIONS, true);
  if (values.help === true) return undefined;
  const file = onlyFile(positionals);
  if (file !== undefined && values.generate !== undefined) {
    throw new Failure('--generate makes the input, so there can be no file', EXIT_USAGE);
  }
  if (file !== undefined && values.output === undefined) {
    throw new Failure('missing option --output (see --help)', EXIT_USAGE);
  }
  const generate = { from: 0, to: GENERATE_MAX, otherwise: GENERATE_DEFAULT };
  const block = { from: BLOCK_MIN, to: BLOCK_MAX, otherwise: BLOCK_DEFAULT };
  return {
    file,
    generate: number('--generate', values.generate, generate) * MEBI,
    output: values.output === undefined ? undefined : fileName('--output', values.output),
    level: number('--level', values.level, { from: 1, to: LEVEL_MAX, otherwise: LEVEL_DEFAULT }),
    block: number('--block', values.block, block),
    check: values['no-check'] !== true,
    workers: workerCount(values.workers),
    json: values.json === true,
  };
}
