/**
 * Where the sockets of a user's devices are: one directory that nobody else may enter. What is in
 * it is as safe as the directory; so one that is not surely ours is refused.
 */
import { lstatSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { DlbError } from '../../eventdev/errors.js';

const OWNER_ONLY = 0o700;
const OTHERS = 0o077;

/** Who looks, and where. */
export interface Surroundings {
  /** Undefined where users have no numbers. */
  readonly user: number | undefined;
  /** `XDG_RUNTIME_DIR`, which is the user's own; undefined if there is none. */
  readonly runtime: string | undefined;
  readonly temporary: string;
}

export function surroundings(): Surroundings {
  const runtime = process.env['XDG_RUNTIME_DIR'];
  const temporary = tmpdir();
  return {
    user: process.getuid?.(),
    // One that is relative counts as none, as its specification has it: it is another for each process.
    runtime: runtime !== undefined && isAbsolute(runtime) ? runtime : undefined,
    temporary: isAbsolute(temporary) ? temporary : '/tmp',
  };
}

export function controlFolder(from: Surroundings = surroundings()): string {
  return controlFolders(from)[0]!;
}

/** Every place where a device of this user may be, whatever the environment of its process was; the first is ours. */
export function controlFolders(from: Surroundings = surroundings()): string[] {
  const { user, runtime, temporary } = from;
  const usual = user === undefined ? [] : [`/run/user/${user}`];
  const own = runtime === undefined ? [] : [runtime];
  const shared = join(temporary, `softdlb-${user ?? 'user'}`);
  const inner = (path: string): string => join(path, 'softdlb');
  return [...new Set([...own.map(inner), shared, ...usual.map(inner)])];
}

/**
 * Makes the directory if need be.
 * @throws DlbError ERR_DLB_CONTROL_UNAVAILABLE: it cannot be made, or is not surely ours
 */
export function openFolder(path: string, user: number | undefined): void {
  try {
    // With every directory above it: what is made here is ours as well.
    mkdirSync(path, { recursive: true, mode: OWNER_ONLY });
  } catch (error) {
    throw unavailable('the directory of the control sockets cannot be made', { path }, error);
  }
  const reason = refusalOf(path, user);
  if (reason !== undefined) throw unavailable(`the directory ${reason}`, { path });
}

/** Why a directory is not to be trusted; undefined if it is. */
export function refusalOf(path: string, user: number | undefined): string | undefined {
  const stat = lstatSync(path);
  if (!stat.isDirectory()) return 'of the control sockets is no directory';
  if (user !== undefined && stat.uid !== user) {
    return `of the control sockets belongs to user ${stat.uid}, not to ${user}`;
  }
  // Where users have no numbers, modes mean nothing.
  if (user !== undefined && (stat.mode & OTHERS) !== 0) {
    return `of the control sockets is open to others: mode ${(stat.mode & 0o777).toString(8)}, not 700`;
  }
  return undefined;
}

export function unavailable(
  what: string,
  details: Record<string, unknown>,
  cause?: unknown,
): DlbError {
  const reason = cause instanceof Error ? { reason: cause.message } : {};
  const error = new DlbError('ERR_DLB_CONTROL_UNAVAILABLE', what, { ...details, ...reason });
  if (cause !== undefined) error.cause = cause;
  return error;
}
