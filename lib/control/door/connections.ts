/**
 * Who is connected to a door. Any user of the machine may connect to loopback: one that has not been let in, or asks for
 * nothing, makes room for one that comes.
 */
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

const CONNECTIONS_MAX = 64;
/** How long an answer that was asked for may still take when the door closes. */
const ANSWER_MS = 1000;

export class Connections {
  /** Those that are not being answered, the longest so first. */
  readonly #idle = new Set<Socket>();
  readonly #busy = new Map<Socket, ServerResponse>();
  #isEnding = false;

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
    this.#busy.set(connection, response);
    response.once('close', () => {
      if (!this.#busy.delete(connection) || connection.destroyed) return;
      if (this.#isEnding) connection.destroySoon();
      else this.#idle.add(connection);
    });
  }

  /** Ends them all. Who asked for something is answered first: it may be what closes the door. */
  async end(): Promise<void> {
    this.#isEnding = true;
    for (const connection of this.#idle) connection.destroy();
    const answered = [...this.#busy].map(([connection, response]) => {
      const goesOn = response.headersSent && !response.writableEnded;
      if (goesOn) connection.destroy();
      return new Promise<void>((resolve) => response.once('close', () => resolve()));
    });
    const limit = setTimeout(() => this.#cut(), ANSWER_MS);
    await Promise.all(answered);
    clearTimeout(limit);
  }

  #cut(): void {
    for (const connection of this.#busy.keys()) connection.destroy();
  }
}
