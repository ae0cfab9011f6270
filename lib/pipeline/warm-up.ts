/**
 * How many items runs let in before it is known how long calls take.
 *
 * Runs on: the thread that made the pipeline. Until a stage's first calls are over its items travel one by one: so few are let
 * in, enough to give every worker all the calls that it may have at once.
 */
import { COUNTS } from './board.js';
import type { Board } from './board.js';
import type { Settings } from './settings.js';

/** For each worker at least, ... */
const FEW = 32;
/** ... until every stage has had calls, or the first has had so many times as many items: it may hand none on ... */
const TIMES = 8;
/** ... or it takes too long: handlers may wait for what is to come. */
const HOLD_MS = 20;

export class WarmUp {
  /** Items of a pack for the first stage meanwhile: none waits for another, but for those of one call. */
  readonly packMax: number;
  readonly #board: Board;
  readonly #settings: Settings;
  readonly #few: number;
  readonly #onRelease: () => void;
  #limit: ReturnType<typeof setTimeout> | undefined;
  #isOver = false;

  /** @param onRelease called when it has taken too long. */
  constructor(board: Board, settings: Settings, onRelease: () => void) {
    this.#onRelease = onRelease;
    this.#board = board;
    this.#settings = settings;
    const { stages, workers } = settings;
    this.packMax = Math.max(1, stages[0]!.batch);
    this.#few = Math.max(
      FEW * workers,
      ...stages.map(
        ({ batch, concurrency, workers: own }) => concurrency * own * Math.max(1, batch),
      ),
    );
  }

  /** Whether a run has to wait, with so many in flight. */
  holdsBack(inFlight: number): boolean {
    return !this.#isOver && inFlight >= this.#few && !this.#look();
  }

  #look(): boolean {
    const { stages, workers } = this.#settings;
    const board = this.#board;
    this.#isOver =
      stages.every((_, stage) => board.wished(workers, stage) > 0) ||
      board.total(workers, 0, COUNTS.ITEMS) >= TIMES * this.#few;
    if (this.#isOver) clearTimeout(this.#limit);
    else this.#limit ??= setTimeout(() => this.#release(), HOLD_MS).unref();
    return this.#isOver;
  }

  #release(): void {
    this.#isOver = true;
    this.#onRelease();
  }
}
