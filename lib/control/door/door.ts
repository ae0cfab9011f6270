/**
 * The doors of a device that was opened with `control`: HTTP over a socket that only its user may open,
 * and, if asked for, over loopback with a token.
 *
 * Runs on: the event loop of the thread that opened the device. Never keeps the process alive.
 */
import { chmodSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { Connections } from './connections.js';
import type { AddressInfo, ListenOptions } from 'node:net';
import { DlbError } from '../../eventdev/errors.js';
import { sendError } from './body.js';
import { controlFolder, openFolder, surroundings, unavailable } from './folder.js';
import { loopbackGuard, makeToken } from './guard.js';
import type { Guard } from './guard.js';
import { answer } from './routes.js';
import type { DoorDevice } from './routes.js';
import { probe, removeSocket, socketPath, tokenPath } from './sockets.js';

const LOOPBACK = '127.0.0.1';
const OWNER_ONLY = 0o600;
/** Devices of one name in one process. */
const NAMESAKES_MAX = 256;
/** Headers of a request come at once; a body may take longer. Whatever comes too late is answered 408. */
const TIMEOUTS = {
  headersTimeout: 5000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 1000,
} as const;
/** The shortest that any system allows, less the end of the string. */
const SOCKET_PATH_MAX = 103;

/** What has to go with the process, however orderly that ends. */
const openSockets = new Set<string>();
process.on('exit', () => {
  for (const socket of openSockets) removeSocket(socket);
});

export interface Door {
  /** Path of the socket. */
  readonly socket: string;
  /** `http://127.0.0.1:PORT`; undefined without `http`. */
  readonly address: string | undefined;
  /** What each request over loopback carries. */
  readonly token: string | undefined;
  close(): Promise<void>;
}

/**
 * Opens the doors.
 * @param http port on loopback, 0 for any; undefined: none
 * @throws DlbError ERR_DLB_CONTROL_UNAVAILABLE, ERR_DLB_FEATURE_UNAVAILABLE; nothing is left open
 */
export async function openDoor(device: DoorDevice, http: number | undefined): Promise<Door> {
  if (process.platform === 'win32') {
    throw new DlbError('ERR_DLB_FEATURE_UNAVAILABLE', 'control needs sockets with an owner', {
      field: 'options.control',
      platform: process.platform,
    });
  }
  const folder = controlFolder();
  openFolder(folder, surroundings().user);
  const local = new Entrance(device, () => {});
  const socket = await listenOnSocket(local.server, folder, device.info.name);
  openSockets.add(socket);
  let loopback: Loopback | undefined;
  const close = async (): Promise<void> => {
    await Promise.all([local.close(), loopback?.entrance.close()]);
    openSockets.delete(socket);
    removeSocket(socket);
  };
  try {
    chmodSync(socket, OWNER_ONLY);
    if (http !== undefined) {
      loopback = await openLoopback(device, http);
      writeFileSync(tokenPath(socket), `${loopback.token}\n`, { mode: OWNER_ONLY });
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { socket, address: loopback?.address, token: loopback?.token, close };
}

interface Loopback {
  readonly entrance: Entrance;
  readonly address: string;
  readonly token: string;
}

async function openLoopback(device: DoorDevice, http: number): Promise<Loopback> {
  const token = makeToken();
  let guard: Guard = () => {};
  const entrance = new Entrance(device, (request) => guard(request));
  const { server } = entrance;
  try {
    await listen(server, { host: LOOPBACK, port: http });
  } catch (error) {
    const details = { field: 'options.control.http', value: http };
    throw unavailable('the loopback address cannot be had', details, error);
  }
  const { port } = server.address() as AddressInfo;
  guard = loopbackGuard(port, token);
  return { entrance, address: `http://${LOOPBACK}:${port}`, token };
}

/** One of the doors. */
class Entrance {
  readonly server: Server;
  readonly #connections = new Connections();

  constructor(device: DoorDevice, guard: Guard) {
    this.server = createServer(TIMEOUTS, (request, response) => {
      // A reader that goes away ends its request, not the process.
      response.on('error', () => {});
      const answering = async (): Promise<void> => {
        guard(request);
        this.#connections.use(request.socket, response);
        await answer(device, request, response);
      };
      answering().catch((error: unknown) => sendError(response, error));
    });
    this.server.on('connection', (connection) => {
      connection.unref();
      this.#connections.add(connection);
    });
    this.server.unref();
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    await this.#connections.end();
    await closed;
  }
}

/** A name may be taken: by another device of this process, or by a process of the same number before. */
async function listenOnSocket(server: Server, folder: string, name: string): Promise<string> {
  for (let n = 0; n < NAMESAKES_MAX; n++) {
    const path = socketPath(folder, name, n);
    if (Buffer.byteLength(path) > SOCKET_PATH_MAX) {
      const details = { path, max: SOCKET_PATH_MAX };
      throw unavailable('the path of the control socket is too long', details);
    }
    if ((await probe(path)) === 'deserted') removeSocket(path);
    try {
      await listen(server, { path });
      return path;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') continue;
      throw unavailable('the control socket cannot be opened', { path }, error);
    }
  }
  throw unavailable('too many devices of one name', { name, max: NAMESAKES_MAX });
}

function listen(server: Server, options: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    // In a cluster a worker would be handed the socket of its primary, and so would all others.
    server.listen({ ...options, exclusive: true }, () => {
      server.off('error', reject);
      // What goes wrong later concerns one connection.
      server.on('error', () => {});
      resolve();
    });
  });
}
