/** What command lines have in common: one clear line for whatever is wrong with them. */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import type { ParseArgsConfig } from 'node:util';
import { EXIT_USAGE, Failure } from './failure.js';

/** One port of a domain's 64 is the main thread's. */
export const WORKERS_MAX = 63;
const WORKERS_DEFAULT_MAX = 8;

type Options = NonNullable<ParseArgsConfig['options']>;
type Parsed<O extends Options, P extends boolean> = ReturnType<
  typeof parseArgs<{ args: string[]; options: O; strict: true; allowPositionals: P }>
>;

/** @throws Failure with exit code 2 for options that there are not, or that lack their value. */
export function parseOptions<const O extends Options, P extends boolean>(
  args: readonly string[],
  options: O,
  allowPositionals: P,
): Parsed<O, P> {
  try {
    return parseArgs({ args: withNumbers(args), options, strict: true, allowPositionals });
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

/** The one file that may be named without an option. @throws Failure */
export function onlyFile(names: readonly string[]): string | undefined {
  if (names.length > 1) {
    throw new Failure(`one file at a time, not ${names.length} (see --help)`, EXIT_USAGE);
  }
  return names[0] === undefined ? undefined : fileName('FILE', names[0]);
}

/** @throws Failure */
export function fileName(option: string, value: string): string {
  if (value === '' || value.includes('\0')) throw new Failure(`${option} is not a file name`);
  return value;
}

export interface Range {
  readonly from: number;
  readonly to: number;
  readonly otherwise: number;
}

/** @throws Failure for what is no whole number or out of range. */
export function number(option: string, value: string | undefined, range: Range): number {
  if (value === undefined) return range.otherwise;
  const given = whole(value);
  if (given === undefined || given < range.from || given > range.to) {
    const wanted = `must be a number from ${range.from} to ${range.to}`;
    throw new Failure(`${option} ${wanted}, not ${show(value)}`);
  }
  return given;
}

/** What the machine runs at once, unless something else is asked for. @throws Failure */
export function workerCount(value: string | undefined): number {
  const otherwise = Math.min(availableParallelism(), WORKERS_DEFAULT_MAX);
  return number('--workers', value, { from: 1, to: WORKERS_MAX, otherwise });
}

/** @throws Failure unless the value has exactly that many bytes. */
export function hex(option: string, value: string, bytes: number): Uint8Array {
  const digits = 2 * bytes;
  if (!/^[0-9a-f]*$/i.test(value)) {
    throw new Failure(`${option} must consist of hexadecimal digits`);
  }
  if (value.length !== digits) {
    throw new Failure(`${option} must have ${digits} hexadecimal digits, not ${value.length}`);
  }
  return Buffer.from(value, 'hex');
}

export function whole(value: string): number | undefined {
  return /^\d{1,15}$/.test(value) ? Number(value) : undefined;
}

/** Whatever was typed, on one line. */
export function show(value: string): string {
  return JSON.stringify(value);
}
