/**
 * What stands around all that a user's code may do in a call: the handler, a getter of its result, the next
 * stage's key function, a getter of what was thrown.
 *
 * Runs on: the worker. Writes: the marks of cells, the beat of its seat. If the thread ends, the mark says whose
 * doing it was; if it stands still, the beat does; and what the call leaves behind in its asynchronous context
 * is not met by the next. Marks and beat: README.md, "Blame".
 */
import { CallScope } from '../crew/call-scope.js';
import type { Board } from './board.js';
import { MARKS } from './cell.js';
import type { Held } from './held.js';
import type { OpenItems } from './open-items.js';
import type { Parcel } from './parcel.js';
import type { StageRunner } from './stage-runner.js';

const COUNT_MASK = 0xff_ffff;

export class Guard {
  readonly scope = new CallScope();
  readonly #seat: number;
  readonly #board: Board;
  readonly #open: OpenItems;
  /** Where a thread that replaces another begins, so that its beat is not taken for the other's. */
  #beats = Math.floor(Math.random() * 2 ** 24);

  constructor(seat: number, board: Board, open: OpenItems) {
    this.#seat = seat;
    this.#board = board;
    this.#open = open;
  }

  /** From here on the thread's end, and its standstill, are this call's: what is done for it is done in `scope`.
   *  If that throws, the thread cannot go on, and the call is to blame. */
  enter({ cell, runner }: Parcel, i: number): void {
    this.#open.excuse();
    cell!.setMark(i, MARKS.ALONE, runner.caller);
    this.#beat(runner);
  }

  /** As `enter`, for one call of several items: nobody knows which of them is to blame. */
  enterTogether(helds: readonly Held[]): void {
    this.#open.excuse();
    for (const held of helds) held.mark(MARKS.BESIDE_OTHERS);
    this.#beat(helds[0]!.runner);
  }

  /** @param isThrough what becomes of the item is written. The thread may end before it is sent: it comes
   *         again then, and has been tried. */
  leave({ cell, runner }: Parcel, i: number, isThrough: boolean): void {
    if (isThrough) cell!.setMark(i, MARKS.TRIED, runner.caller);
    this.beat();
  }

  /** Between calls: those that are open may keep the event loop from turning. Each time is another beat. */
  beat(): void {
    const { watched } = this.#open;
    if (watched === undefined) this.#board.endCall(this.#seat);
    else this.#beat(watched);
  }

  #beat({ index }: StageRunner): void {
    this.#beats = (this.#beats + 1) & COUNT_MASK;
    this.#board.beginCall(this.#seat, index, this.#beats);
  }
}
