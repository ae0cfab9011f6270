/** A scheduler on the caller's own thread: nothing happens unless somebody calls. */
import type { SchedulerSeat } from '../control/index.js';
import type { Command, Reply } from '../eventdev/commands.js';
import { LINE_BYTES } from '../memory/lines.js';
import { Scheduler } from '../scheduler/index.js';

/** How often a stop with a grace looks whether threads on the ports have settled. */
const STOPPING_STEP_MS = 1;

export class InlineSeat implements SchedulerSeat {
  readonly bell = new SharedArrayBuffer(LINE_BYTES);
  readonly threaded = false;
  readonly #scheduler = new Scheduler(true);

  async apply(command: Command): Promise<Reply> {
    let answer: Reply | null = null;
    this.#scheduler.apply(command, (reply) => (answer = reply));
    while (answer === null) {
      await new Promise((resolve) => setTimeout(resolve, STOPPING_STEP_MS));
      this.#scheduler.pass(true);
    }
    return answer;
  }

  /** One pass over all domains. Returns the number of events moved. */
  pass(): number {
    return this.#scheduler.pass();
  }

  async close(): Promise<void> {}
}
