/**
 * The controller's end of a tenant's wire: what the relay passes on is looked at in turns, and what that costs is charged
 * to the tenant.
 *
 * Runs on: the thread that opened the device.
 */
import type { MessagePort } from 'node:worker_threads';
import type { Wire } from './mailbox.js';
import { CUT_OFF_CAUSES } from './protocol.js';
import type { CutOffCause } from './protocol.js';
import { TimeBudget } from './time-budget.js';
import type { Turns } from './turns.js';

/** Requests of a tenant that are not answered: a stop may take ten seconds. */
const UNANSWERED_MAX = 1000;

export class RelayedPort implements Wire {
  readonly #port: MessagePort;
  readonly #turns: Turns;
  readonly #onCutOff: (cause: CutOffCause) => void;
  readonly #time = new TimeBudget();
  #unanswered = 0;
  #isOver = false;

  constructor(port: MessagePort, turns: Turns, onCutOff: (cause: CutOffCause) => void) {
    this.#port = port;
    this.#turns = turns;
    this.#onCutOff = onCutOff;
  }

  on(event: 'message' | 'messageerror' | 'close', listener: (message: unknown) => void): void {
    if (event !== 'message') this.#port.on(event, listener);
    else this.#port.on(event, (message: unknown) => this.#hear(message, listener));
  }

  postMessage(message: { readonly kind: string }): void {
    this.#charge(() => this.#port.postMessage(message));
    if (message.kind === 'response') this.#unanswered--;
  }

  ref(): void {
    this.#port.ref();
  }

  unref(): void {
    this.#port.unref();
  }

  close(): void {
    this.#isOver = true;
    this.#port.close();
  }

  /** The relay's word: text of the tenant, or that it is to be cut off. */
  #hear(message: unknown, listener: (message: unknown) => void): void {
    if (typeof message !== 'string') {
      const { cutOff } = message as { cutOff: CutOffCause };
      return this.#cutOff(cutOff);
    }
    this.#turns.add(() => {
      if (this.#isOver) return;
      this.#charge(() => this.#look(JSON.parse(message), listener));
      if (!this.#isOver) this.#port.postMessage('taken');
    });
  }

  #look(message: unknown, listener: (message: unknown) => void): void {
    const isRequest = (message as { kind?: unknown } | null)?.kind === 'request';
    if (isRequest && ++this.#unanswered > UNANSWERED_MAX) this.#cutOff('unanswered');
    else listener(message);
  }

  #charge(work: () => void): void {
    const startedAt = performance.now();
    try {
      work();
    } finally {
      if (!this.#time.charge(performance.now() - startedAt)) this.#cutOff('time');
    }
  }

  #cutOff(cause: CutOffCause): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#onCutOff(Object.hasOwn(CUT_OFF_CAUSES, cause) ? cause : 'messages');
  }
}
