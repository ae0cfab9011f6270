/**
 * The threads of a pool: one never-ending Piscina task per seat, and a new thread for one that died.
 *
 * Runs on: the thread that opened the pool. Piscina owns the life of the threads, the rings own the
 * data. A crash is the Worker's `exit`, whatever its code. Then the port is reclaimed, which puts the
 * events it held before the other seats, and the task is run again: Piscina replaces threads, not
 * tasks.
 */
import { fileURLToPath } from 'node:url';
import type { ResourceLimits, Worker } from 'node:worker_threads';
import { Piscina } from 'piscina';
import type { Domain } from '../control/index.js';
import { DlbError } from '../eventdev/errors.js';
import { messageOf } from './message-of.js';
import type { Crash } from './crash-teller.js';
import { SEAT_NEWS } from './seat.js';
import type { SeatNews } from './seat.js';
import { reasonOf, unpackThrown } from './thrown.js';
import type { Rejection } from './thrown.js';
import { unrefThread } from './unref-thread.js';

/** What a crew needs to know of the pool it works for. */
export interface CrewOptions {
  /** Of the pool, for messages. */
  readonly name: string;
  /** The thread entry: a CommonJS module of `workers`. */
  readonly entry: URL;
  readonly seats: number;
  /** Port of seat 0; those of the other seats follow. */
  readonly firstPort: number;
  /** Threads of a seat that may die in a row without having forwarded an event; then the seat stays
   *  empty. */
  readonly barrenMax: number;
  /** How long a thread may take until it is at its seat. Then it is ended, which counts as a crash. */
  readonly setupTimeoutMs: number;
  readonly resourceLimits: ResourceLimits | undefined;
  /** Threads at their seats do not keep the process alive. */
  readonly unref?: boolean;
  /** What a thread is handed; asked again for each thread. `stint` counts them, over all seats from 1 on. */
  task(seat: number, stint: number): unknown;
  /** The error for a thread that ended before it was ready. */
  refusal(cause: unknown): Error;
  /** A thread died, the one with this number. Its events are scheduled again when this returns. */
  onCrash?(crash: Crash, stint: number): void;
  /** What it held is scheduled again. */
  onReclaimed?(seat: number): void;
  /** The seat stays empty from now on. */
  onRetired?(seat: number, error: DlbError): void;
  /** Called once when the last seat is given up. */
  onLost(error: DlbError): void;
}

/** How long a thread may take to be set up, unless the user says otherwise: enough for a large tree of modules
 *  and for connections that are tried several times, on a busy machine. */
export const SETUP_TIMEOUT_MS = 60_000;
/** Why a task is taken back that goes to another thread. */
const TAKEN_BACK = Symbol('taken back');

/** Why the thread of a seat is ended that is not there in time. */
class Late extends DlbError {
  constructor(seat: number, setupTimeoutMs: number) {
    const what = 'a thread was not set up in time';
    super('ERR_DLB_MODULE_INVALID', what, { worker: seat, setupTimeoutMs });
  }
}

interface Seat {
  readonly index: number;
  /** Set while a thread works here. */
  worker: Worker | undefined;
  /** Number of the thread. */
  stint: number;
  /** Why the thread was ended, or has said that it would end. */
  reason: unknown;
  exitCode: number | undefined;
  /** A thread got as far as the loop. */
  manned: boolean;
  barren: number;
  retired: boolean;
  /** Takes back the task: to hand it in again, or to end its thread. */
  takeBack: AbortController;
  /** Runs while a thread is on its way here. */
  limit: ReturnType<typeof setTimeout> | undefined;
}

export class Crew {
  /** Threads that died. */
  crashes = 0;
  #stints = 0;
  readonly #domain: Domain;
  readonly #options: CrewOptions;
  readonly #pool: Piscina;
  readonly #seats: Seat[];
  #manned: Promise<void>[] = [];
  #onReady: (() => void) | undefined;
  /** The ends of threads that were taken their task. */
  readonly #leaving = new Set<Promise<unknown>>();
  /** What Piscina tells of its threads. */
  readonly #hosts = new Set<{ readonly id: number }>();
  #closing = false;
  #terminating = false;

