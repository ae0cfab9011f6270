/** The second argument of a handler, in its worker. */
import { whole } from '../crew/checks.js';
import { NO_SESSION } from './board.js';
import type { Cell } from './cell.js';
import { CONTENT_MAX } from './codec.js';
import type { StageContext } from './contract.js';

/** What a context needs of its worker. */
export interface ContextHost {
  readonly seat: number;
  /** Views are taken away when the call is through. */
  readonly debug: boolean;
  signalOf(session: number): AbortSignal;
}

const NOTHING = new Uint8Array(0);
/** Memory for results that is kept for the next call, and how much there is at first. */
const SCRATCH_KEPT = 1 << 16;
const SCRATCH_BYTES = 4096;

export class CallContext implements StageContext {
  readonly stage: string;
  readonly worker: number;
  flow = 0;
  attempt = 0;
  /** In debug mode: what the call was given in the place of the bytes in the cell. */
  lentItem: Uint8Array | undefined;
  /** A call has several results, each in memory of its own. */
  readonly hasSeveral: boolean = false;
  readonly #host: ContextHost;
  #scratch: ArrayBuffer | undefined;
  #cell: Cell | undefined;
  #signal: AbortSignal | undefined;
  #lent: Uint8Array[] = [];

  constructor(stage: string, host: ContextHost) {
    this.stage = stage;
    this.worker = host.seat;
    this.#host = host;
  }

  /** For the next call. */
  show(cell: Cell, flow: number, attempt: number): void {
    this.#cell = cell;
    this.#signal = undefined;
    this.flow = flow;
    this.attempt = attempt;
  }

  get signal(): AbortSignal {
    return (this.#signal ??= this.#host.signalOf(this.#cell?.session ?? NO_SESSION));
  }

  output(bytes: number): Uint8Array {
    const cell = this.#cell;
    if (cell === undefined) return NOTHING;
    whole('bytes', bytes, 0, CONTENT_MAX);
    if (this.#host.debug) return this.lend(new Uint8Array(bytes));
    if (bytes > SCRATCH_KEPT || this.hasSeveral) return new Uint8Array(bytes);
    if (this.#scratch === undefined || this.#scratch.byteLength < bytes) {
      this.#scratch = new ArrayBuffer(Math.max(bytes, SCRATCH_BYTES));
    }
    return new Uint8Array(this.#scratch, 0, bytes);
  }

  /** In debug mode: memory that is taken away by `end`. */
  lend(bytes: Uint8Array): Uint8Array {
    this.#lent.push(bytes);
    return bytes;
  }

  /** The call is through, and its result written. */
  end(): void {
    this.#cell = undefined;
    this.lentItem = undefined;
    if (this.#lent.length === 0) return;
    for (const { buffer } of this.#lent) {
      // Whoever still has a view of it finds it empty.
      if (buffer.byteLength > 0) structuredClone(buffer, { transfer: [buffer as ArrayBuffer] });
    }
    this.#lent = [];
  }
}
