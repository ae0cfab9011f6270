/** The abort signals that handlers have asked for, by session. */
import { setMaxListeners } from 'node:events';
import type { CallScope } from '../crew/call-scope.js';
import { NO_SESSION } from './board.js';
import type { Board } from './board.js';

interface OpenSignal {
  readonly controller: AbortController;
  /** See `Board.ownerOf`. */
  readonly owner: number;
}

export class OpenSignals {
  readonly #board: Board;
  readonly #signals = new Map<number, OpenSignal>();

  readonly #scope: CallScope;

  /** @param scope for the listeners, which are the users'. */
  constructor(board: Board, scope: CallScope) {
    this.#board = board;
    this.#scope = scope;
  }

  /** The signal of a session, which has an item in hand; all calls of its owner share one. Calls without a session
   *  have one each: nobody can abort it, and what listens to it goes with the call. */
  of(session: number): AbortSignal {
    const owner = this.#board.ownerOf(session);
    const known = this.#signals.get(session);
    if (known?.owner === owner) return known.controller.signal;
    const controller = new AbortController();
    // Every call in flight may listen.
    setMaxListeners(0, controller.signal);
    if (session !== NO_SESSION) this.#signals.set(session, { controller, owner });
    if (!this.#board.isWanted(session)) controller.abort();
    return controller.signal;
  }

  /** Somebody may have to be told. */
  get isOpen(): boolean {
    return this.#signals.size > 0;
  }

  /** Aborts the signals of sessions that are no longer wanted, and forgets those whose owners are done. */
  check(): void {
    if (this.#signals.size === 0) return;
    for (const [session, { controller, owner }] of this.#signals) {
      const isOver = this.#board.ownerOf(session) !== owner;
      if (!isOver && this.#board.isWanted(session)) continue;
      this.#signals.delete(session);
      if (!isOver) this.#scope.run(() => controller.abort());
    }
  }
}
