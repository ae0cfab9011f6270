/**
 * The ranges of a pool: loads the module in this thread when the first comes, and knows when all are
 * over.
 *
 * Runs on: the thread that opened the pool.
 */
import { DlbError } from '../eventdev/errors.js';
import { planRange } from './chunks.js';
import type { RangeOptions, RangeSummary } from './contract.js';
import type { RangeFunction } from './job.js';
import { loadModule } from './load-module.js';
import type { PadataSettings } from './options.js';
import { Range } from './range.js';
import type { RangeSlots } from './range.js';
import type { WorkerSets } from './worker-sets.js';

export class Ranges {
  readonly #slots: RangeSlots;
  readonly #sets: WorkerSets;
  readonly #settings: PadataSettings;
  #function: Promise<RangeFunction> | undefined;
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
    const { signal } = options;
    signal?.throwIfAborted();
    if (plan.start === plan.end) return { threads: 0, chunks: 0, own: 0 };
    this.#active++;
    try {
      const act = await (this.#function ??= this.#load());
      signal?.throwIfAborted();
      const depth = this.#depth(plan.threads);
      return await follow(new Range(plan, this.#slots, depth, act, this.#settings.context), signal);
    } finally {
      this.#active--;
      if (this.#active === 0) for (const end of this.#atEnd.splice(0)) end();
    }
  }

  /** Resolves when none is under way. */
  async over(): Promise<void> {
    if (this.#active > 0) await new Promise<void>((resolve) => this.#atEnd.push(resolve));
  }

  async #load(): Promise<RangeFunction> {
    const { module, context } = this.#settings;
    const { range } = await loadModule(module, context);
    if (typeof range === 'function') return range;
    const details = { field: 'module', module };
    throw new DlbError('ERR_DLB_MODULE_INVALID', 'the module has no function named range', details);
  }

  /** Chunks that helpers get at a time: where all workers may help, each has one waiting as well. */
  #depth(threads: number): number {
    const usable = this.#sets.sets.parallel.usable.length;
    const helpers = Math.min(threads - 1, usable);
    return helpers === usable ? 2 * helpers : helpers;
  }
}

async function follow(range: Range, signal: AbortSignal | undefined): Promise<RangeSummary> {
  const abort = (): void => range.fail(signal!.reason);
  signal?.addEventListener('abort', abort, { once: true });
  try {
    return await range.run();
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}
