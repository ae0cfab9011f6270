/**
 * What the scheduler counts. Control reads it without a message.
 *
 * Counts live in private floats and are copied to scheduler memory after each pass that did
 * something, under a sequence word; levels (waiting, pinned, held, history indices) are kept in
 * scheduler memory itself.
 */
import { publish } from '#words';
import type { SchedulerLayout } from '../memory/scheduler-layout.js';
import {
  DOMAIN_COUNTS,
  DOMAIN_COUNT_SLOTS,
  PORT_COUNT_SLOTS,
  QUEUE_COUNT_SLOTS,
} from '../memory/scheduler-layout.js';

export class Statistics {
  /** [DOMAIN_COUNTS], then per port [PORT_COUNTS], then per queue [QUEUE_COUNTS]. */
  readonly counts: Float64Array;
  readonly #published: Float64Array;
  readonly #m: Int32Array;
  readonly #seqAt: number;
  readonly #queuesAt: number;
  #sequence = 0;

  constructor(m: Int32Array, layout: SchedulerLayout, ports: number) {
    this.#m = m;
    this.#seqAt = layout.statsSeq;
    this.#queuesAt = DOMAIN_COUNT_SLOTS + ports * PORT_COUNT_SLOTS;
    this.counts = new Float64Array(layout.countSlots);
    this.#published = new Float64Array(m.buffer, layout.counts * 4, layout.countSlots);
  }

  addToDomain(count: number, by: number): void {
    this.counts[count] = this.counts[count]! + by;
  }

  setDomain(count: number, value: number): void {
    this.counts[count] = value;
  }

  setPort(port: number, count: number, value: number): void {
    this.counts[DOMAIN_COUNT_SLOTS + port * PORT_COUNT_SLOTS + count] = value;
  }

  addToPort(port: number, count: number, by: number): void {
    const at = DOMAIN_COUNT_SLOTS + port * PORT_COUNT_SLOTS + count;
    this.counts[at] = this.counts[at]! + by;
  }

  addToQueue(queue: number, count: number, by: number): void {
    const at = this.#queuesAt + queue * QUEUE_COUNT_SLOTS + count;
    this.counts[at] = this.counts[at]! + by;
  }

  /**
   * What a pass did: whether it took events in, whether it moved anything, how many events it
   * delivered, and to which ports, bit per port.
   */
  notePass(tookIn: boolean, moved: boolean, sent: number, low: number, high: number): void {
    const { counts } = this;
    if (!tookIn) counts[DOMAIN_COUNTS.NO_INTAKE] = counts[DOMAIN_COUNTS.NO_INTAKE]! + 1;
    if (sent === 0) counts[DOMAIN_COUNTS.NO_DELIVERY] = counts[DOMAIN_COUNTS.NO_DELIVERY]! + 1;
    counts[DOMAIN_COUNTS.LAST_CQS_LOW] = low >>> 0;
    counts[DOMAIN_COUNTS.LAST_CQS_HIGH] = high >>> 0;
    counts[DOMAIN_COUNTS.LAST_MOVED] = moved ? 1 : 0;
  }

  /** Goes on from the counts that another scheduler has published. */
  resume(): void {
    this.counts.set(this.#published);
    // Odd where it died in the middle of a copy.
    this.#sequence = (this.#m[this.#seqAt]! + 1) & ~1;
  }

  /** Copies the counts to where control reads them. */
  publish(): void {
    this.#sequence = (this.#sequence + 2) | 0;
    // Q1 → Q2 (control): an odd or changed sequence tells the reader to read again.
    publish(this.#m, this.#seqAt, (this.#sequence - 1) | 0);
    this.#published.set(this.counts);
    publish(this.#m, this.#seqAt, this.#sequence);
  }
}
