/**
 * What becomes of a call: its result goes on, or the stage's policy says what happens.
 *
 * Runs on: the worker, within the guard: results and errors are a user's values.
 */
import { messageOf } from '../crew/message-of.js';
import { COUNTS } from './board.js';
import type { CallContext } from './call-context.js';
import { MARKS } from './cell.js';
import { KIND } from './codec.js';
import { failureOf } from './failure.js';
import type { Held } from './held.js';
import type { OpenItems } from './open-items.js';
import type { Parcel } from './parcel.js';
import type { Sender } from './sender.js';
import type { StageSettings } from './stage-settings.js';
import type { Tally } from './tally.js';

const VERDICT_KINDS = {
  fail: KIND.FAILED,
  drop: KIND.DROPPED,
  'dead-letter': KIND.DEAD,
} as const;

export class Endings {
  readonly #sender: Sender;
  readonly #tally: Tally;
  readonly #open: OpenItems;

  constructor(sender: Sender, tally: Tally, open: OpenItems) {
    this.#sender = sender;
    this.#tally = tally;
    this.#open = open;
  }

  /** @throws what the result's getters and the next stage's key function throw, and so on: it is not through
   *  then. */
  finish(parcel: Parcel, i: number, context: CallContext, result: unknown): true {
    parcel.begin(i);
    const kind = this.#sender.finish(parcel, i, result, context);
    this.#tally.handled(parcel.runner.index, kind);
    return true;
  }

  /** What the stage's policy says. */
  failed(parcel: Parcel, i: number, held: Held | undefined, error: unknown): boolean {
    const { runner } = parcel;
    const { retries, verdict } = runner.settings;
    parcel.undo(i);
    this.#tally.count(runner.index, COUNTS.ERRORS);
    let final = error;
    try {
      if (parcel.cell!.retries(i) < retries && runner.mayRetry(error)) {
        this.#tally.count(runner.index, COUNTS.RETRIES);
        this.#tryLater(held ?? this.#open.hold(parcel, i));
        return false;
      }
    } catch (thrown) {
      final = new Error(`retryIf failed: ${messageOf(thrown)}`, { cause: error });
    }
    this.giveUp(parcel, i, VERDICT_KINDS[verdict], { error: final });
    return true;
  }

  /** The item is not wanted. */
  cancel(parcel: Parcel, i: number): void {
    parcel.begin(i);
    this.#sender.end(parcel, i, KIND.CANCELLED);
  }

  /** @param thrown undefined when the item ended its threads. */
  giveUp(parcel: Parcel, i: number, kind: number, thrown: { error: unknown } | undefined): void {
    const { index, settings } = parcel.runner;
    parcel.begin(i);
    if (kind === KIND.DROPPED) {
      this.#tally.count(index, COUNTS.DROPPED);
      this.#sender.end(parcel, i, kind);
      return;
    }
    if (kind === KIND.DEAD) this.#tally.count(index, COUNTS.DEAD_LETTERS);
    const failure = failureOf(settings.name, parcel.cell!, i, thrown);
    this.#sender.fail(parcel, i, kind, failure);
  }

  #tryLater(held: Held): void {
    const { cell, index, runner } = held;
    const delay = retryDelay(runner.settings, cell.retries(index), Math.random());
    cell.countRetry(index);
    cell.countTry(index);
    cell.setMark(index, MARKS.NOT_BEGUN, 0);
    this.#open.callLater(held, delay);
  }
}

/** Before the next try of an item, in milliseconds: it doubles with each. `chance` is 0 or more, and below 1. */
export function retryDelay(
  { delayMs, maxDelayMs, jitter }: Pick<StageSettings, 'delayMs' | 'maxDelayMs' | 'jitter'>,
  retries: number,
  chance: number,
): number {
  return Math.min(delayMs * 2 ** retries, maxDelayMs) * (1 - jitter * chance);
}
