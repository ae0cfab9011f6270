/**
 * A Piscina pool with results put back in order.
 *
 * Set up for speed: Piscina's own Atomics signalling, all threads from the start, several tasks
 * queued at each thread so that none waits for the main thread, and data in shared memory, so that
 * a task is three numbers. Tickets count the tasks; a ticket's slot is reused once its results were
 * taken, which is what bounds the tasks in flight.
 */
import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import type { Load, Output } from '../load.js';
import { makeSlots, slotViews } from '../slots.js';
import type { SlotViews } from '../slots.js';
import type { SlotTask } from '../threads/piscina-task.js';
import type { Contestant } from './contestant.js';

const TASK_FILE = fileURLToPath(new URL('../threads/piscina-task.js', import.meta.url));
/** Memory for what is in flight, and the most tasks in it: as softdlb's pool by default. */
const FLIGHT_BYTES = 8 << 20;
const FLIGHT_MAX = 1024;
/** Measured: of 1, 2, 8, 32 and 128 the fastest here for both loads. */
const TASKS_PER_THREAD = 32;

export async function piscinaPool(load: Load, workers: number, batch: number): Promise<Contestant> {
  const affordable = Math.floor(FLIGHT_BYTES / (load.room * batch));
  const slots = Math.max(Math.min(affordable, FLIGHT_MAX), workers * 4);
  const memory = makeSlots(slots, batch, load.room);
  const { packets, chunks } = load;
  const pool = new Piscina({
    filename: TASK_FILE,
    workerData: { slots: memory, packets, chunks },
    minThreads: workers,
    maxThreads: workers,
    concurrentTasksPerWorker: TASKS_PER_THREAD,
    idleTimeout: Infinity,
  });
  const views = slotViews(memory);
  await startThreads(pool, workers);
  return {
    name:
      batch === 1 ? `Piscina, one ${load.unit} a task` : `Piscina, ${batch} ${load.unit}s a task`,
    round(output, signal) {
      signal.throwIfAborted();
      return new Round(pool, load, views, slots, output, signal).done;
    },
    close: () => pool.destroy(),
  };
}

/** An empty task for each thread. Nobody may stop a pool before its threads have loaded their task:
 *  Node 20 would abort. */
async function startThreads(pool: Piscina, workers: number): Promise<void> {
  const nothing: SlotTask = { slot: 0, first: 0, count: 0 };
  await Promise.all(Array.from({ length: workers }, () => pool.run(nothing)));
}

/** One round: submits while slots are free, delivers whenever the oldest ticket is complete. */
class Round {
  /** Resolves to the number of units that came out of order. */
  readonly done: Promise<number>;
  readonly #pool: Piscina;
  readonly #load: Load;
  readonly #views: SlotViews;
  readonly #slots: number;
  readonly #output: Output;
  readonly #signal: AbortSignal;
  readonly #tickets: number;
  /** By slot: its ticket is complete. */
  readonly #complete: Uint8Array;
  #submitted = 0;
  #running = 0;
  #delivered = 0;
  #outOfOrder = 0;
  #resolve!: (outOfOrder: number) => void;
  #reject!: (reason: unknown) => void;

  constructor(
    pool: Piscina,
    load: Load,
    views: SlotViews,
    slots: number,
    output: Output,
    signal: AbortSignal,
  ) {
    this.#pool = pool;
    this.#load = load;
    this.#views = views;
    this.#slots = slots;
    this.#output = output;
    this.#signal = signal;
    this.#tickets = Math.ceil(load.units / views.batch);
    this.#complete = new Uint8Array(slots);
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#submit();
  }

  #submit(): void {
    if (this.#signal.aborted) return;
    while (this.#submitted < this.#tickets && this.#submitted - this.#delivered < this.#slots) {
      this.#submitOne(this.#submitted++);
    }
  }

  #submitOne(ticket: number): void {
    const { units, lengths, batch } = this.#views;
    const slot = ticket % this.#slots;
    const first = ticket * batch;
    const count = Math.min(batch, this.#load.units - first);
    for (let i = 0; i < count; i++) {
      const at = slot * batch + i;
      lengths[at] = this.#load.fill(units[at]!, first + i);
    }
    const task: SlotTask = { slot, first, count };
    this.#running++;
    this.#pool.run(task).then(() => this.#finish(ticket, count), this.#reject);
  }

  #finish(ticket: number, count: number): void {
    this.#running--;
    // Not before all tasks are back: the pool is going to be destroyed.
    if (this.#signal.aborted && this.#running === 0) this.#reject(this.#signal.reason);
    this.#complete[ticket % this.#slots] = 1;
    if (ticket !== this.#delivered) {
      this.#outOfOrder += count;
      return;
    }
    while (this.#complete[this.#delivered % this.#slots] === 1) this.#deliver(this.#delivered);
    if (this.#delivered === this.#tickets) this.#resolve(this.#outOfOrder);
    else this.#submit();
  }

  #deliver(ticket: number): void {
    const { units, lengths, batch } = this.#views;
    const slot = ticket % this.#slots;
    const first = ticket * batch;
    const count = Math.min(batch, this.#load.units - first);
    for (let i = 0; i < count; i++) {
      const at = slot * batch + i;
      this.#output.put(units[at]!.subarray(0, lengths[at]), first + i);
    }
    this.#complete[slot] = 0;
    this.#delivered++;
  }
}
