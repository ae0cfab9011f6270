/** Items that the user pushes one by one: each waits for room in its turn. */
import { checkOptions } from '../crew/checks.js';
import { DlbError } from '../eventdev/errors.js';
import type { Engine } from './engine.js';
import type { Entry } from './entry.js';
import type { ItemOptions } from './contract.js';
import { Line } from './line.js';
import type { Stream } from './stream.js';

const OPTIONS = new Set(['flow', 'priority']);

export class Pushes {
  readonly stream: Stream;
  readonly #engine: Engine;
  readonly #entry: Entry;
  readonly #line: Line;
  #hasEnded = false;

  constructor(stream: Stream, engine: Engine, entry: Entry) {
    this.stream = stream;
    this.#engine = engine;
    this.#entry = entry;
    this.#line = new Line(stream.changes);
  }

  /** False when there is no room, or others wait for it. @throws as `Stream.admit`. */
  tryPush(item: unknown, options: ItemOptions): boolean {
    this.#assertOpen();
    return this.#line.isEmpty && this.#way(item, options)();
  }

  /** @throws as `Stream.admit`, as a rejection. */
  async push(item: unknown, options: ItemOptions): Promise<void> {
    this.#assertOpen();
    const enter = this.#way(item, options);
    if (this.#line.isEmpty && enter()) return;
    this.#engine.stalls++;
    await this.#inTurn(enter);
  }

  /** No more will be pushed. What waits for room still goes in. */
  end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#afterLine(() => this.stream.end());
  }

  /** Resolves when all that was pushed before, what waits included, has gone through the stages, and its dead letters
   *  are stored. @throws why the stream ended early, or took no more. */
  drained(): Promise<void> {
    const isBehind = !this.#line.isEmpty;
    return new Promise((resolve) => this.#afterLine(() => resolve(this.#through(isBehind))));
  }

  /** @param isBehind pushes waited before it: they were refused if no more is taken. */
  async #through(isBehind: boolean): Promise<void> {
    const { cutOff } = this.stream;
    if (isBehind && cutOff !== undefined) throw cutOff.reason;
    await this.stream.through();
  }

  /** How the item goes in: false when there is no room. @throws what the key function throws, and wrong options. */
  #way(item: unknown, options: ItemOptions): () => boolean {
    checkOptions(options, OPTIONS);
    const flow = this.#entry.flow(item, options.flow);
    const priority = this.#entry.priority(options.priority);
    return () => {
      this.#assertTaken();
      const isIn = this.stream.admit(item, flow, priority);
      if (isIn) this.#engine.flushSoon();
      return isIn;
    };
  }

  #inTurn(enter: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#line.join({
        enter() {
          if (!enter()) return false;
          resolve();
          return true;
        },
        refuse: reject,
      });
    });
  }

  /** When those that wait now are in, or refused. */
  #afterLine(then: () => void): void {
    if (this.#line.isEmpty) return then();
    const enter = (): true => {
      then();
      return true;
    };
    this.#line.join({ enter, refuse: then });
  }

  #assertOpen(): void {
    this.#assertTaken();
    if (!this.#hasEnded) return;
    throw new DlbError('ERR_DLB_PIPELINE_CLOSED', 'no more can be pushed after end()');
  }

  #assertTaken(): void {
    this.stream.begin();
    const refusal = this.stream.failure ?? this.stream.cutOff;
    if (refusal !== undefined) throw refusal.reason;
  }
}
