/**
 * The ranges of a pool: loads the module in this thread when the first comes, and knows when all are
 * over.
 *
 * Runs on: the thread that opened the pool.
 */
import { optionalSignal } from '../crew/checks.js';
import { onAbort } from '../crew/on-abort.js';
import { planRange } from './chunks.js';
import type { RangeOptions, RangeSummary } from './contract.js';
import type { RangeFunction } from './job.js';
import { Helpers } from './helpers.js';
import { loadModule, moduleInvalid } from './load-module.js';
import type { PadataSettings } from './options.js';
import { Range } from './range.js';
import type { RangeSlots } from './range.js';
import type { WorkerSets } from './worker-sets.js';

export class Ranges {
  readonly #slots: RangeSlots;
  readonly #sets: WorkerSets;
  readonly #settings: PadataSettings;
  #loading: Promise<RangeFunction> | undefined;
  #loaded: RangeFunction | undefined;
  #active = 0;
  #atEnd: (() => void)[] = [];

  constructor(slots: RangeSlots, sets: WorkerSets, settings: PadataSettings) {
    this.#slots = slots;
    this.#sets = sets;
    this.#settings = settings;
  }

  /** @throws as `pool.range`. */
  async run(options: RangeOptions): Promise<RangeSummary> {
    const plan = planRange(options, this.#settings.workers + 1);
    const signal = optionalSignal('signal', options.signal);
    signal?.throwIfAborted();
    if (plan.start === plan.end) return { threads: 0, chunks: 0, own: 0 };
    this.#active++;
    try {
      const act = await this.#function(signal);
      const helpers = new Helpers(plan.threads - 1, {
        members: () => this.#sets.sets.parallel.usable,
        given: (seat) => this.#slots.given(seat),
      });
      const { context } = this.#settings;
      return await this.#follow(new Range(plan, this.#slots, helpers, act, context), signal);
    } finally {
      this.#active--;
      if (this.#active === 0) for (const end of this.#atEnd.splice(0)) end();
    }
  }

  /** Resolves when none is under way. */
  async over(): Promise<void> {
    if (this.#active > 0) await new Promise<void>((resolve) => this.#atEnd.push(resolve));
  }

  /** @throws as soon as the pool breaks or the range is aborted, even if the module never loads. */
  async #function(signal: AbortSignal | undefined): Promise<RangeFunction> {
    if (this.#loaded !== undefined) return this.#loaded;
    const { exchange } = this.#slots;
    let unfollow = (): void => {};
    const aborted = new Promise<void>((resolve) => {
      if (signal !== undefined) unfollow = onAbort(signal, resolve);
    });
    try {
      await Promise.race([(this.#loading ??= this.#load()), exchange.end, aborted]);
      if (exchange.broken !== undefined) throw exchange.broken.reason;
      signal?.throwIfAborted();
      return (this.#loaded = await this.#loading);
    } finally {
      unfollow();
    }
  }

  async #load(): Promise<RangeFunction> {
    const { module, context } = this.#settings;
    let range: unknown;
    try {
      ({ range } = await loadModule(module, context));
    } catch (error) {
      throw moduleInvalid(module, error);
    }
    if (typeof range === 'function') return range as RangeFunction;
    throw moduleInvalid(module, new Error('the module has no function named range'));
  }

  async #follow(range: Range, signal: AbortSignal | undefined): Promise<RangeSummary> {
    const unfollow = signal && onAbort(signal, () => range.fail(signal.reason));
    this.#slots.ranges.add(range);
    try {
      return await range.run();
    } finally {
      this.#slots.ranges.delete(range);
      unfollow?.();
    }
  }
}
