/**
 * Alerts: what went wrong, told to whoever watches the domain.
 *
 * Runs on: the scheduler, on paths that count a fault. Writes: the alert ring of scheduler memory. A
 * full ring loses the new alert and counts it: the old ones tell how it began.
 */
import { ALERT_KINDS } from '../eventdev/reports.js';
import type { AlertKind } from '../eventdev/reports.js';
import {
  ALERT,
  ALERT_CAPACITY,
  ALERT_PORT_SHIFT,
  ALERT_READER,
  ALERT_WORDS,
  ALERT_WRITER,
} from '../memory/alert-ring.js';
import type { AlertLayout } from '../memory/alert-ring.js';
import { observe, publish, swap } from '#words';

/** The port of an alert that is about none. */
export const NO_PORT = -1;

export class Alerts {
  /** Something was raised since `takeCall`. */
  isNew = false;
  readonly #m: Int32Array;
  readonly #at: AlertLayout;
  #tail: number;
  #number: number;
  #lost: number;

  constructor(m: Int32Array, at: AlertLayout) {
    this.#m = m;
    this.#at = at;
    // The scheduler before may have died: its alerts are still to be read.
    this.#tail = m[at.writer + ALERT_WRITER.TAIL]!;
    this.#lost = m[at.writer + ALERT_WRITER.LOST]!;
    this.#number = (this.#tail + this.#lost) | 0;
  }

  raise(kind: AlertKind, port: number, aux: number): void {
    const m = this.#m;
    const { writer, reader, slots } = this.#at;
    this.#number = (this.#number + 1) | 0;
    // K4 ← K3 (control): the slots before this head have been read.
    const used = (this.#tail - observe(m, reader + ALERT_READER.HEAD)) | 0;
    if (used >= ALERT_CAPACITY) {
      this.#lost = (this.#lost + 1) | 0;
      publish(m, writer + ALERT_WRITER.LOST, this.#lost);
      return;
    }
    const slot = slots + (this.#tail & (ALERT_CAPACITY - 1)) * ALERT_WORDS;
    m[slot + ALERT.KIND] = ALERT_KINDS.indexOf(kind) | ((port + 1) << ALERT_PORT_SHIFT);
    m[slot + ALERT.AUX] = aux;
    m[slot + ALERT.NUMBER] = this.#number;
    this.#tail = (this.#tail + 1) | 0;
    // K1 → K2 (control): the slot is written before.
    publish(m, writer + ALERT_WRITER.TAIL, this.#tail);
    this.isNew = true;
  }

  /** Whether somebody has to be told of what was raised. Takes the arming back: once per arming. */
  takeCall(): boolean {
    this.isNew = false;
    const armed = this.#at.reader + ALERT_READER.ARMED;
    // K5 → K6 (control): the alert was published first, then looked whether a reader waits.
    return observe(this.#m, armed) !== 0 && swap(this.#m, armed, 0) !== 0;
  }
}
