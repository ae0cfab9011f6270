/** The words on the board by which workers learn that items are not wanted any more. */
import { NO_SESSION, SESSIONS } from './board.js';
import type { Board } from './board.js';

export class Sessions {
  readonly #board: Board;
  readonly #free: number[] = [];

  constructor(board: Board) {
    this.#board = board;
    for (let session = SESSIONS - 1; session > NO_SESSION; session--) this.#free.push(session);
  }

  /** A session of one's own; NO_SESSION when all are in use: its items are always worked on. */
  open(): number {
    const session = this.#free.pop() ?? NO_SESSION;
    this.#board.setWanted(session, true);
    return session;
  }

  cancel(session: number): void {
    this.#board.setWanted(session, false);
  }

  /** None of its items is in flight. */
  close(session: number): void {
    this.#board.setWanted(session, true);
    if (session !== NO_SESSION) this.#free.push(session);
  }
}
