/**
 * When the flows of keyed stages are folded into groups, so that packs hold items of many keys.
 *
 * Runs on: the thread that made the pipeline. At first each flow is a group, and packs hold items of one key. When the calls of
 * a stage have proved to be short, its flows are folded, once: what is exclusive between workers then is a group, and inside a
 * worker still a flow. It is done while nothing is in flight, since two numbers of groups must never meet.
 */
import type { Board } from './board.js';
import { groupsOf, isKeyed } from './plan.js';
import type { Settings } from './settings.js';

/** A stage whose workers wish for so many items in a pack has calls of 50 us and less, which are no promises. */
const SHORT_WISH = 10;
/** Items are not let in for so long at most, to come to a moment when nothing is in flight ... */
const HOLD_MS = 20;
/** ... and not again before that. */
const RETRY_MS = 1000;

export class Folding {
  readonly #board: Board;
  /** Stages that may be folded. */
  readonly #open: Set<number>;
  readonly #settings: Settings;
  readonly #onRelease: () => void;
  #hold: ReturnType<typeof setTimeout> | undefined;
  #next = 0;

  /** @param onRelease called when items may be let in again. */
  constructor(board: Board, settings: Settings, onRelease: () => void) {
    this.#board = board;
    this.#settings = settings;
    this.#onRelease = onRelease;
    const { stages } = settings;
    this.#open = new Set([...stages.keys()].filter((i) => isKeyed(stages[i]!)));
    for (const i of this.#open) {
      const { grain } = stages[i]!;
      if (grain === 'coarse') this.#fold(i);
      if (grain === 'fine') this.#open.delete(i);
    }
  }

  /** Items are not to be let in now. */
  get isHolding(): boolean {
    return this.#hold !== undefined;
  }

  /** Looks whether stages are to be folded. */
  look(now: number): void {
    if (this.#open.size === 0 || this.#hold !== undefined || now < this.#next) return;
    if (this.#short().length === 0) return;
    this.#next = now + RETRY_MS;
    this.#hold = setTimeout(() => this.#release(), HOLD_MS);
    this.#hold.unref();
  }

  /** Nothing is in flight. */
  fold(): void {
    for (const stage of this.#short()) this.#fold(stage);
    this.#release();
  }

  stop(): void {
    clearTimeout(this.#hold);
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
    clearTimeout(this.#hold);
    this.#hold = undefined;
    this.#onRelease();
  }
}
