/** Where the plain bytes come from: a file, or standard input. */
import { fstatSync } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { Failure, systemFailure } from './failure.js';

/** Tells one file from another, whatever its names. */
export interface FileIdentity {
  readonly dev: bigint;
  readonly ino: bigint;
}

export interface Input {
  /** Undefined for what has no size: pipes, terminals. */
  readonly size: number | undefined;
  readonly identity: FileIdentity | undefined;
  /** Fills the buffer from the front, less only at the end. Returns how much; 0: no more. */
  read(buffer: Uint8Array): Promise<number>;
  close(): Promise<void>;
}

const STANDARD_INPUT = 0;

/** @throws Failure when it cannot be read. */
export async function openInput(name: string, signal: AbortSignal): Promise<Input> {
  if (name === '-') return standardInput(signal);
  try {
    const file = await open(name, 'r');
    try {
      const stat = await file.stat({ bigint: true });
      if (stat.isDirectory()) throw new Failure(`cannot read ${name}: it is a directory`);
      return fileInput(name, file, stat.isFile() ? Number(stat.size) : undefined, stat);
    } catch (error) {
      await file.close();
      throw error;
    }
  } catch (error) {
    throw systemFailure(`cannot read ${name}`, error);
  }
}

function fileInput(
  name: string,
  file: FileHandle,
  size: number | undefined,
  identity: FileIdentity,
): Input {
  return {
    size,
    identity,
    async read(buffer) {
      try {
        return await readFully(file, buffer);
      } catch (error) {
        throw systemFailure(`cannot read ${name}`, error);
      }
    },
    close: () => file.close(),
  };
}

/** A read may be short before the end, in pipes above all. */
async function readFully(file: FileHandle, buffer: Uint8Array): Promise<number> {
  let filled = 0;
  while (filled < buffer.length) {
    const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, null);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled;
}

/** The stream, not the descriptor: a read that waits for a terminal must not hold up the end. */
function standardInput(signal: AbortSignal): Input {
  const { stdin } = process;
  signal.addEventListener('abort', () => stdin.destroy(), { once: true });
  const pieces = stdin[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  let rest: Uint8Array = new Uint8Array(0);
  return {
    ...aboutStandardInput(),
    async read(buffer) {
      let filled = 0;
      while (filled < buffer.length) {
        if (rest.length === 0) {
          const { done, value } = await nextPiece(pieces, signal);
          if (done === true) break;
          rest = value;
        }
        const taken = Math.min(rest.length, buffer.length - filled);
        buffer.set(rest.subarray(0, taken), filled);
        rest = rest.subarray(taken);
        filled += taken;
      }
      return filled;
    },
    async close() {
      stdin.destroy();
    },
  };
}

async function nextPiece(
  pieces: AsyncIterator<Uint8Array>,
  signal: AbortSignal,
): Promise<IteratorResult<Uint8Array>> {
  try {
    return await pieces.next();
  } catch (error) {
    // Then it was us who closed it.
    signal.throwIfAborted();
    throw systemFailure('cannot read standard input', error);
  }
}

function aboutStandardInput(): Pick<Input, 'size' | 'identity'> {
  try {
    const stat = fstatSync(STANDARD_INPUT, { bigint: true });
    if (stat.isDirectory()) throw new Failure('cannot read standard input: it is a directory');
    return stat.isFile()
      ? { size: Number(stat.size), identity: stat }
      : { size: undefined, identity: undefined };
  } catch (error) {
    throw systemFailure('cannot read standard input', error);
  }
}
