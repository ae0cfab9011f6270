/**
 * The threads of a pool: one never-ending Piscina task per seat, and a new thread for one that died.
 *
 * Runs on: the submitting thread. Piscina owns the life of the threads, the rings own the data.
 * A crash is the Worker's `exit`, whatever its code. Then the port is reclaimed, which puts the jobs
 * it held before the other seats, and the task is run again: Piscina replaces threads, not tasks.
 */
import { fileURLToPath } from 'node:url';
import type { Worker } from 'node:worker_threads';
import { Piscina } from 'piscina';
import type { Domain } from '../control/index.js';
import { DlbError } from '../eventdev/errors.js';
import type { PadataSettings } from './options.js';
import { messageOf } from './message-of.js';
import { SEAT_READY, seatPort } from './seat.js';
import type { SeatReady, SeatTask } from './seat.js';

const ENTRY = fileURLToPath(new URL('../../workers/padata.cjs', import.meta.url));
/** Threads of a seat that may die in a row without having forwarded a result; then the seat stays
 *  empty. Jobs that end their threads are forwarded as failed, so they stay far below it. */
const BARREN_MAX_BEYOND_ATTEMPTS = 5;

interface Seat {
  readonly index: number;
  /** Set while a thread works here. */
  worker: Worker | undefined;
  exited: Promise<void>;
  /** A thread got as far as the loop. */
  manned: boolean;
  barren: number;
  retired: boolean;
}

export class Crew {
  /** Threads that died. */
  crashes = 0;
  readonly #domain: Domain;
  readonly #settings: PadataSettings;
  readonly #onLost: (error: DlbError) => void;
  readonly #pool: Piscina;
  readonly #seats: Seat[];
  #manned: Promise<void>[] = [];
  #onReady: (() => void) | undefined;
  #closing = false;

  /** @param onLost called once when the last seat is given up. */
  constructor(domain: Domain, settings: PadataSettings, onLost: (error: DlbError) => void) {
    this.#domain = domain;
    this.#settings = settings;
    this.#onLost = onLost;
    this.#pool = hostPool(settings);
    this.#pool.on('message', (message: unknown) => this.#arrive(message));
    // A thread may fail while its task is being given up: the seat's loop sees that by itself.
    this.#pool.on('error', () => {});
    this.#seats = Array.from({ length: settings.workers }, (_, index) => newSeat(index));
  }

  /**
   * Resolves when every seat has its first thread.
   * @throws DlbError ERR_DLB_MODULE_INVALID: the user's module did not load in a thread.
   */
  async muster(): Promise<void> {
    const complete = new Promise<void>((resolve, reject) => {
      this.#onReady = () => {
        if (this.#seats.every((seat) => seat.manned)) resolve();
      };
      this.#manned = this.#seats.map((seat) => this.#man(seat, reject));
    });
    await complete;
  }

  /** Seats with a thread. */
  get present(): number {
    return this.#seats.filter((seat) => seat.worker !== undefined).length;
  }

  /** CPU time of the threads at work; undefined where Node cannot tell. */
  async cpuUsage(): Promise<NodeJS.CpuUsage | undefined> {
    const sum = { user: 0, system: 0 };
    for (const { worker } of this.#seats) {
      // Node 20 has no such method.
      const { cpuUsage } = (worker ?? {}) as { cpuUsage?: () => Promise<NodeJS.CpuUsage> };
      const usage = await cpuUsage?.call(worker);
      if (usage === undefined) return undefined;
      sum.user += usage.user;
      sum.system += usage.system;
    }
    return sum;
  }

  /** From now on, an end is no crash. */
  prepareToStop(): void {
    this.#closing = true;
  }

