/** Standard input, output and error: what they are, and writing when a reader may be gone or slow. */
import { fstatSync } from 'node:fs';
import type { BigIntStats } from 'node:fs';
import { systemFailure } from './failure.js';

/** Tells one file from another, whatever its names. */
export interface FileIdentity {
  readonly dev: bigint;
  readonly ino: bigint;
}

const NAMES = ['standard input', 'standard output', 'standard error'] as const;
/** Each stream's descriptor is its number. */
const STANDARD_INPUT = 0;
const STANDARD_OUTPUT = 1;
const STANDARD_ERROR = 2;

export function isSameFile(a: FileIdentity, b: FileIdentity): boolean {
  return a.dev === b.dev && a.ino === b.ino;
}

/** @throws Failure */
export function statOfInput(): BigIntStats {
  try {
    return fstatSync(STANDARD_INPUT, { bigint: true });
  } catch (error) {
    throw systemFailure(`cannot read ${NAMES[STANDARD_INPUT]}`, error);
  }
}

/** @throws Failure */
export function statOf(stream: NodeJS.WriteStream): BigIntStats {
  try {
    return fstatSync(descriptorOf(stream), { bigint: true });
  } catch (error) {
    throw systemFailure(`cannot write ${nameOf(stream)}`, error);
  }
}

export function nameOf(stream: NodeJS.WriteStream): string {
  return NAMES[descriptorOf(stream)];
}

function descriptorOf(stream: NodeJS.WriteStream): 1 | 2 {
  return stream === process.stderr ? STANDARD_ERROR : STANDARD_OUTPUT;
}

/** A broken pipe is reported where something is written; without a listener it would end the
 *  process in the middle of an orderly end. */
export function guardStandardStreams(): void {
  process.stdout.on('error', () => {});
  process.stderr.on('error', () => {});
}

/** Resolves when the data is with the system, so the bytes may be reused. @throws Failure */
export function writeTo(stream: NodeJS.WriteStream, data: Uint8Array | string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(data, (error) => {
      if (error) reject(systemFailure(`cannot write ${nameOf(stream)}`, error));
      else resolve();
    });
  });
}

/** Says something on standard output, where no data goes there. @throws Failure */
export async function writeOut(text: string, carrier?: NodeJS.WriteStream): Promise<void> {
  await writeTo(carrier === process.stdout ? process.stderr : process.stdout, text);
}