  constructor(domain: Domain, options: CrewOptions) {
    this.#domain = domain;
    this.#options = options;
    this.#pool = hostPool(options);
    this.#pool.on('message', (message: unknown) => this.#hear(message));
    // A thread may fail while its task is being given up: the seat's loop sees that by itself.
    this.#pool.on('error', () => {});
    this.#pool.on('workerCreate', (host: { id: number }) => this.#hosts.add(host));
    this.#pool.on('workerDestroy', (host: { id: number }) => {
      this.#hosts.delete(host);
      setImmediate(() => this.#hireAgain());
    });
    this.#seats = Array.from({ length: options.seats }, (_, index) => newSeat(index));
  }

  /**
   * Resolves when every seat has its first thread.
   * @throws what `refusal` makes of the end of a thread that did not become ready.
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

  /** The seat has a thread. */
  isPresent(seat: number): boolean {
    return this.#seats[seat]?.worker !== undefined;
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

  /** Ends the thread of a seat, whatever it does, for this reason: a crash like any other, so another
   *  follows. */
  replace(seat: number, reason?: Error): void {
    const { [seat]: at } = this.#seats;
    if (at?.worker === undefined) return;
    at.reason ??= reason;
    // An end that was asked for says nothing against the threads of this seat.
    at.barren = -1;
    void at.worker.terminate();
  }

  /** From now on, no thread that ends is replaced. */
  prepareToStop(): void {
    this.#closing = true;
  }

  /** Waits for the loops to return, which they do when the domain has stopped. A thread that is being set up has
   *  none: it is left to `terminate`. */
  async dismiss(): Promise<void> {
    await Promise.all(this.#manned.filter((_, seat) => this.isPresent(seat)));
  }

  /** Ends the threads, whatever they do. */
  async terminate(): Promise<void> {
    this.#closing = true;
    this.#terminating = true;
    for (const seat of this.#seats) clearTimeout(seat.limit);
    // Behind `destroy`, the end of a thread would have Piscina start others.
    await Promise.all(this.#leaving);
    await this.#pool.destroy();
    await Promise.all(this.#manned);
  }

  /** Keeps the seat manned until the pool closes or the seat has to be given up. Never rejects. */
  async #man(seat: Seat, refuse: (error: Error) => void): Promise<void> {
    for (;;) {
      const forwardedBefore = this.#forwarded(seat);
      const failure = await this.#stint(seat);
      if (this.#terminating) return;
      if (this.#closing) return this.#diedLast(seat, failure);
      if (failure === TAKEN_BACK) continue;
      if (!seat.manned) return refuse(this.#options.refusal(failure));
      if (failure === undefined) break;
      this.#crashed(seat, failure);
      if (!(await this.#reclaim(seat)) || this.#closing) break;
      seat.barren =
        this.#forwarded(seat) > forwardedBefore ? 0 : seat.barren + this.#weight(failure);
      if (seat.barren >= this.#options.barrenMax) break;
    }
    this.#retire(seat);
  }

  #crashed(seat: Seat, cause: unknown): void {
    this.crashes++;
    const { index: worker, exitCode, stint } = seat;
    this.#options.onCrash?.({ worker, cause, exitCode }, stint);
  }

  /** A thread that has ended by itself behind its last event, in a teardown for instance. */
  #diedLast(seat: Seat, failure: unknown): void {
    const isOwn = failure !== undefined && failure !== TAKEN_BACK;
    if (isOwn && seat.manned) this.#crashed(seat, failure);
  }

  /** One thread's time at the seat. Resolves to why it ended, undefined when the domain stopped. */
  async #stint(seat: Seat): Promise<unknown> {
    seat.takeBack = new AbortController();
    const { signal } = seat.takeBack;
    const { setupTimeoutMs } = this.#options;
    const late = (): void => this.#takeBack(seat, new Late(seat.index, setupTimeoutMs));
    seat.limit = setTimeout(late, setupTimeoutMs);
    Object.assign(seat, { stint: ++this.#stints, reason: undefined, exitCode: undefined });
    try {
      await this.#pool.run(this.#options.task(seat.index, seat.stint), { signal });
      return undefined;
    } catch (error) {
      if (signal.aborted) return signal.reason;
      if (seat.exitCode === undefined) seat.reason ??= reasonOf(error);
      // The task may have failed and its thread live: then nothing would come of its events.
      const { threadId = -1 } = (error ?? {}) as Partial<Rejection>;
      await (seat.worker ?? this.#threadOf(threadId))?.terminate();
      if (seat.reason !== undefined) return seat.reason;
      const { exitCode } = seat;
      if (exitCode === undefined) return new Error(`${messageOf(reasonOf(error))} was thrown`);
      return new Error(`the thread ended with exit code ${exitCode}`);
    } finally {
      clearTimeout(seat.limit);
      seat.worker = undefined;
    }
  }

  /** Piscina starts no thread for one that died before it was ready: the task of its seat would wait for
   *  ever. Handed in again, it gets one. */
  #hireAgain(): void {
    if (this.#closing || this.#pool.queueSize === 0) return;
    const waiting = this.#seats.filter((seat) => seat.worker === undefined && !seat.retired);
    const seats = this.#seats.filter((seat) => !seat.retired).length;
    const missing = seats - this.#pool.threads.length;
    for (const seat of waiting.slice(0, Math.max(0, missing))) this.#takeBack(seat, TAKEN_BACK);
  }

  /** Takes the seat's task back: a thread that has begun it is ended, and forgotten by Piscina. */
  #takeBack(seat: Seat, reason: unknown): void {
    const before = this.#pool.threads;
    seat.takeBack.abort(reason);
    for (const thread of before) {
      if (this.#pool.threads.includes(thread)) continue;
      const end = thread.terminate().finally(() => this.#leaving.delete(end));
      this.#leaving.add(end);
    }
  }

  #threadOf(threadId: number): Worker | undefined {
    return this.#pool.threads.find((thread) => thread.threadId === threadId);
  }

  /** A thread says that it is at its seat, or why it is about to end. */
  #hear(message: unknown): void {
    if ((message as SeatNews | null)?.kind !== SEAT_NEWS) return;
    const { seat: index, threadId, leaving } = message as SeatNews;
    const { [index]: seat } = this.#seats;
    // A user's code may post what it likes.
    if (seat === undefined) return;
    if (leaving !== undefined) seat.reason ??= unpackThrown(leaving);
    else this.#arrive(seat, this.#threadOf(threadId));
  }

  #arrive(seat: Seat, worker: Worker | undefined): void {
    // Gone again already: the task's rejection is on its way.
    if (worker === undefined) return;
    clearTimeout(seat.limit);
    try {
      this.#domain.bind(this.#port(seat), worker);
    } catch {
      // The domain is gone: the pool has been told, and this thread's loop returns.
    }
    seat.worker = worker;
    seat.manned = true;
    worker.once('error', (error) => (seat.reason ??= error));
    worker.once('exit', (code) => (seat.exitCode = code));
    if (this.#options.unref === true) this.#unref(worker);
    this.#onReady?.();
  }

  #unref({ threadId }: Worker): void {
    for (const host of this.#hosts) if (host.id === threadId) unrefThread(host);
  }

  /** `bind` has begun this; here it is waited for, because the port must be free for the next
   *  thread. False when the domain is gone. */
  async #reclaim(seat: Seat): Promise<boolean> {
    try {
      await this.#domain.reclaim(this.#port(seat));
      this.#options.onReclaimed?.(seat.index);
      return true;
    } catch {
      return false;
    }
  }

  #retire(seat: Seat): void {
    seat.retired = true;
    if (this.#closing) return;
    if (this.#seats.every((each) => each.retired))
      this.#options.onLost(this.#lost('all threads', {}));
    const { index } = seat;
    this.#options.onRetired?.(index, this.#lost('the threads of a worker', { worker: index }));
  }

  #lost(who: string, more: Record<string, unknown>): DlbError {
    const { name, seats: workers } = this.#options;
    const details = { name, workers, crashes: this.crashes, ...more };
    const what = `${who} ended and new ones did not stay`;
    return new DlbError('ERR_DLB_WORKERS_LOST', what, details);
  }

  /** Two in a row that were not set up in time are enough: each has taken its time. */
  #weight(failure: unknown): number {
    return failure instanceof Late ? Math.ceil(this.#options.barrenMax / 2) : 1;
  }

  #forwarded(seat: Seat): number {
    return this.#domain.stats().ports[this.#port(seat)]!.rx;
  }

  #port(seat: Seat): number {
    return this.#options.firstPort + seat.index;
  }
}

function newSeat(index: number): Seat {
  const takeBack = new AbortController();
  const thread = { worker: undefined, stint: 0, reason: undefined, exitCode: undefined };
  const state = { manned: false, barren: 0, retired: false };
  return { index, ...thread, ...state, takeBack, limit: undefined };
}

/** A pool that starts all its threads and keeps them. `atomics` is off because a thread that waits
 *  for its next task by blocking would not see the messages of its own event loop. */
function hostPool({ entry, seats, resourceLimits }: CrewOptions): Piscina {
  return new Piscina({
    filename: fileURLToPath(entry),
    minThreads: seats,
    maxThreads: seats,
    concurrentTasksPerWorker: 1,
    atomics: 'disabled',
    idleTimeout: Infinity,
    ...(resourceLimits === undefined ? {} : { resourceLimits }),
  });
}
