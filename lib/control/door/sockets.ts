/** The sockets in the directory: their names, which of them answer, and which nobody has any more. */
import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';

/** Names are a user's; what is not plain in one is left out of a file's name. */
const NOT_PLAIN = /[^A-Za-z0-9._-]+/g;
/** Paths of sockets are short: 104 bytes on some systems. */
const NAME_MAX = 24;
const ENTRY = /^(?<pid>\d+)-(?<name>.*)\.sock$/;
const PATIENCE_MS = 1000;

/** A device's socket. */
export interface FoundSocket {
  readonly pid: number;
  readonly path: string;
}

/** Where the bearer token of a device is, if it has one. */
export function tokenPath(socket: string): string {
  return socket.replace(/\.sock$/, '.token');
}

/** The n-th socket of that name of this process. */
export function socketPath(folder: string, name: string, n: number): string {
  const plain = name.replace(NOT_PLAIN, '_').slice(0, NAME_MAX);
  return join(folder, `${process.pid}-${plain}${n === 0 ? '' : `~${n}`}.sock`);
}

/** Those that answer, by process. What a process left that is no more is removed. */
export async function runningSockets(folder: string): Promise<FoundSocket[]> {
  const found: FoundSocket[] = [];
  for (const entry of readdirSync(folder).toSorted()) {
    const match = ENTRY.exec(entry);
    const path = join(folder, entry);
    if (match === null || !lstatSync(path, { throwIfNoEntry: false })?.isSocket()) continue;
    const pid = Number(match.groups!['pid']);
    const state = await probe(path);
    if (state === 'answers') found.push({ pid, path });
    else if (state === 'deserted' && !isAlive(pid)) removeSocket(path);
  }
  return found.toSorted((a, b) => a.pid - b.pid || a.path.localeCompare(b.path));
}

/** Removes what is left of a device. */
export function removeSocket(path: string): void {
  rmSync(path, { force: true });
  rmSync(tokenPath(path), { force: true });
}

/** 'deserted': there is a socket, and nobody listens on it. */
export function probe(path: string): Promise<'answers' | 'deserted' | 'unknown'> {
  return new Promise((resolve) => {
    const connection = createConnection(path);
    const end = (state: 'answers' | 'deserted' | 'unknown'): void => {
      connection.destroy();
      resolve(state);
    };
    connection.setTimeout(PATIENCE_MS, () => end('unknown'));
    connection.once('connect', () => end('answers'));
    connection.once('error', (error: NodeJS.ErrnoException) =>
      // Whoever may not even connect is to be told so when it asks for something.
      end(
        error.code === 'ECONNREFUSED'
          ? 'deserted'
          : error.code === 'EACCES'
            ? 'answers'
            : 'unknown',
      ),
    );
  });
}

/** A process of another user is alive as well. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
