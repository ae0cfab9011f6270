/** Items of which each has somebody who waits for its result: `pipeline.call`. */
import { checkOptions, optionalSignal } from '../crew/checks.js';
import { onAbort } from '../crew/on-abort.js';
import { DlbError } from '../eventdev/errors.js';
import { Changes } from './changes.js';
import { NO_SESSION } from './board.js';
import type { CallOptions } from './contract.js';
import type { Dependent } from './dependents.js';
import type { Engine } from './engine.js';
import type { Entry } from './entry.js';
import { Line } from './line.js';
import type { Entrant } from './line.js';
import type { ItemOwner } from './roots.js';
import type { Sessions } from './sessions.js';

const OPTIONS = new Set(['flow', 'priority', 'signal']);

/** A call, from its beginning until its item has come out. */
interface Call extends Entrant {
  readonly number: number;
  readonly session: number;
  resolve(value: unknown): void;
  reject(reason: unknown): void;
  /** Ends following the signal. */
  unfollow: () => void;
  isIn: boolean;
}

export class CallDesk implements ItemOwner, Dependent {
  readonly wants = true;
  readonly #engine: Engine;
  readonly #entry: Entry;
  readonly #sessions: Sessions;
  readonly #onDelivered: (results: number) => void;
  readonly #calls = new Map<number, Call>();
  readonly #room = new Changes();
  readonly #line = new Line(this.#room);
  #count = 0;

  constructor(
    engine: Engine,
    entry: Entry,
    sessions: Sessions,
    onDelivered: (results: number) => void,
  ) {
    this.#engine = engine;
    this.#entry = entry;
    this.#sessions = sessions;
    this.#onDelivered = onDelivered;
    engine.dependents.join(this);
  }

  /** Resolves to the item's result, undefined when a stage ended it. @throws see `Pipeline.call`. */
  async call(item: unknown, options: CallOptions): Promise<unknown> {
    checkOptions(options, OPTIONS);
    const signal = optionalSignal('signal', options.signal);
    signal?.throwIfAborted();
    const flow = this.#entry.flow(item, options.flow);
    const priority = this.#entry.priority(options.priority);
    const number = this.#count++;
    const session = signal === undefined ? NO_SESSION : this.#sessions.open();
    return new Promise((resolve, reject) => {
      const enter = (): boolean => {
        call.isIn = this.#engine.admit(item, this, number, session, flow, priority);
        if (call.isIn) this.#engine.flushSoon();
        else this.#engine.whenRoom(this.#tell);
        return call.isIn;
      };
      const refuse = (reason: unknown): void => this.#end(call).reject(reason);
      const unfollow = (): void => {};
      const call: Call = { number, session, resolve, reject, enter, refuse, unfollow, isIn: false };
      this.#calls.set(number, call);
      this.#begin(call);
      if (signal !== undefined && this.#calls.has(number))
        call.unfollow = onAbort(signal, () => this.#abort(call, signal.reason));
    });
  }

  result(number: number, value: unknown): void {
    this.#onDelivered(1);
    this.#end(this.#calls.get(number)!).resolve(value);
  }

  results(number: number, values: readonly unknown[]): void {
    const call = this.#end(this.#calls.get(number)!);
    if (values.length === 0) return call.resolve(undefined);
    const what = 'a call has one result: use run for items that become several';
    call.reject(new DlbError('ERR_DLB_STAGE_FAILED', what, { results: values.length }));
  }

  failed(number: number, error: unknown): void {
    this.#calls.get(number)!.reject(error);
  }

  buried(number: number, error: unknown): void {
    this.failed(number, error);
  }

  stored(): void {}

  broke(reason: unknown): void {
    for (const call of this.#calls.values()) {
      call.unfollow();
      this.#sessions.cancel(call.session);
      call.reject(reason);
    }
    this.#calls.clear();
    // Those that wait for room find out that there will be none.
    this.#room.tell();
  }

  /** Calls that wait for room still find some: nobody has to take their results. */
  cut(): void {}

  /** Lets the item in when it is its turn, and there is room. */
  #begin(call: Call): void {
    try {
      if (this.#line.isEmpty && call.enter()) return;
    } catch (error) {
      return call.refuse(error);
    }
    this.#engine.stalls++;
    this.#line.join(call);
  }

  readonly #tell = (): void => this.#room.tell();

  #abort(call: Call, reason: unknown): void {
    call.reject(reason);
    // What is in flight comes out, and nobody looks at it.
    if (call.isIn) return this.#sessions.cancel(call.session);
    this.#line.leave(call);
    this.#end(call);
  }

  /** Nothing of it is in flight. */
  #end(call: Call): Call {
    this.#calls.delete(call.number);
    call.unfollow();
    if (call.session !== NO_SESSION) this.#sessions.close(call.session);
    return call;
  }
}
