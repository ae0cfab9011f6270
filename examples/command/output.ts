/**
 * Where the result goes. What the output is decides, not its name.
 *
 * A regular file is written beside its final place and renamed when it is complete, with the mode and
 * the owner of the file that it replaces: it appears whole or not at all. Devices and pipes, which
 * nothing may be renamed over, are written directly, and so is what the process has as its standard
 * output or standard error, whatever name leads there.
 */
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import type { BigIntStats } from 'node:fs';
import { access, constants, open, realpath, rename, rm, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Failure, programName, systemFailure } from './failure.js';
import { throughLinks } from './links.js';
import { untilSettled } from './signals.js';
import { isSameFile, nameOf, statOf, writeTo } from './standard-streams.js';
import type { FileIdentity } from './standard-streams.js';

export interface OutputTarget {
  /** Where it can be read again until it is committed; undefined for what gives nothing back. */
  readonly readableAt: string | undefined;
  /** The standard stream that carries the data, if one does: nothing else may be said there. */
  readonly stream: NodeJS.WriteStream | undefined;
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
const NAME_TAG_BYTES = 6;

/**
 * @param mode of a file that is not there yet.
 * @throws Failure when it cannot be written, or is the input.
 */
export async function openOutput(
  name: string,
  input: FileIdentity | undefined,
  mode = NEW_MODE,
): Promise<OutputTarget> {
  if (name === '-') return streamOutput(process.stdout, input);
  try {
    const existing = await look(name);
    if (existing === undefined) return await temporaryFile(name, await throughLinks(name), mode);
    if (existing.isDirectory()) throw new Failure(`cannot write ${name}: it is a directory`);
    const stream = streamTo(existing);
    if (stream !== undefined) return streamOutput(stream, input);
    // A terminal may well be both, and so may /dev/null.
    if (!existing.isCharacterDevice()) refuseInput(name, existing, input);
    if (!existing.isFile()) return directOutput(name, await open(name, constants.O_WRONLY));
    await access(name, constants.W_OK);
    return await temporaryFile(name, await realpath(name), PRIVATE_MODE, existing);
  } catch (error) {
    throw systemFailure(`cannot write ${name}`, error);
  }
}

/** Makes what `use` writes appear when it is done; where it fails, no trace is left. */
export async function intoOutput<T>(
  [name, input, mode]: Parameters<typeof openOutput>,
  use: (output: OutputTarget) => Promise<T>,
): Promise<T> {
  const output = await openOutput(name, input, mode);
  try {
    const result = await use(output);
    await output.commit();
    return result;
  } finally {
    await output.discard();
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
  if (input !== undefined && isSameFile(output, input)) {
    throw new Failure(`cannot write ${name}: it is the input`);
  }
}

/**
 * The standard stream that leads there. It may be a socket, which cannot be opened by a name, or a file
 * that others write to as well. Of what is no terminal, devices can be opened as often as one likes.
 */
function streamTo(existing: BigIntStats): NodeJS.WriteStream | undefined {
  return [process.stdout, process.stderr].find((stream) => {
    const own = stream.isTTY || !existing.isCharacterDevice();
    return own && isSameFile(existing, statOf(stream));
  });
}

/** A file that grows by what is read from it would grow for ever. */
function streamOutput(stream: NodeJS.WriteStream, input: FileIdentity | undefined): OutputTarget {
  const existing = statOf(stream);
  if (existing.isFile()) refuseInput(nameOf(stream), existing, input);
  return {
    readableAt: undefined,
    stream,
    write: (bytes) => writeTo(stream, bytes),
    async commit() {},
    async discard() {},
  };
}

function directOutput(name: string, file: FileHandle): OutputTarget {
  return {
    readableAt: undefined,
    stream: undefined,
    write: (bytes) => writeFully(name, file, bytes),
    commit: () => closeFile(name, file),
    // Closing a second time does nothing.
    discard: () => file.close().catch(() => {}),
  };
}

/**
 * @param place where it is to appear: `name`, or where `name` leads as a link.
 * @param existing what it replaces.
 */
async function temporaryFile(
  name: string,
  place: string,
  mode: number,
  existing?: BigIntStats,
): Promise<OutputTarget> {
  const tag = randomBytes(NAME_TAG_BYTES).toString('hex');
  const temporary = join(dirname(place), `.${programName()}-${tag}.tmp`);
  const file = await open(temporary, 'wx', mode);
  // It may be gone already: a signal can come between the rename and `settled`.
  const settled = untilSettled(() => rmSync(temporary, { force: true }));
  let committed = false;
  return {
    readableAt: temporary,
    stream: undefined,
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

/** Some systems tell only here that there was no room. */
async function closeFile(name: string, file: FileHandle): Promise<void> {
  try {
    await file.close();
  } catch (error) {
    throw systemFailure(`cannot write ${name}`, error);
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
