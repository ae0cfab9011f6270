/** Items that the user pushes one by one: waits for room in the order of the calls. */
import { DlbError } from '../eventdev/errors.js';
import type { Engine } from './engine.js';
import type { Entry } from './entry.js';
import type { ItemOptions } from './contract.js';
import type { Stream } from './stream.js';

export class Pushes {
  readonly stream: Stream;
  readonly #engine: Engine;
  readonly #entry: Entry;
  /** The last push that waits, if any does. */
  #last: Promise<void> | undefined;

  constructor(stream: Stream, engine: Engine, entry: Entry) {
    this.stream = stream;
    this.#engine = engine;
    this.#entry = entry;
  }

  /** False when there is no room, or others wait for it. @throws as `Stream.admit`. */
  tryPush(item: unknown, options: ItemOptions): boolean {
    this.#assertOpen();
    return this.#last === undefined && this.#admit(item, options);
  }

  async push(item: unknown, options: ItemOptions): Promise<void> {
    this.#assertOpen();
    if (this.#last === undefined && this.#admit(item, options)) return;
    this.#engine.stalls++;
    const waiting = this.#wait(item, options, this.#last);
    const settled = waiting.catch(() => {});
    this.#last = settled;
    try {
      await waiting;
    } finally {
      if (this.#last === settled) this.#last = undefined;
    }
  }

  async #wait(
    item: unknown,
    options: ItemOptions,
    before: Promise<void> | undefined,
  ): Promise<void> {
    await before;
    for (;;) {
      this.#assertOpen();
      if (this.#admit(item, options)) return;
      await this.stream.changes.next();
    }
  }

  #admit(item: unknown, options: ItemOptions): boolean {
    const flow = this.#entry.flow(item, options.flow);
    const isIn = this.stream.admit(item, flow, this.#entry.priority(options.priority));
    if (isIn) this.#engine.flushSoon();
    return isIn;
  }

  /** Everything that was pushed is through. @throws why the stream ended early. */
  async drained(): Promise<void> {
    await this.#last;
    while (this.stream.inFlight > 0 && this.stream.failure === undefined) {
      await this.stream.changes.next();
    }
    if (this.stream.failure !== undefined) throw this.stream.failure.reason;
  }

  #assertOpen(): void {
    if (this.stream.failure !== undefined) throw this.stream.failure.reason;
    if (!this.stream.ended) return;
    if (this.stream.cutOff !== undefined) throw this.stream.cutOff.reason;
    throw new DlbError('ERR_DLB_PIPELINE_CLOSED', 'no more can be pushed after end()');
  }
}
