/**
 * When the flows of atomic stages are folded into groups, so that packs hold items of many keys.
 *
 * Runs on: the thread that made the pipeline. At first each flow is a group, and packs hold items of one key. When the calls of
 * a stage have proved to be short, its flows are folded, once: what is exclusive between workers then is a group, and inside a
 * worker still a flow. It is done while nothing is in flight, since two numbers of groups must never meet.
 */
import type { Board } from './board.js';
import { groupsOf, isGrouped } from './plan.js';
import type { Settings } from './settings.js';

/** A stage whose workers wish for so many items in a pack has calls of 50 us and less, which are no promises. */
const SHORT_WISH = 10;
/** To come to a moment when nothing is in flight, no more than so many items are let in for a while ... */
const FEW = 256;
const FEW_MS = 500;
/** ... then none for so long at most ... */
const HOLD_MS = 20;
/** ... and not again before that. */
const RETRY_MS = 1000;

export class Folding {
  readonly #board: Board;
  /** Stages that may be folded. */
  readonly #open: Set<number>;
  readonly #settings: Settings;
  readonly #onRelease: () => void;
  /** Runs while items are held back. */
  #limit: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;
  #next = 0;

  /** @param onRelease called when items may be let in again. */
  constructor(board: Board, settings: Settings, onRelease: () => void) {
    this.#board = board;
    this.#settings = settings;
    this.#onRelease = onRelease;
    const { stages } = settings;
    this.#open = new Set([...stages.keys()].filter((i) => isGrouped(stages[i]!)));
    for (const i of this.#open) {
      const { grain } = stages[i]!;
      if (grain === 'coarse') this.#fold(i);
      if (grain === 'fine') this.#open.delete(i);
    }
  }

  /** Whether an item has to wait, with so many in flight. */
  holdsBack(inFlight: number): boolean {
    if (inFlight === 0) {
      if (this.#open.size > 0) this.#foldShort();
      return false;
    }
    if (this.#limit === undefined) return false;
    if (!this.#isClosed && inFlight <= FEW) this.#holdFor(HOLD_MS, true);
    return this.#isClosed || inFlight > FEW;
  }

  /** Looks whether stages are to be folded. */
  look(now: number): void {
    if (this.#open.size === 0 || this.#limit !== undefined || now < this.#next) return;
    if (this.#short().length === 0) return;
    this.#next = now + RETRY_MS;
    this.#holdFor(FEW_MS, false);
  }

  stop(): void {
    clearTimeout(this.#limit);
  }

  #holdFor(ms: number, isClosed: boolean): void {
    clearTimeout(this.#limit);
    this.#isClosed = isClosed;
    this.#limit = setTimeout(() => this.#release(), ms);
    this.#limit.unref();
  }

  #foldShort(): void {
    for (const stage of this.#short()) this.#fold(stage);
    if (this.#limit !== undefined) this.#release();
  }

  #short(): number[] {
    const { workers } = this.#settings;
    return [...this.#open].filter((i) => this.#board.wished(workers, i) >= SHORT_WISH);
  }

  #fold(stage: number): void {
    this.#open.delete(stage);
    this.#board.fold(stage, groupsOf(this.#settings.stages[stage]!));
  }

  #release(): void {
    clearTimeout(this.#limit);
    this.#limit = undefined;
    this.#isClosed = false;
    this.#onRelease();
  }
}
