/**
 * Where the result goes: a file that appears whole or not at all, or standard output.
 *
 * A file is written beside its final place and renamed when it is complete, with the mode and the
 * owner of the file that it replaces. Devices and pipes, which nothing may be renamed over, are
 * written directly.
 */
import { randomBytes } from 'node:crypto';
import { fstatSync, rmSync } from 'node:fs';
import type { BigIntStats } from 'node:fs';
import { access, constants, open, realpath, rename, rm, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Failure, programName, systemFailure } from './failure.js';
import { throughLinks } from './links.js';
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

/** Of a new file, less the umask: the system takes that off, and knows the directory's own rules. */
const NEW_MODE = 0o666;
/** Until a file has the mode of the one that it replaces, its owner alone may read it. */
const PRIVATE_MODE = 0o600;
const PERMISSIONS = 0o777;
const OTHERS_PERMISSIONS = 0o007;
const NOT_GROUP_PERMISSIONS = 0o707;
const STANDARD_OUTPUT = 1;
const NAME_TAG_BYTES = 6;

/** @throws Failure when it cannot be written, or is the input. */
export async function openOutput(
  name: string,
  input: FileIdentity | undefined,
): Promise<OutputTarget> {
  if (name === '-') return standardOutput(input);
  try {
    const existing = await look(name);
    if (existing === undefined) return await temporaryFile(name, await throughLinks(name));
    if (existing.isDirectory()) throw new Failure(`cannot write ${name}: it is a directory`);
    refuseInput(name, existing, input);
    if (!existing.isFile()) return directOutput(name, await open(name, 'w'));
    await access(name, constants.W_OK);
    return await temporaryFile(name, await realpath(name), existing);
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

function refuseInput(name: string, output: FileIdentity, input: FileIdentity | undefined): void {
  if (input !== undefined && output.dev === input.dev && output.ino === input.ino) {
    throw new Failure(`cannot write ${name}: it is the input`);
  }
}

/** A file that grows by what is read from it would grow for ever; a terminal may well be both. */
function standardOutput(input: FileIdentity | undefined): OutputTarget {
  const what = 'standard output';
  try {
    const existing = fstatSync(STANDARD_OUTPUT, { bigint: true });
    if (existing.isFile()) refuseInput(what, existing, input);
  } catch (error) {
    throw systemFailure(`cannot write ${what}`, error);
  }
  return { write: writeOut, async commit() {}, async discard() {} };
}

function directOutput(name: string, file: FileHandle): OutputTarget {
  return {
    write: (bytes) => writeFully(name, file, bytes),
    async commit() {},
    discard: () => file.close(),
  };
}

/**
 * @param place where it is to appear: `name`, or where `name` leads as a link.
 * @param existing what it replaces.
 */
async function temporaryFile(
  name: string,
  place: string,
  existing?: BigIntStats,
): Promise<OutputTarget> {
  const tag = randomBytes(NAME_TAG_BYTES).toString('hex');
  const temporary = join(dirname(place), `.${programName()}-${tag}.tmp`);
  const file = await open(temporary, 'wx', existing === undefined ? NEW_MODE : PRIVATE_MODE);
  // It may be gone already: a signal can come between the rename and `settled`.
  const settled = untilSettled(() => rmSync(temporary, { force: true }));
  let committed = false;
  return {
    write: (bytes) => writeFully(name, file, bytes),
    async commit() {
      try {
        if (existing !== undefined) await takeAfter(file, existing);
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
      await rm(temporary, { force: true });
      settled();
    },
  };
}

/**
 * Gives the file the owner, the group and the permissions of the one that it replaces. Where the
 * group may not be given, its permissions were meant for others: it gets what everybody has. The bits
 * that let a program run as its owner are dropped, as every write drops them.
 */
async function takeAfter(file: FileHandle, existing: BigIntStats): Promise<void> {
  const own = await file.stat();
  const [uid, gid] = [Number(existing.uid), Number(existing.gid)];
  const permissions = Number(existing.mode) & PERMISSIONS;
  const owned = (own.uid === uid && own.gid === gid) || (await give(file, uid, gid));
  const grouped = owned || own.gid === gid || (await give(file, own.uid, gid));
  const everybody = (permissions & OTHERS_PERMISSIONS) << 3;
  await file.chmod(grouped ? permissions : permissions & (NOT_GROUP_PERMISSIONS | everybody));
}

/** @returns whether the system let it. */
async function give(file: FileHandle, uid: number, gid: number): Promise<boolean> {
  try {
    await file.chown(uid, gid);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // EINVAL: a user namespace does not know the id.
    if (code === 'EPERM' || code === 'EINVAL' || code === 'ENOSYS') return false;
    throw error;
  }
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
