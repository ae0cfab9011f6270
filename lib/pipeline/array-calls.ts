/**
 * Calls of handlers that take arrays: which items are called together, and what becomes of them.
 *
 * Runs on: the worker. Items of such a stage are held until they are called: when there are as many as a call takes, or nothing more
 * is at hand. Items of one call are of one session, and were never called before: so the signal and the attempt are those of
 * all. What of a flow waits behind an item joins its call, in order. If the thread ends, or the call fails, nobody knows whose
 * doing it was: each is then called by itself.
 */
import { awaitable } from '../crew/awaitable.js';
import { invalid } from '../crew/checks.js';
import type { ArrayContext } from './array-context.js';
import { COUNTS } from './board.js';
import type { CallContext } from './call-context.js';
import type { CallsParts } from './calls.js';
import { MARKS } from './cell.js';
import { takeFrom } from './held.js';
import type { Held } from './held.js';
import type { StageRunner } from './stage-runner.js';

/** A call, from its beginning until its items are done. */
interface Call {
  readonly helds: readonly Held[];
  readonly runner: StageRunner;
  readonly context: ArrayContext;
  /** In debug mode: what each item was given. */
  readonly lent: (Uint8Array | undefined)[];
  /** Microseconds that the first has waited. */
  readonly waited: number;
  readonly began: number;
}

type Outcome = { readonly results: readonly unknown[] } | { readonly error: unknown };

export class ArrayCalls {
  readonly #parts: CallsParts;
  readonly #itemIn: (held: Held, context: CallContext) => unknown;
  readonly #timed: (now: number) => void;
  /** Of the call in hand, if its result is one. */
  #promise: PromiseLike<unknown> | undefined;

  constructor(
    parts: CallsParts,
    itemIn: (held: Held, context: CallContext) => unknown,
    timed: (now: number) => void,
  ) {
    this.#parts = parts;
    this.#itemIn = itemIn;
    this.#timed = timed;
  }

  /** Calls the handler with the first that wait for it. There is one at least. */
  start(runner: StageRunner): void {
    const helds = this.#take(runner);
    const [first] = helds as [Held];
    const { board, open, sender } = this.#parts;
    if (!board.isWanted(first.cell.session)) {
      for (const held of this.#apart(helds)) open.call(held);
      return;
    }
    const began = performance.now();
    if (helds.length === 1) {
      open.call(first);
      return runner.note(performance.now() - began);
    }
    this.#timed(began);
    const context = runner.context as ArrayContext;
    const waited = (sender.stamp - first.cell.stamp) | 0;
    this.#call({ helds, runner, context, lent: [], waited, began });
    const now = performance.now();
    this.#timed(now);
    runner.note((now - began) / helds.length);
  }

  /** The first of each flow: those behind it wait for it again. */
  #apart(helds: readonly Held[]): readonly Held[] {
    const [{ runner }] = helds as [Held];
    if (!runner.isKeyed) return helds;
    const flows = new Map<number, Held[]>();
    for (const held of helds) {
      const flow = flows.get(held.flowKey);
      if (flow === undefined) flows.set(held.flowKey, [held]);
      else flow.push(held);
    }
    return [...flows].map(([key, [first, ...behind]]) => {
      if (behind.length > 0) this.#parts.open.busy.putBack(key, behind);
      return first!;
    });
  }

  #take(runner: StageRunner): Held[] {
    const { backlog, batch, isKeyed } = runner;
    const [first] = backlog as [Held];
    // It was called before: it is called by itself.
    if (!first.isFresh) return [backlog.shift()!];
    let left = batch;
    const fits = (held: Held): boolean => {
      if (left === 0 || !held.isFresh || held.cell.session !== first.cell.session) return false;
      left--;
      return true;
    };
    const taken = takeFrom(backlog, fits);
    if (!isKeyed) return taken;
    const behind = taken.flatMap((held) => this.#parts.open.busy.join(held.flowKey, fits));
    // As they came: so packs are done in an order that suits all flows.
    return [...taken, ...behind].toSorted(
      (a, b) => a.parcel.number - b.parcel.number || a.index - b.index,
    );
  }

