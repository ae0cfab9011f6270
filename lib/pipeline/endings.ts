/**
 * What becomes of a call: its result goes on, or the stage's policy says what happens.
 *
 * Runs on: the worker, within the guard: results and errors are a user's values.
 */
import { messageOf } from '../crew/message-of.js';
import type { EventBurst } from '../eventdev/event-burst.js';
import { COUNTS } from './board.js';
import type { CallContext } from './call-context.js';
import { MARKS } from './cell.js';
import type { Cell } from './cell.js';
import { KIND } from './codec.js';
import { failureOf } from './failure.js';
import type { Held } from './held.js';
import type { OpenEvents } from './open-events.js';
import type { Sender } from './sender.js';
import type { StageRunner } from './stage-runner.js';
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
  readonly #open: OpenEvents;

  constructor(sender: Sender, tally: Tally, open: OpenEvents) {
    this.#sender = sender;
    this.#tally = tally;
    this.#open = open;
  }

  /** @throws what the result's getters and the next stage's key function throw, and so on: it is not through
   *  then. */
  finish(
    burst: EventBurst,
    i: number,
    runner: StageRunner,
    cell: Cell,
    context: CallContext,
    result: unknown,
  ): true {
    const kind = this.#sender.finish(burst, i, cell, result, runner, context.grown);
    context.end();
    this.#tally.handled(runner.index, kind);
    return true;
  }

  /** What the stage's policy says. */
  failed(
    burst: EventBurst,
    i: number,
    runner: StageRunner,
    cell: Cell,
    held: Held | undefined,
    context: CallContext,
    error: unknown,
  ): boolean {
    const { retries, verdict } = runner.settings;
    context.end();
    this.#tally.count(runner.index, COUNTS.ERRORS);
    let final = error;
    try {
      if (cell.retries < retries && runner.mayRetry(error)) {
        this.#tally.count(runner.index, COUNTS.RETRIES);
        this.#tryLater(held ?? this.#open.hold(burst, i, runner, cell), cell);
        return false;
      }
    } catch (thrown) {
      final = new Error(`retryIf failed: ${messageOf(thrown)}`, { cause: error });
    }
    this.giveUp(burst, i, runner, cell, VERDICT_KINDS[verdict], { error: final });
    return true;
  }

  /** @param thrown undefined when the item ended its threads. */
  giveUp(
    burst: EventBurst,
    i: number,
    runner: StageRunner,
    cell: Cell,
    kind: number,
    thrown: { error: unknown } | undefined,
  ): void {
    const { index, settings } = runner;
    if (kind === KIND.DROPPED) {
      this.#tally.count(index, COUNTS.DROPPED);
      this.#sender.end(burst, i, cell, kind);
      return;
    }
    if (kind === KIND.DEAD) this.#tally.count(index, COUNTS.DEAD_LETTERS);
    const failure = failureOf(settings.name, burst.flowId(i), cell, thrown);
    this.#sender.fail(burst, i, cell, kind, failure);
  }

  #tryLater(held: Held, cell: Cell): void {
    const delay = retryDelay(held.runner.settings, cell.retries, Math.random());
    cell.retries++;
    cell.tries++;
    cell.setMark(MARKS.NOT_BEGUN, 0);
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
