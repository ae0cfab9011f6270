/**
 * Who is connected to a door. Any user of the machine may connect to loopback: one that has not been let in, or asks for
 * nothing, makes room for one that comes.
 */
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

const CONNECTIONS_MAX = 64;

export class Connections {
  /** Those that are not being answered, the longest so first. */
  readonly #idle = new Set<Socket>();
  readonly #busy = new Set<Socket>();

  add(connection: Socket): void {
    if (this.#idle.size + this.#busy.size >= CONNECTIONS_MAX) {
      const [oldest = connection] = this.#idle;
      oldest.destroy();
      this.#idle.delete(oldest);
      if (oldest === connection) return;
    }
    this.#idle.add(connection);
    connection.once('close', () => {
      this.#idle.delete(connection);
      this.#busy.delete(connection);
    });
  }

  /** It has been let in, and is being answered. */
  use(connection: Socket, response: ServerResponse): void {
    this.#idle.delete(connection);
    this.#busy.add(connection);
    response.once('close', () => {
      if (!this.#busy.delete(connection) || connection.destroyed) return;
      this.#idle.add(connection);
    });
  }
}
