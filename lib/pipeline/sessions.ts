/** The words on the board by which workers learn that items are not wanted any more. */
import { NO_SESSION, SESSIONS } from './board.js';
import type { Board } from './board.js';

export class Sessions {
  readonly #board: Board;
  readonly #free: number[] = [];

  constructor(board: Board) {
    this.#board = board;
    for (let session = NO_SESSION + 1; session < SESSIONS; session++) this.#free.push(session);
  }

  /** A session of one's own; NO_SESSION when all are in use: its items are always worked on. */
  open(): number {
    const session = this.#free.shift() ?? NO_SESSION;
    this.#board.renew(session);
    return session;
  }

  cancel(session: number): void {
    this.#board.cancel(session);
  }

  /** None of its items is in flight. It is used again after all others that are free: until then workers can see that it
   *  was cancelled, if it was. */
  close(session: number): void {
    if (this.#board.isWanted(session)) this.#board.renew(session);
    if (session !== NO_SESSION) this.#free.push(session);
  }
}
