/**
 * A scheduler in a worker thread of its own, and another when that dies.
 *
 * Commands go by message, and the bell makes the worker look for them. The worker does not keep
 * the process alive, except while somebody waits for an answer.
 */
import { threadId } from 'node:worker_threads';
import { domainFailed } from '../control/index.js';
import type { Recovered, SchedulerSeat, SeatDied, SeatFailed } from '../control/index.js';
import { domainOf } from '../eventdev/commands.js';
import type { Command, Reply } from '../eventdev/commands.js';
import { DlbError } from '../eventdev/errors.js';
import { LINE_BYTES } from '../memory/lines.js';
import { raise } from '../memory/signal.js';
import { SchedulerWorker } from './scheduler-worker.js';
import type { Message } from './scheduler-worker.js';

/** The time in which deaths are counted, in milliseconds. */
const RESTARTS_MS = 60_000;
/** The second worker in that time starts at once, the next ones after 2, 4, ... milliseconds: a start
 *  takes some 40 ms by itself. */
const BACK_OFF_MAX_MS = 100;

interface Pending {
  readonly command: Command;
  resolve(reply: Reply): void;
  reject(error: DlbError): void;
}

/** Who is told what becomes of the worker and of its domains. */
export interface SeatListeners {
  readonly onFailure: SeatFailed;
  readonly onDeath: SeatDied;
  /** The domain has alerts for who waits for them. */
  onAlert(domain: number): void;
}

export class WorkerSeat implements SchedulerSeat {
  readonly bell = new SharedArrayBuffer(LINE_BYTES);
  readonly threaded = true;
  readonly opener = threadId;
  readonly #bellWords = new Int32Array(this.bell);
  readonly #name: string;
  readonly #restarts: number;
  readonly #listeners: SeatListeners;
  /** In the order in which they were given. */
  readonly #pending = new Map<number, Pending>();
  #worker: SchedulerWorker | null = null;
  /** Until the next worker starts. */
  #timer: ReturnType<typeof setTimeout> | null = null;
  /** When workers died lately. */
  #deaths: number[] = [];
  #nextId = 0;
  #closing: Promise<void> | null = null;
  #closed = (): void => {};
  #failure: DlbError | null = null;

  constructor(name: string, restarts: number, listeners: SeatListeners) {
    this.#name = name;
    this.#restarts = restarts;
    this.#listeners = listeners;
    this.#start();
  }

  apply(command: Command): Promise<Reply> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      const id = this.#add({ command, resolve, reject });
      if (this.#worker !== null) this.#post(id, command);
    });
  }

  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      this.#closed = resolve;
      if (this.#timer !== null) clearTimeout(this.#timer);
      this.#timer = null;
      if (this.#worker === null) return resolve();
      this.#worker.end();
      raise(this.#bellWords, 0);
    });
    return this.#closing;
  }

  #start(): void {
    this.#timer = null;
    this.#worker = new SchedulerWorker(
      this.#name,
      this.bell,
      (message) => this.#hear(message),
      (why) => this.#ended(why),
    );
  }

  #add(pending: Pending): number {
    const id = this.#nextId++;
    this.#pending.set(id, pending);
    this.#hold();
    return id;
  }

  #post(id: number, command: Command): void {
    this.#worker!.post(id, command);
    // The message is in the worker's queue before the bell is raised.
    raise(this.#bellWords, 0);
  }

  #hear(message: Message): void {
    if ('id' in message) this.#settle(message.id, message.reply);
    else if ('alerts' in message) this.#listeners.onAlert(message.alerts);
    else this.#giveUp(domainFailed(message.domain, message.why), message.domain);
  }

  #settle(id: number, reply: Reply): void {
    this.#pending.get(id)?.resolve(reply);
    this.#pending.delete(id);
    this.#hold();
  }

  /** An unanswered command keeps the process alive. */
  #hold(): void {
    const isHeld = this.#pending.size > 0 || (this.#closing !== null && this.#worker !== null);
    this.#worker?.hold(isHeld);
    if (isHeld) this.#timer?.ref();
    else this.#timer?.unref();
  }

  #ended(why: string): void {
    this.#worker = null;
    if (this.#closing !== null) return this.#closed();
    // Whoever was answered has heard of it by then.
    setImmediate(() => this.#replace(why));
  }

  /** Takes out what is inside, then starts a worker that goes on, unless too many have died. */
  #replace(why: string): void {
    const reason = new DlbError('ERR_DLB_SCHEDULER_FAILED', 'the scheduler worker ended', { why });
    const recovered = this.#listeners.onDeath(reason);
    const waiting = [...this.#pending.values()];
    this.#pending.clear();
    const again: Pending[] = [];
    for (const each of waiting) {
      const reply = answerOf(each.command, recovered.get(domainOf(each.command)));
      if (reply === null) again.push(each);
      else each.resolve(reply);
    }
    const now = performance.now();
    this.#deaths = [...this.#deaths.filter((death) => now - death < RESTARTS_MS), now];
    if (this.#deaths.length > this.#restarts || this.#closing !== null) {
      for (const each of recovered.values()) each.done();
      for (const each of again) this.#add(each);
      return this.#fail(reason);
    }
    // What domains go on with comes before what is asked of them.
    for (const each of recovered.values()) {
      if (each.command === null) continue;
      this.#add({
        command: each.command,
        resolve: ({ lent }) => each.done(lent),
        reject: () => each.done(),
      });
    }
    for (const each of again) this.#add(each);
    const wait = this.#deaths.length === 1 ? 0 : 2 ** (this.#deaths.length - 1);
    this.#timer = setTimeout(() => this.#goOn(), Math.min(wait, BACK_OFF_MAX_MS));
    this.#hold();
  }

  #goOn(): void {
    this.#start();
    for (const [id, { command }] of this.#pending) this.#post(id, command);
    this.#hold();
  }

  #fail(reason: DlbError): void {
    this.#failure = reason;
    this.#giveUp(reason, null);
  }

  /** Of a domain that was given up, or of all: what is asked for will not be answered. */
  #giveUp(reason: DlbError, domain: number | null): void {
    for (const [id, pending] of this.#pending) {
      if (domain !== null && domainOf(pending.command) !== domain) continue;
      this.#pending.delete(id);
      pending.reject(reason);
    }
    this.#hold();
    this.#listeners.onFailure(reason, domain);
  }
}

/** What a command that was not answered has come to when its domain is recovered: the answer, or null
 *  where the next scheduler has to be asked again. */
function answerOf(command: Command, recovered: Recovered | undefined): Reply | null {
  switch (command.type) {
    // The domain does not exist yet.
    case 'open':
      return null;
    // Nobody may know whether they were carried out; twice does no harm.
    case 'start':
    case 'reclaim':
    case 'hold':
      return (recovered?.command ?? null) === null ? {} : null;
    // What was inside has been taken out: that is what it asked for.
    case 'stop':
      return { flushed: recovered?.flushed ?? new Int32Array(0) };
    // They are among what the domain goes on with, or the domain does not go on.
    default:
      return {};
  }
}
