/**
 * Those who wait for room, in the order in which they came.
 *
 * Runs on: the thread that made the pipeline. The pushes of a stream are one line, all calls another.
 */
import type { Changes } from './changes.js';

export interface Entrant {
  /** Whether it is in; if not, it is asked again after the next change. */
  enter(): boolean;
  /** It will never be in: `enter` threw this. */
  refuse(reason: unknown): void;
}

export class Line {
  readonly #entrants = new Set<Entrant>();
  /** After each there may be room. */
  readonly #changes: Changes;
  #isMoving = false;

  constructor(changes: Changes) {
    this.#changes = changes;
  }

  get isEmpty(): boolean {
    return this.#entrants.size === 0;
  }

  join(entrant: Entrant): void {
    this.#entrants.add(entrant);
    if (!this.#isMoving) void this.#move();
  }

  leave(entrant: Entrant): void {
    if (this.#entrants.delete(entrant)) this.#changes.tell();
  }

  async #move(): Promise<void> {
    this.#isMoving = true;
    while (this.#entrants.size > 0) {
      // Whoever was here first was told of a change after this line.
      await this.#changes.next();
      this.#admit();
    }
    this.#isMoving = false;
  }

  /** Lets in whom there is room for. */
  #admit(): void {
    for (const entrant of this.#entrants) {
      try {
        if (!entrant.enter()) return;
      } catch (reason) {
        entrant.refuse(reason);
      }
      this.#entrants.delete(entrant);
    }
  }
}
