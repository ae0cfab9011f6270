/**
 * A scheduler in a worker thread of its own.
 *
 * Commands go by message, and the bell makes the worker look for them. The worker does not keep
 * the process alive, except while somebody waits for an answer.
 */
import { MessageChannel, Worker } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import { domainFailed } from '../control/index.js';
import type { SchedulerSeat, SeatFailed } from '../control/index.js';
import { domainOf } from '../eventdev/commands.js';
import type { Command, Reply } from '../eventdev/commands.js';
import { DlbError } from '../eventdev/errors.js';
import { LINE_BYTES } from '../memory/lines.js';
import { raise } from '../memory/signal.js';

const ENTRY = new URL('../../workers/scheduler.js', import.meta.url);

/** What the worker says: the answer to a command, that a domain has alerts for who waits for them, or
 *  that it gave a domain up. */
type Message =
  | { readonly id: number; readonly reply: Reply }
  | { readonly alerts: number }
  | { readonly domain: number; readonly why: string };

interface Pending {
  readonly domain: number;
  resolve(reply: Reply): void;
  reject(error: DlbError): void;
}

export class WorkerSeat implements SchedulerSeat {
  readonly bell = new SharedArrayBuffer(LINE_BYTES);
  readonly threaded = true;
  readonly #bellWords = new Int32Array(this.bell);
  readonly #commands: MessagePort;
  readonly #worker: Worker;
  readonly #exited: Promise<void>;
  readonly #pending = new Map<number, Pending>();
  readonly #onFailure: SeatFailed;
  #nextId = 0;
  #closing = false;
  #failure: DlbError | null = null;

  constructor(name: string, onFailure: SeatFailed, onAlert: (domain: number) => void) {
    this.#onFailure = onFailure;
    const { port1, port2 } = new MessageChannel();
    this.#commands = port1;
    this.#worker = new Worker(ENTRY, {
      name,
      // The entry is plain JavaScript: options for the main script do not concern it.
      execArgv: [],
      workerData: { bell: this.bell, commands: port2 },
      transferList: [port2],
    });
    port1.on('message', (message: Message) => {
      if ('id' in message) this.#settle(message.id, message.reply);
      else if ('alerts' in message) onAlert(message.alerts);
      else this.#reject(domainFailed(message.domain, message.why), message.domain);
    });
    port1.unref();
    this.#worker.on('error', (error) => this.#fail(error.message));
    this.#exited = new Promise((resolve) => {
      this.#worker.once('exit', (code) => {
        this.#commands.close();
        if (!this.#closing) this.#fail(`the worker exited with code ${code}`);
        resolve();
      });
    });
    this.#worker.unref();
  }

  apply(command: Command): Promise<Reply> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { domain: domainOf(command), resolve, reject });
      this.#hold();
      this.#post(id, command);
    });
  }

  /** Lets the loop end by itself, so that nothing is cut short. */
  async close(): Promise<void> {
    if (this.#failure === null && !this.#closing) {
      this.#closing = true;
      this.#worker.ref();
      this.#post(-1, null);
    }
    await this.#exited;
  }

  #post(id: number, command: Command | null): void {
    this.#commands.postMessage({ id, command });
    // The message is in the worker's queue before the bell is raised.
    raise(this.#bellWords, 0);
  }

  #settle(id: number, reply: Reply): void {
    this.#pending.get(id)?.resolve(reply);
    this.#pending.delete(id);
    this.#hold();
  }

  /** An unanswered command keeps the process alive. */
  #hold(): void {
    if (this.#pending.size > 0) this.#worker.ref();
    else if (!this.#closing) this.#worker.unref();
  }

  #fail(why: string): void {
    if (this.#failure !== null) return;
    this.#failure = new DlbError('ERR_DLB_SCHEDULER_FAILED', 'the scheduler worker ended', { why });
    this.#reject(this.#failure, null);
  }

  /** Of a domain that was given up, or of all: what is asked for will not be answered. */
  #reject(reason: DlbError, domain: number | null): void {
    for (const [id, pending] of this.#pending) {
      if (domain !== null && pending.domain !== domain) continue;
      this.#pending.delete(id);
      pending.reject(reason);
    }
    this.#hold();
    this.#onFailure(reason, domain);
  }
}
