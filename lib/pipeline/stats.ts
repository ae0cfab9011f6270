/** What `pipeline.stats()` says, put together from all that counts. */
import type { RecordableHistogram } from 'node:perf_hooks';
import type { Domain } from '../control/index.js';
import { COUNTS } from './board.js';
import type { Board } from './board.js';
import type { Percentiles, StageStats } from './contract.js';
import { firstQueues, queuesOf } from './plan.js';
import type { Settings } from './settings.js';

const NS_PER_MS = 1e6;
const MS_PER_S = 1000;

export interface StatsParts {
  readonly domain: Domain;
  readonly settings: Settings;
  readonly board: Board;
  readonly handlerTimes: readonly RecordableHistogram[];
  readonly waitingTimes: readonly RecordableHistogram[];
}

export class StageReader {
  readonly #parts: StatsParts;
  readonly #queues: readonly number[];
  /** Handled at the time of the call before, for the rates. */
  readonly #handledBefore: number[];
  #readAt = performance.now();

  constructor(parts: StatsParts) {
    this.#parts = parts;
    this.#queues = firstQueues(parts.settings.stages);
    this.#handledBefore = parts.settings.stages.map(() => 0);
  }

  read(): StageStats[] {
    const now = performance.now();
    const seconds = Math.max((now - this.#readAt) / MS_PER_S, Number.EPSILON);
    this.#readAt = now;
    const { queues } = this.#parts.domain.stats();
    return this.#parts.settings.stages.map((stage, index) => {
      const first = this.#queues[index]!;
      const own = queues.slice(first, first + queuesOf(stage));
      const total = (count: number): number => this.#total(index, count);
      const handled = total(COUNTS.HANDLED);
      const rate = (handled - this.#handledBefore[index]!) / seconds;
      this.#handledBefore[index] = handled;
      // Queues count packs: each is taken for as many items as they have had on the average.
      const perPack = total(COUNTS.ITEMS) / Math.max(1, total(COUNTS.PACKS)) || 1;
      return {
        name: stage.name,
        handled,
        rate,
        inFlight: Math.round(own.reduce((sum, queue) => sum + queue.inflight, 0) * perPack),
        waiting: Math.round(own.reduce((sum, queue) => sum + sumOf(queue.iqUsed), 0) * perPack),
        errors: total(COUNTS.ERRORS),
        retries: total(COUNTS.RETRIES),
        redeliveries: total(COUNTS.REDELIVERIES),
        ended: total(COUNTS.ENDED),
        dropped: total(COUNTS.DROPPED),
        deadLetters: total(COUNTS.DEAD_LETTERS),
        handlerTime: percentiles(this.#parts.handlerTimes[index]!),
        waitingTime: percentiles(this.#parts.waitingTimes[index]!),
      };
    });
  }

  #total(stage: number, count: number): number {
    return this.#parts.board.total(this.#parts.settings.workers, stage, count);
  }
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}

function percentiles(histogram: RecordableHistogram): Percentiles {
  const { count } = histogram;
  const at = (percent: number): number =>
    count === 0 ? 0 : histogram.percentile(percent) / NS_PER_MS;
  return {
    count,
    p50: at(50),
    p90: at(90),
    p99: at(99),
    p999: at(99.9),
    max: count === 0 ? 0 : histogram.max / NS_PER_MS,
    mean: count === 0 ? 0 : histogram.mean / NS_PER_MS,
  };
}