  /** Waits for the loops to return, which they do when the domain has stopped. */
  async dismiss(): Promise<void> {
    await Promise.all(this.#manned);
  }

  /** Ends the threads, whatever they do. */
  async terminate(): Promise<void> {
    this.#closing = true;
    await this.#pool.destroy();
    await Promise.all(this.#manned);
  }

  /** Keeps the seat manned until the pool closes or the seat has to be given up. Never rejects. */
  async #man(seat: Seat, refuse: (error: DlbError) => void): Promise<void> {
    const barrenMax = this.#settings.attempts + BARREN_MAX_BEYOND_ATTEMPTS;
    for (;;) {
      const forwardedBefore = this.#forwarded(seat);
      const failure = await this.#stint(seat);
      if (this.#closing) return;
      if (!seat.manned) return refuse(this.#moduleError(failure));
      if (failure === undefined) break;
      this.crashes++;
      if (!(await this.#reclaim(seat)) || this.#closing) break;
      seat.barren = this.#forwarded(seat) > forwardedBefore ? 0 : seat.barren + 1;
      if (seat.barren >= barrenMax) break;
    }
    this.#retire(seat);
  }

  /** One thread's time at the seat. Resolves to why it ended, undefined when the domain stopped. */
  async #stint(seat: Seat): Promise<unknown> {
    try {
      await this.#pool.run(this.#task(seat));
      return undefined;
    } catch (error) {
      await seat.exited;
      return error ?? new Error('the thread ended');
    } finally {
      seat.worker = undefined;
    }
  }

  /** A thread says that it is at its seat. */
  #arrive(message: unknown): void {
    if ((message as SeatReady | null)?.kind !== SEAT_READY) return;
    const { seat: index, threadId } = message as SeatReady;
    const seat = this.#seats[index]!;
    const worker = this.#pool.threads.find((thread) => thread.threadId === threadId);
    // Gone again already: the task's rejection is on its way.
    if (worker === undefined) return;
    this.#domain.bind(seatPort(index), worker);
    seat.worker = worker;
    seat.manned = true;
    seat.exited = new Promise((resolve) => worker.once('exit', () => resolve()));
    this.#onReady?.();
  }

  /** `bind` has begun this; here it is waited for, because the port must be free for the next
   *  thread. False when the domain is gone. */
  async #reclaim(seat: Seat): Promise<boolean> {
    try {
      await this.#domain.reclaim(seatPort(seat.index));
      return true;
    } catch {
      return false;
    }
  }

  #retire(seat: Seat): void {
    seat.retired = true;
    if (this.#closing || this.#seats.some((other) => !other.retired)) return;
    const { name, workers } = this.#settings;
    this.#onLost(
      new DlbError('ERR_DLB_WORKERS_LOST', 'all threads ended and new ones did not stay', {
        name,
        workers,
        crashes: this.crashes,
      }),
    );
  }

  #forwarded(seat: Seat): number {
    return this.#domain.stats().ports[seatPort(seat.index)]!.rx;
  }

  #task(seat: Seat): SeatTask {
    const { module, context, bytes, attempts } = this.#settings;
    const attachment = this.#domain.attachment(seatPort(seat.index));
    return { seat: seat.index, attachment, module, context, bytes, attempts };
  }

  #moduleError(cause: unknown): DlbError {
    const { module } = this.#settings;
    const reason = cause === undefined ? 'the thread returned' : messageOf(cause);
    const details = { field: 'module', module, reason };
    const error = new DlbError('ERR_DLB_MODULE_INVALID', 'the module cannot be used', details);
    error.cause = cause;
    return error;
  }
}

function newSeat(index: number): Seat {
  const exited = Promise.resolve();
  return { index, worker: undefined, exited, manned: false, barren: 0, retired: false };
}

/** A pool that starts all its threads and keeps them. `atomics` is off because a thread that waits
 *  for its next task by blocking would not see the messages of its own event loop. */
function hostPool(settings: PadataSettings): Piscina {
  const { workers, resourceLimits } = settings;
  return new Piscina({
    filename: ENTRY,
    minThreads: workers,
    maxThreads: workers,
    concurrentTasksPerWorker: 1,
    atomics: 'disabled',
    idleTimeout: Infinity,
    ...(resourceLimits === undefined ? {} : { resourceLimits }),
  });
}
