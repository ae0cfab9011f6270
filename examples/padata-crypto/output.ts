/**
 * Where the result goes: a file that appears whole or not at all, or standard output.
 *
 * A file is written beside its final place and renamed when it is complete. Devices and pipes, which
 * nothing may be renamed over, are written directly.
 */
import { randomBytes } from 'node:crypto';
import { unlinkSync } from 'node:fs';
import { access, constants, open, realpath, rename, stat, unlink } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Failure, systemFailure } from './failure.js';
import type { FileIdentity } from './input.js';
import { untilSettled } from './signals.js';
import { writeOut } from './standard-output.js';

export interface OutputTarget {
  /** Resolves when the bytes may be reused. */
  write(bytes: Uint8Array): Promise<void>;
  /** Makes what was written appear. */
  commit(): Promise<void>;
  /** Leaves no trace, unless committed. */
  discard(): Promise<void>;
}

/** Readable and writable by all whom the umask lets. */
const MODE = 0o666;
const NAME_TAG_BYTES = 6;

/** @throws Failure when it cannot be written, or is the input. */
export async function openOutput(
  name: string,
  input: FileIdentity | undefined,
): Promise<OutputTarget> {
  if (name === '-') return { write: writeOut, async commit() {}, async discard() {} };
  try {
    const existing = await look(name);
    if (existing === undefined) return await temporaryFile(name, name);
    if (existing.isDirectory()) throw new Failure(`cannot write ${name}: it is a directory`);
    if (input !== undefined && existing.dev === input.dev && existing.ino === input.ino) {
      throw new Failure(`cannot write ${name}: it is the input`);
    }
    if (!existing.isFile()) return directOutput(name, await open(name, 'w'));
    await access(name, constants.W_OK);
    return await temporaryFile(name, await realpath(name));
  } catch (error) {
    throw systemFailure(`cannot write ${name}`, error);
  }
}

/** What is there, through links; undefined when nothing is. */
async function look(name: string) {
  try {
    return await stat(name, { bigint: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function directOutput(name: string, file: FileHandle): OutputTarget {
  return {
    write: (bytes) => writeFully(name, file, bytes),
    async commit() {},
    discard: () => file.close(),
  };
}

/** @param place where it is to appear: `name`, or where `name` leads as a link. */
async function temporaryFile(name: string, place: string): Promise<OutputTarget> {
  const tag = randomBytes(NAME_TAG_BYTES).toString('hex');
  const temporary = join(dirname(place), `.padata-crypto-${tag}.tmp`);
  const file = await open(temporary, 'wx', MODE);
  const settled = untilSettled(() => unlinkSync(temporary));
  let committed = false;
  return {
    write: (bytes) => writeFully(name, file, bytes),
    async commit() {
      try {
        await file.sync();
        await file.close();
        await rename(temporary, place);
        committed = true;
        settled();
      } catch (error) {
        throw systemFailure(`cannot write ${name}`, error);
      }
    },
    async discard() {
      if (committed) return;
      // Closing a second time does nothing.
      await file.close().catch(() => {});
      await unlink(temporary);
      settled();
    },
  };
}

async function writeFully(name: string, file: FileHandle, bytes: Uint8Array): Promise<void> {
  let written = 0;
  try {
    while (written < bytes.length) {
      const done = await file.write(bytes, written, bytes.length - written, null);
      written += done.bytesWritten;
    }
  } catch (error) {
    throw systemFailure(`cannot write ${name}`, error);
  }
}
