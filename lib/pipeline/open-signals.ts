/** The abort signals that handlers have asked for, by session. */
import { setMaxListeners } from 'node:events';
import type { CallScope } from '../crew/call-scope.js';
import type { Board } from './board.js';

export class OpenSignals {
  readonly #board: Board;
  readonly #controllers = new Map<number, AbortController>();

  readonly #scope: CallScope;

  /** @param scope for the listeners, which are the users'. */
  constructor(board: Board, scope: CallScope) {
    this.#board = board;
    this.#scope = scope;
  }

  /** The signal of a session; all its calls share one. */
  of(session: number): AbortSignal {
    let controller = this.#controllers.get(session);
    if (controller === undefined) {
      controller = new AbortController();
      // Every call in flight may listen.
      setMaxListeners(0, controller.signal);
      this.#controllers.set(session, controller);
      if (!this.#board.isWanted(session)) controller.abort();
    }
    return controller.signal;
  }

  /** Somebody may have to be told. */
  get isOpen(): boolean {
    return this.#controllers.size > 0;
  }

  /** Aborts the signals of sessions that are no longer wanted; a session that is used again after that gets
   *  another one. */
  check(): void {
    if (this.#controllers.size === 0) return;
    for (const [session, controller] of this.#controllers) {
      if (this.#board.isWanted(session)) continue;
      this.#controllers.delete(session);
      this.#scope.run(() => controller.abort());
    }
  }
}
