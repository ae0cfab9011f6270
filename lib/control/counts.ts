/**
 * The counts of a domain since they were reset.
 *
 * Runs on: control's thread. Most counts are those that the scheduler publishes after a pass, all
 * of one pass; others stand where their writer keeps them. Each has a cell, wherever it stands: a
 * reset remembers per cell what the count was then.
 */
import type { PortLayout } from '../memory/layout.js';
import { PORT } from '../memory/layout.js';
import type { SchedulerLayout } from '../memory/scheduler-layout.js';
import {
  DOMAIN_COUNTS,
  DOMAIN_COUNT_SLOTS,
  PORT_COUNT_SLOTS,
  QUEUE_COUNT_SLOTS,
} from '../memory/scheduler-layout.js';
import { readCount } from '../memory/wide-counter.js';
import { observe } from '#words';
import type { DomainMemory } from './domain-memory.js';

/** Counts that a port keeps itself. */
export const OWN = {
  MISORDERED: 0,
  CREDIT: 1,
  THRESHOLD: 2,
  RING_FULL: 3,
  NOT_STARTED: 4,
  DISABLED: 5,
} as const;
const OWN_WORDS = [
  PORT.MISORDERED,
  PORT.REFUSED_CREDIT,
  PORT.REFUSED_THRESHOLD,
  PORT.REFUSED_RING_FULL,
  PORT.REFUSED_NOT_STARTED,
  PORT.REFUSED_DISABLED,
] as const;

/** Far more than a scheduler that publishes all the time makes necessary. */
const TRIES_MAX = 10_000;

export class Counts {
  readonly #words: Int32Array;
  readonly #m: Int32Array;
  readonly #at: SchedulerLayout;
  readonly #ports: readonly PortLayout[];
  readonly #published: Float64Array;
  /** Cells: the published slots, then per port OWN, then per queue and port the events given. */
  readonly #ownFrom: number;
  readonly #givenFrom: number;
  readonly #base: Float64Array;

  constructor(memory: DomainMemory) {
    const { layout, schedulerLayout: at } = memory;
    this.#words = new Int32Array(memory.memory);
    this.#m = new Int32Array(memory.schedulerMemory);
    this.#at = at;
    this.#ports = layout.ports;
    this.#published = new Float64Array(memory.schedulerMemory, at.counts * 4, at.countSlots);
    this.#ownFrom = at.countSlots;
    this.#givenFrom = this.#ownFrom + layout.ports.length * OWN_WORDS.length;
    const pairs = memory.shape.queues * layout.ports.length;
    this.#base = new Float64Array(this.#givenFrom + pairs);
  }

  /** Cell of one of DOMAIN_COUNTS. */
  ofDomain(count: number): number {
    return count;
  }
  /** Cell of one of PORT_COUNTS. */
  ofPort(port: number, count: number): number {
    return DOMAIN_COUNT_SLOTS + port * PORT_COUNT_SLOTS + count;
  }
  /** Cell of one of QUEUE_COUNTS. */
  ofQueue(queue: number, count: number): number {
    return this.ofPort(this.#ports.length, 0) + queue * QUEUE_COUNT_SLOTS + count;
  }
  /** Cell of one of OWN. */
  ownOf(port: number, count: number): number {
    return this.#ownFrom + port * OWN_WORDS.length + count;
  }
  /** Cell of the events of the queue that the port was given. */
  given(queue: number, port: number): number {
    return this.#givenFrom + queue * this.#ports.length + port;
  }

  /** What the scheduler has published, all of one pass; levels are among it. */
  snapshot(): Float64Array {
    const at = this.#at.statsSeq;
    for (let tries = 1; ; tries++) {
      // Q2 ← Q1 (statistics.ts): even and unchanged means that no copy was under way.
      const before = observe(this.#m, at);
      const copy = this.#published.slice();
      if ((before & 1) === 0 && observe(this.#m, at) === before) return copy;
      // The scheduler died in the middle of a copy: there will be no better one.
      if (tries === TRIES_MAX) return copy;
    }
  }

  /** A count since its reset; what describes the last pass is 0 until there is one. */
  since(cell: number, snapshot: Float64Array): number {
    if (!isOfLastPass(cell)) return this.#raw(cell, snapshot) - this.#base[cell]!;
    return snapshot[DOMAIN_COUNTS.PASSES]! > this.#base[cell]! ? snapshot[cell]! : 0;
  }

  /** From here on the count starts anew. */
  reset(cell: number, snapshot: Float64Array): void {
    this.#base[cell] = isOfLastPass(cell)
      ? snapshot[DOMAIN_COUNTS.PASSES]!
      : this.#raw(cell, snapshot);
  }

  resetAll(): void {
    const snapshot = this.snapshot();
    for (let cell = 0; cell < this.#base.length; cell++) this.reset(cell, snapshot);
  }

  #raw(cell: number, snapshot: Float64Array): number {
    if (cell < this.#ownFrom) return snapshot[cell]!;
    if (cell >= this.#givenFrom) {
      return readCount(this.#m, this.#at.givenEvents + (cell - this.#givenFrom) * 2);
    }
    const port = Math.floor((cell - this.#ownFrom) / OWN_WORDS.length);
    const word = OWN_WORDS[(cell - this.#ownFrom) % OWN_WORDS.length]!;
    return readCount(this.#words, this.#ports[port]!.at + word);
  }
}

function isOfLastPass(cell: number): boolean {
  return cell >= DOMAIN_COUNTS.LAST_CQS_LOW && cell <= DOMAIN_COUNTS.LAST_MOVED;
}