  #call(call: Call): void {
    const { guard, open } = this.#parts;
    const { helds, runner, context, began } = call;
    context.showAll(helds);
    guard.enterTogether(helds);
    const outcome = guard.scope.run(this.#try, call);
    guard.beat();
    const promise = this.#promise;
    if (promise === undefined) {
      this.#parts.tally.time(runner.index, performance.now() - began, call.waited);
      return this.#conclude(call, outcome);
    }
    this.#promise = undefined;
    const [first, ...others] = helds as [Held, ...Held[]];
    first.others = others;
    first.began = began;
    first.waited = 0;
    open.run(first);
    guard.beat();
    runner.leaveContext();
    void guard.scope.run(this.#follow, call, promise);
  }

  /** The handler; a promise is left in `#promise`. */
  readonly #try = (call: Call): Outcome => {
    const { helds, runner, context, lent } = call;
    try {
      const items = helds.map((held) => {
        const item = this.#itemIn(held, context);
        lent.push(context.lentItem);
        context.lentItem = undefined;
        return item;
      });
      const results = runner.handler(items, context);
      this.#promise = awaitable(results);
      return { results: this.#promise === undefined ? resultsOf(results, helds.length) : [] };
    } catch (error) {
      return { error };
    }
  };

  /** Waits for the promise of a call. Never rejects. */
  readonly #follow = async (call: Call, promise: PromiseLike<unknown>): Promise<void> => {
    let outcome: Outcome;
    try {
      outcome = { results: (await promise) as never };
    } catch (error) {
      outcome = { error };
    }
    try {
      this.#settle(call, outcome);
    } catch (fault) {
      this.#parts.open.fail(fault);
    }
  };

  #settle(call: Call, outcome: Outcome): void {
    const { guard, open, tally } = this.#parts;
    const [first] = call.helds as [Held];
    const now = performance.now();
    this.#timed(now);
    tally.time(call.runner.index, now - call.began, call.waited);
    open.stop(first);
    first.others = [];
    guard.enterTogether(call.helds);
    const checked = guard.scope.run(this.#check, call, outcome);
    guard.beat();
    this.#conclude(call, checked);
  }

  readonly #check = ({ helds }: Call, outcome: Outcome): Outcome => {
    if ('error' in outcome) return outcome;
    try {
      return { results: resultsOf(outcome.results, helds.length) };
    } catch (error) {
      return { error };
    }
  };

  #conclude(call: Call, outcome: Outcome): void {
    const { helds, runner, context } = call;
    if ('results' in outcome) this.#finish(call, outcome.results);
    else {
      this.#parts.tally.count(runner.index, COUNTS.ERRORS);
      this.#callAgain(helds);
    }
    context.end();
  }

  /** Each item has its result. One that fails all the same holds back those behind it in its flow. */
  #finish({ helds, runner, context, lent }: Call, results: readonly unknown[]): void {
    const { guard, open } = this.#parts;
    // A flow's order is that in which its packs are sent.
    open.sendDone();
    const flows = new Set<number>();
    const stuck = new Map<number, Held[]>();
    helds.forEach((held, k) => {
      const { flowKey, parcel, index } = held;
      const behind = stuck.get(flowKey);
      if (behind !== undefined) {
        behind.push(held);
        return;
      }
      context.lentItem = lent[k];
      guard.enter(parcel, index);
      const isThrough = guard.scope.run(this.#finishOne, held, context, results[k]);
      guard.leave(parcel, index, isThrough);
      if (isThrough) open.end(held);
      if (!runner.isKeyed) return;
      if (isThrough) flows.add(flowKey);
      else stuck.set(flowKey, []);
    });
    for (const [key, behind] of stuck) {
      flows.delete(key);
      for (const held of behind) forget(held);
      open.busy.putBack(key, behind);
    }
    for (const key of flows) open.release(key);
  }

  /** What the item becomes. True: it is done. */
  readonly #finishOne = (held: Held, context: CallContext, result: unknown): boolean => {
    const { endings } = this.#parts;
    try {
      return endings.finish(held.parcel, held.index, context, result);
    } catch (error) {
      return endings.failed(held.parcel, held.index, held, error);
    }
  };

  /** One by one. */
  #callAgain(helds: readonly Held[]): void {
    for (const held of helds) forget(held);
    for (const held of this.#apart(helds)) this.#parts.open.makeReady(held);
  }
}

/** Nothing has come of its call. */
function forget(held: Held): void {
  held.cell.countTry(held.index);
  held.mark(MARKS.NOT_BEGUN);
}

/** What a handler of arrays returned, one for each of so many items. @throws DlbError ERR_DLB_INVALID_ARGUMENT */
export function resultsOf(results: unknown, items: number): unknown[] {
  const what = 'a handler with batch must return an array of as many results as it gets items';
  if (!Array.isArray(results)) throw invalid(what, 'results', results, { items });
  const { length } = results;
  if (length !== items) throw invalid(what, 'results', length, { items });
  return Array.from({ length }, (_, k) => results[k] as unknown);
}
