/** Items of which each has somebody who waits for its result: `pipeline.call`. */
import { DlbError } from '../eventdev/errors.js';
import { Changes } from './changes.js';
import { NO_SESSION } from './board.js';
import type { CallOptions } from './contract.js';
import type { Engine } from './engine.js';
import type { Entry } from './entry.js';
import type { ItemOwner } from './roots.js';
import type { Sessions } from './sessions.js';

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
  readonly session: number;
  isAborted: boolean;
}

export class CallDesk implements ItemOwner {
  readonly wants = true;
  readonly #engine: Engine;
  readonly #entry: Entry;
  readonly #sessions: Sessions;
  readonly #onDelivered: () => void;
  readonly #waiting = new Map<number, Waiting>();
  readonly #room = new Changes();
  /** The last call that waits for room, if any does. */
  #last: Promise<void> | undefined;
  #count = 0;

  constructor(engine: Engine, entry: Entry, sessions: Sessions, onDelivered: () => void) {
    this.#engine = engine;
    this.#entry = entry;
    this.#sessions = sessions;
    this.#onDelivered = onDelivered;
  }

  /** Resolves to the item's result, undefined when a stage ended it. @throws see `Pipeline.call`. */
  async call(item: unknown, options: CallOptions): Promise<unknown> {
    const { signal } = options;
    signal?.throwIfAborted();
    const flow = this.#entry.flow(item, options.flow);
    const priority = this.#entry.priority(options.priority);
    const number = this.#count++;
    const session = signal === undefined ? NO_SESSION : this.#sessions.open();
    const result = new Promise((resolve, reject) =>
      this.#waiting.set(number, { resolve, reject, session, isAborted: false }),
    );
    const abort = (): void => this.#abort(number, signal!.reason);
    signal?.addEventListener('abort', abort, { once: true });
    const admit = (): boolean => this.#engine.admit(item, this, number, session, flow, priority);
    void this.#letIn(number, admit);
    try {
      return await result;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  result(number: number, value: unknown): void {
    const waiting = this.#take(number);
    this.#onDelivered();
    waiting.resolve(value);
  }

  results(number: number, values: readonly unknown[]): void {
    const waiting = this.#take(number);
    if (values.length === 0) return waiting.resolve(undefined);
    const what = 'a call has one result: use run for items that become several';
    waiting.reject(new DlbError('ERR_DLB_STAGE_FAILED', what, { results: values.length }));
  }

  failed(number: number, error: unknown): void {
    this.#waiting.get(number)!.reject(error);
  }

  buried(number: number, error: unknown): void {
    this.failed(number, error);
  }

  /** Lets the item in when it is its turn, and there is room. */
  async #letIn(number: number, admit: () => boolean): Promise<void> {
    try {
      if (this.#last === undefined && admit()) return this.#engine.flushSoon();
      this.#engine.stalls++;
      const waiting = this.#wait(number, admit, this.#last);
      const settled = waiting.catch(() => {});
      this.#last = settled;
      await waiting;
      if (this.#last === settled) this.#last = undefined;
    } catch (error) {
      this.#take(number).reject(error);
    }
  }

  async #wait(
    number: number,
    admit: () => boolean,
    before: Promise<void> | undefined,
  ): Promise<void> {
    await before;
    while (!this.#waiting.get(number)!.isAborted) {
      if (admit()) return this.#engine.flushSoon();
      this.#engine.whenRoom(this.#tell);
      await this.#room.next();
    }
    this.#take(number);
  }

  readonly #tell = (): void => this.#room.tell();

  #abort(number: number, reason: unknown): void {
    const waiting = this.#waiting.get(number);
    if (waiting === undefined) return;
    waiting.isAborted = true;
    this.#sessions.cancel(waiting.session);
    waiting.reject(reason);
    this.#room.tell();
  }

  #take(number: number): Waiting {
    const waiting = this.#waiting.get(number)!;
    this.#waiting.delete(number);
    if (waiting.session !== NO_SESSION) this.#sessions.close(waiting.session);
    return waiting;
  }
}
