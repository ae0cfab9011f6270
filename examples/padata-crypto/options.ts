/** The command line: what it may say, and what is wrong with it. */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { EXIT_USAGE, Failure } from './failure.js';

/** A chunk is also what is read and written at once: with 256 KB these calls take longer than the
 *  work. */
export const CHUNK_DEFAULT = 1024 * 1024;
export const CHUNK_MAX = 64 * 1024 * 1024;
/** One port of a domain's 64 is the main thread's. */
export const WORKERS_MAX = 63;
const WORKERS_DEFAULT_MAX = 8;
/** The block of AES: chunks begin on one. */
const BLOCK_BYTES = 16;
const KEY_BYTES = 32;
const IV_BYTES = 16;

/** The runs that measure. */
export interface CompareCommand {
  readonly kind: 'compare';
  readonly workers: number;
  readonly json: boolean;
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
}

export type CommandLine = CompareCommand | FileCommand | { readonly kind: 'help' };

const OPTIONS = {
  input: { type: 'string' },
  output: { type: 'string' },
  key: { type: 'string' },
  iv: { type: 'string' },
  decrypt: { type: 'boolean' },
  chunk: { type: 'string' },
  workers: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean' },
} as const;

type Values = ReturnType<typeof parse>;

/** Without these there is nothing to encrypt, or nothing to do it with. */
const NEEDED = ['input', 'output', 'key', 'iv'] as const;
/** Options that mean nothing without them. */
const FILE_ONLY = [...NEEDED, 'decrypt', 'chunk'] as const;

/** @throws Failure with exit code 2 for the shape of the command line, 1 for a value. */
export function readCommandLine(args: readonly string[]): CommandLine {
  const values = parse(args);
  if (values.help === true) return { kind: 'help' };
  if (!FILE_ONLY.some((name) => values[name] !== undefined)) {
    return { kind: 'compare', workers: workerCount(values.workers), json: values.json === true };
  }
  requireAll(values);
  return {
    kind: 'file',
    input: fileName('input', values.input),
    output: fileName('output', values.output),
    key: hex('key', values.key, KEY_BYTES),
    iv: hex('iv', values.iv, IV_BYTES),
    decrypt: values.decrypt === true,
    chunk: chunkBytes(values.chunk),
    workers: workerCount(values.workers),
    json: values.json === true,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: withNumbers(args), options: OPTIONS, strict: true }).values;
  } catch (error) {
    throw new Failure(`${shortened((error as Error).message)} (see --help)`, EXIT_USAGE);
  }
}

/** `--chunk -16` as `--chunk=-16`: no option begins with a digit, so that is a value, and a wrong
 *  one. */
function withNumbers(args: readonly string[]): string[] {
  const joined: string[] = [];
  for (const arg of args) {
    const before = joined.at(-1);
    const isValue = /^-\d/.test(arg) && before !== undefined && /^--[a-z]+$/.test(before);
    if (isValue) joined.splice(-1, 1, `${before}=${arg}`);
    else joined.push(arg);
  }
  return joined;
}

/** The first sentence on one line: the rest is advice on quoting. */
function shortened(message: string): string {
  const [first = message] = message.split(/\.\s|\n/);
  return first.replace(/\.$/, '');
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

function fileName(option: string, value: string): string {
  if (value === '' || value.includes('\0')) throw new Failure(`--${option} is not a file name`);
  return value;
}

function hex(option: string, value: string, bytes: number): Uint8Array {
  const digits = 2 * bytes;
  if (!/^[0-9a-f]*$/i.test(value)) {
    throw new Failure(`--${option} must consist of hexadecimal digits`);
  }
  if (value.length !== digits) {
    throw new Failure(`--${option} must have ${digits} hexadecimal digits, not ${value.length}`);
  }
  return Buffer.from(value, 'hex');
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

function workerCount(value: string | undefined): number {
  if (value === undefined) return Math.min(availableParallelism(), WORKERS_DEFAULT_MAX);
  const workers = whole(value);
  if (workers === undefined || workers < 1 || workers > WORKERS_MAX) {
    throw new Failure(`--workers must be a number from 1 to ${WORKERS_MAX}, not ${show(value)}`);
  }
  return workers;
}

function whole(value: string): number | undefined {
  return /^\d{1,15}$/.test(value) ? Number(value) : undefined;
}

/** Whatever was typed, on one line. */
function show(value: string): string {
  return JSON.stringify(value);
}
