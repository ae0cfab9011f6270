/** A scheduler on the caller's own thread: nothing happens unless somebody calls. */
import { threadId } from 'node:worker_threads';
import { domainFailed } from '../control/index.js';
import type { SchedulerSeat, SeatFailed } from '../control/index.js';
import { domainOf } from '../eventdev/commands.js';
import type { Command, Reply } from '../eventdev/commands.js';
import type { DlbError } from '../eventdev/errors.js';
import { LINE_BYTES } from '../memory/lines.js';
import { Scheduler } from '../scheduler/index.js';

/** How often a stop with a grace looks whether threads on the ports have settled. */
const STOPPING_STEP_MS = 1;

export class InlineSeat implements SchedulerSeat {
  readonly bell = new SharedArrayBuffer(LINE_BYTES);
  readonly threaded = false;
  readonly thread = threadId;
  readonly #scheduler: Scheduler;
  /** Domains that the scheduler gave up. */
  readonly #failures = new Map<number, DlbError>();

  constructor(onFailure: SeatFailed, onAlert: (domain: number) => void) {
    const failed = (domain: number, why: string): void => {
      const reason = domainFailed(domain, why);
      this.#failures.set(domain, reason);
      onFailure(reason, domain);
    };
    this.#scheduler = new Scheduler(true, failed, this.thread, onAlert);
  }

  async apply(command: Command): Promise<Reply> {
    const domain = domainOf(command);
    let answer: Reply | null = null;
    this.#scheduler.apply(command, (reply) => (answer = reply));
    for (;;) {
      const failure = this.#failures.get(domain);
      if (failure !== undefined) throw failure;
      if (answer !== null) return answer;
      await new Promise((resolve) => setTimeout(resolve, STOPPING_STEP_MS));
      this.#scheduler.pass(true);
    }
  }

  refresh(domain: number): void {
    this.#scheduler.refresh(domain);
  }

  /** One pass over all domains. Returns the number of events moved. */
  pass(): number {
    return this.#scheduler.pass();
  }

  async close(): Promise<void> {}
}
