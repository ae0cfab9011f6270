/**
 * The alerts of a domain, as they are read.
 *
 * Runs on: control's thread, which alone reads the ring: so an alert reaches exactly one reader.
 * Whoever waits arms the ring; the scheduler takes the arming back and sends one message, however many
 * alerts follow.
 */
import { ALERT_KINDS } from '../eventdev/reports.js';
import type { Alert } from '../eventdev/reports.js';
import {
  ALERT,
  ALERT_CAPACITY,
  ALERT_PORT_SHIFT,
  ALERT_READER,
  ALERT_WORDS,
  ALERT_WRITER,
  KIND_MASK,
} from '../memory/alert-ring.js';
import type { AlertLayout } from '../memory/alert-ring.js';
import { observe, publish } from '#words';

export class AlertReader {
  readonly #m: Int32Array;
  readonly #at: AlertLayout;
  readonly #waiting = new Set<() => void>();
  #head = 0;
  #isOver = false;

  constructor(m: Int32Array, at: AlertLayout) {
    this.#m = m;
    this.#at = at;
  }

  /** Takes the oldest alert; undefined when there is none. */
  next(): Alert | undefined {
    if (this.isEmpty()) return undefined;
    const m = this.#m;
    const slot = this.#at.slots + (this.#head & (ALERT_CAPACITY - 1)) * ALERT_WORDS;
    const kind = m[slot + ALERT.KIND]!;
    const port = (kind >>> ALERT_PORT_SHIFT) - 1;
    const alert = {
      kind: ALERT_KINDS[kind & KIND_MASK]!,
      port: port < 0 ? undefined : port,
      aux: m[slot + ALERT.AUX]!,
      number: m[slot + ALERT.NUMBER]! >>> 0,
    };
    this.#head = (this.#head + 1) | 0;
    // K3 → K4 (scheduler): the slot has been read.
    publish(m, this.#at.reader + ALERT_READER.HEAD, this.#head);
    return alert;
  }

  isEmpty(): boolean {
    // K2 ← K1 (scheduler): the slots before this tail are written.
    return observe(this.#m, this.#at.writer + ALERT_WRITER.TAIL) === this.#head;
  }

  /** Alerts that found no room. */
  get lost(): number {
    return observe(this.#m, this.#at.writer + ALERT_WRITER.LOST) >>> 0;
  }

  /** Asks to be told of the next alert. False if there is one already. */
  arm(): boolean {
    // K6 → K5 (scheduler): armed first, then looked once more.
    publish(this.#m, this.#at.reader + ALERT_READER.ARMED, 1);
    return this.isEmpty();
  }

  /** All alerts from now on, until the domain closes or the signal is aborted. */
  async *all(signal?: AbortSignal): AsyncGenerator<Alert, void> {
    for (;;) {
      if (signal?.aborted === true) return;
      const alert = this.next();
      if (alert !== undefined) yield alert;
      else if (this.#isOver) return;
      else if (this.arm()) await this.#told(signal);
    }
  }

  /** There may be alerts: whoever waits looks again. */
  tell(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  /** No more alerts will come. */
  end(): void {
    this.#isOver = true;
    this.tell();
  }

  async #told(signal: AbortSignal | undefined): Promise<void> {
    let wake = (): void => {};
    const told = new Promise<void>((resolve) => (wake = resolve));
    this.#waiting.add(wake);
    signal?.addEventListener('abort', wake);
    try {
      await told;
    } finally {
      signal?.removeEventListener('abort', wake);
      this.#waiting.delete(wake);
    }
  }
}
