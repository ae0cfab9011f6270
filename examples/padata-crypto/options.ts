/** The command line: what it may say, and what is wrong with it. */
import { fileName, hex, parseOptions, show, whole, workerCount } from '../command/arguments.js';
import { EXIT_USAGE, Failure } from '../command/failure.js';

/** A chunk is also what is read and written at once: with 256 KB these calls take longer than the
 *  work. */
export const CHUNK_DEFAULT = 1024 * 1024;
export const CHUNK_MAX = 64 * 1024 * 1024;
/** The block of AES: chunks begin on one. */
const BLOCK_BYTES = 16;
const KEY_BYTES = 32;
const IV_BYTES = 16;

/** The runs that measure. */
export interface CompareCommand {
  readonly kind: 'compare';
  readonly workers: number;
  readonly json: boolean;
  readonly control: boolean;
}

/** The packets again and again. */
export interface RepeatCommand {
  readonly kind: 'repeat';
  readonly workers: number;
  readonly json: boolean;
  readonly control: boolean;
}

/** One file. */
export interface FileCommand {
  readonly kind: 'file';
  readonly input: string;
  readonly output: string;
  readonly key: Uint8Array;
  readonly iv: Uint8Array;
  readonly decrypt: boolean;
  readonly chunk: number;
  readonly workers: number;
  readonly json: boolean;
  readonly control: boolean;
}

export type CommandLine = CompareCommand | RepeatCommand | FileCommand;

const OPTIONS = {
  input: { type: 'string' },
  output: { type: 'string' },
  key: { type: 'string' },
  iv: { type: 'string' },
  decrypt: { type: 'boolean' },
  chunk: { type: 'string' },
  workers: { type: 'string' },
  json: { type: 'boolean' },
  control: { type: 'boolean' },
  repeat: { type: 'boolean' },
  help: { type: 'boolean' },
} as const;

type Values = ReturnType<typeof parse>;

/** Without these there is nothing to encrypt, or nothing to do it with. */
const NEEDED = ['input', 'output', 'key', 'iv'] as const;
/** Options that mean nothing without them. */
const FILE_ONLY = [...NEEDED, 'decrypt', 'chunk'] as const;

/** Undefined: --help. @throws Failure with exit code 2 for the shape of the command line, 1 for a
 *  value. */
export function readCommandLine(args: readonly string[]): CommandLine | undefined {
  const values = parse(args);
  if (values.help === true) return undefined;
  const json = values.json === true;
  const control = values.control === true;
  if (!FILE_ONLY.some((name) => values[name] !== undefined)) {
    const kind = values.repeat === true ? 'repeat' : 'compare';
    return { kind, workers: workerCount(values.workers), json, control };
  }
  requireAll(values);
  if (values.repeat === true) {
    throw new Failure('--repeat goes with packets, not with a file (see --help)', EXIT_USAGE);
  }
  return {
    kind: 'file',
    input: fileName('--input', values.input),
    output: fileName('--output', values.output),
    key: hex('--key', values.key, KEY_BYTES),
    iv: hex('--iv', values.iv, IV_BYTES),
    decrypt: values.decrypt === true,
    chunk: chunkBytes(values.chunk),
    workers: workerCount(values.workers),
    json,
    control,
  };
}

function parse(args: readonly string[]) {
  return parseOptions(args, OPTIONS, false).values;
}

function requireAll(
  values: Values,
): asserts values is Values & Record<(typeof NEEDED)[number], string> {
  for (const name of NEEDED) {
    if (values[name] === undefined) {
      throw new Failure(`missing option --${name} (see --help)`, EXIT_USAGE);
    }
  }
}

function chunkBytes(value: string | undefined): number {
  if (value === undefined) return CHUNK_DEFAULT;
  const chunk = whole(value);
  if (
    chunk === undefined ||
    chunk < BLOCK_BYTES ||
    chunk > CHUNK_MAX ||
    chunk % BLOCK_BYTES !== 0
  ) {
    throw new Failure(
      `--chunk must be a multiple of ${BLOCK_BYTES} from ${BLOCK_BYTES} to ${CHUNK_MAX}, not ${show(value)}`,
    );
  }
  return chunk;
}
