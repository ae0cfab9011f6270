/** Where the plain bytes come from: a file, or standard input. */
import type { BigIntStats } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { Failure, systemFailure } from './failure.js';
import { isSameFile, statOfInput } from './standard-streams.js';
import type { FileIdentity } from './standard-streams.js';

export interface Input {
  /** Undefined for what does not say: pipes, terminals, files that the system makes up. */
  readonly size: number | undefined;
  readonly identity: FileIdentity | undefined;
  /** Whether it can be opened a second time, and is the same then. */
  readonly comesAgain: boolean;
  /** Fills the buffer from the front, less only at the end. Returns how much; 0: no more. */
  read(buffer: Uint8Array): Promise<number>;
  close(): Promise<void>;
}

/** @throws Failure when it cannot be read. */
export async function openInput(name: string, signal: AbortSignal): Promise<Input> {
  try {
    if (name === '-' || (await isStandardInput(name))) return standardInput(signal);
    const file = await open(name, 'r');
    try {
      const about = await file.stat({ bigint: true });
      if (about.isDirectory()) throw new Failure(`cannot read ${name}: it is a directory`);
      return fileInput(name, file, about);
    } catch (error) {
      await file.close();
      throw error;
    }
  } catch (error) {
    throw systemFailure(`cannot read ${name}`, error);
  }
}

/** Of a name such as /dev/stdin: a socket cannot be opened by a name. A file has its beginning. */
async function isStandardInput(name: string): Promise<boolean> {
  const named = await stat(name, { bigint: true });
  return !named.isFile() && isSameFile(named, statOfInput());
}

function fileInput(name: string, file: FileHandle, about: BigIntStats): Input {
  return {
    size: sizeOf(about),
    identity: about,
    comesAgain: about.isFile(),
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

function sizeOf(about: BigIntStats): number | undefined {
  return about.isFile() && about.size > 0n ? Number(about.size) : undefined;
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
  const about = statOfInput();
  if (about.isDirectory()) throw new Failure('cannot read standard input: it is a directory');
  const { stdin } = process;
  signal.addEventListener('abort', () => stdin.destroy(), { once: true });
  const pieces = stdin[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  let rest: Uint8Array = new Uint8Array(0);
  return {
    size: sizeOf(about),
    identity: about.isFile() ? about : undefined,
    comesAgain: false,
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
