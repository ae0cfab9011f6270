/** A pool whose jobs wait at gates: what happens when is decided by the test, not by the clock. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Padata, PadataOptions } from '../../lib/padata/index.js';
import { AT_GATE, DO, GATES, INSIDE_MOST, LOG, LOGGED, LOG_WORDS, RUNS } from './modules/gated.js';
import { withPool } from './pools.js';

export { DO };

export class Gates {
  readonly words = new SharedArrayBuffer(1 << 18);
  readonly #shared = new Int32Array(this.words);

  open(gate: number): void {
    Atomics.store(this.#shared, gate, 1);
    Atomics.notify(this.#shared, gate);
  }

  openAll(): void {
    for (let gate = 0; gate < GATES; gate++) this.open(gate);
  }

  /** Resolves when so many jobs have come to a gate. */
  async atGate(count: number): Promise<void> {
    while (Atomics.load(this.#shared, AT_GATE) < count) await sleep(1);
  }

  /** As `atGate`, and the event loop stands still meanwhile. */
  blockAtGate(count: number): void {
    while (Atomics.load(this.#shared, AT_GATE) < count) Atomics.wait(this.#shared, LOG - 1, 0, 1);
  }

  /** Jobs that parallel was called for. */
  get runs(): number {
    return Atomics.load(this.#shared, RUNS);
  }

  /** How many serial functions ran at once at most. */
  get insideMost(): number {
    return Atomics.load(this.#shared, INSIDE_MOST);
  }

  /** What the module's serial function saw. */
  get log(): { stream: number; number: number; thread: number; failed: boolean }[] {
    return Array.from({ length: Atomics.load(this.#shared, LOGGED) }, (_, i) => {
      const at = LOG + i * LOG_WORDS;
      const [stream, number, thread, error] = this.#shared.subarray(at, at + LOG_WORDS);
      return { stream: stream!, number: number!, thread: thread!, failed: error === 1 };
    });
  }
}

export async function withGates<T>(
  options: Partial<PadataOptions>,
  use: (pool: Padata, gates: Gates) => Promise<T>,
): Promise<T> {
  const gates = new Gates();
  return await withPool('gated', { context: { words: gates.words }, ...options }, async (pool) => {
    try {
      return await use(pool, gates);
    } finally {
      gates.openAll();
    }
  });
}

export function job(what: number, operand = 0): Uint8Array {
  return Uint8Array.of(what, operand);
}

export function jobs(count: number, what: number = DO.TELL, operand = 0): Uint8Array[] {
  return Array.from({ length: count }, () => job(what, operand));
}

export function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}
