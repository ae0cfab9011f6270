/**
 * Requests and their responses, both ways, over one MessagePort.
 *
 * Runs on: either end. Both may ask at once: nobody waits for the other before it answers. What comes in is the word of
 * a stranger: whatever has not the shape of a message is counted and dropped.
 */
import type { MessagePort } from 'node:worker_threads';
import { DlbError, ERROR_CODES, plainDetails } from '../../eventdev/errors.js';
import { reasonOf } from '../../eventdev/text.js';
import type {
  NotificationMessage,
  RequestMessage,
  ResponseMessage,
  WireError,
} from './protocol.js';

export interface MailboxOptions {
  /** A request that is not answered within this time fails; milliseconds. */
  readonly timeoutMs: number;
  /** Answers a request of the other end; what it throws or rejects with is the answer as well. */
  answer(command: string, body: unknown): unknown;
  /** The other end says something that needs no answer. */
  onNotification?(name: string, body: unknown): void;
  /** The other end is gone, whatever the way; called once, not after `close`. */
  onGone?(): void;
}

/** What goes to the other end, and comes from it: a MessagePort, or one with a relay behind it. */
export type Wire = Pick<MessagePort, 'postMessage' | 'ref' | 'unref' | 'close'> & {
  on(event: 'message', listener: (message: unknown) => void): unknown;
  on(event: 'messageerror' | 'close', listener: () => void): unknown;
};

interface Pending {
  readonly command: string;
  readonly timer: NodeJS.Timeout;
  resolve(result: unknown): void;
  reject(error: Error): void;
}

export class Mailbox {
  /** Responses that came when their request had failed already, or that nobody had asked for. */
  late = 0;
  /** Messages that were none. */
  malformed = 0;
  readonly #port: Wire;
  readonly #options: MailboxOptions;
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;
  #isClosed = false;

  constructor(port: Wire, options: MailboxOptions) {
    this.#port = port;
    this.#options = options;
    port.on('message', (message: unknown) => this.#take(message));
    // A message that cannot be read in this thread is none.
    port.on('messageerror', () => this.malformed++);
    port.on('close', () => this.#gone());
    port.unref();
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Requests that are not answered yet. They keep the thread alive. */
  get pending(): number {
    return this.#pending.size;
  }

  /**
   * Asks the other end.
   * @throws DlbError what the other end refused with; ERR_DLB_MBOX_ERROR when no answer came in time, or the other end is
   *                  gone; ERR_DLB_INVALID_ARGUMENT when the body cannot be sent
   */
  request(command: string, body: unknown): Promise<unknown> {
    if (this.#isClosed) return Promise.reject(noAnswer(command, 'the other end is gone'));
    const id = this.#nextId++;
    try {
      this.#post({ kind: 'request', id, command, body } satisfies RequestMessage);
    } catch (error) {
      return Promise.reject(unsendable(command, error));
    }
    const { timeoutMs } = this.#options;
    return new Promise((resolve, reject) => {
      const fail = (): void => {
        this.#settle(id)?.reject(noAnswer(command, 'no answer came in time', { timeoutMs }));
      };
      const timer = setTimeout(fail, timeoutMs);
      this.#pending.set(id, { command, timer, resolve, reject });
      this.#port.ref();
    });
  }

  /** Says something that needs no answer. */
  notify(name: string, body: unknown): void {
    if (this.#isClosed) return;
    this.#post({ kind: 'notification', name, body } satisfies NotificationMessage);
  }

  /** Ends it from this side: what was asked and not answered fails. */
  close(): void {
    if (this.#isClosed) return;
    this.#end();
    this.#port.close();
  }

  #post(message: RequestMessage | ResponseMessage | NotificationMessage): void {
    this.#port.postMessage(message);
  }

  #gone(): void {
    if (this.#isClosed) return;
    this.#end();
    this.#options.onGone?.();
  }

  #end(): void {
    this.#isClosed = true;
    for (const [id, { command }] of this.#pending) {
      this.#settle(id)?.reject(noAnswer(command, 'the other end is gone'));
    }
  }

  #take(message: unknown): void {
    if (this.#isClosed) return;
    if (typeof message !== 'object' || message === null) {
      this.malformed++;
      return;
    }
    const { kind, id, command, name, body, error, result } = message as Record<string, unknown>;
    if (kind === 'request' && typeof id === 'number' && typeof command === 'string') {
      void this.#answer(id, command, body);
    } else if (kind === 'response' && typeof id === 'number') {
      const pending = this.#settle(id);
      if (pending === undefined) this.late++;
      else if (error === undefined) pending.resolve(result);
      else pending.reject(revive(error));
    } else if (kind === 'notification' && typeof name === 'string') {
      this.#options.onNotification?.(name, body);
    } else this.malformed++;
  }

  async #answer(id: number, command: string, body: unknown): Promise<void> {
    let response: ResponseMessage;
    try {
      response = { kind: 'response', id, result: await this.#options.answer(command, body) };
    } catch (error) {
      response = { kind: 'response', id, error: wireError(error) };
    }
    if (this.#isClosed) return;
    try {
      this.#post(response);
    } catch (error) {
      this.#post({ kind: 'response', id, error: wireError(error) });
    }
  }

  /** The request is over: whoever waits for it, unless nobody does. */
  #settle(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    if (pending === undefined) return undefined;
    this.#pending.delete(id);
    clearTimeout(pending.timer);
    if (this.#pending.size === 0) this.#port.unref();
    return pending;
  }
}

function noAnswer(command: string, why: string, more: Record<string, unknown> = {}): DlbError {
  return new DlbError('ERR_DLB_MBOX_ERROR', why, { command, ...more });
}

function unsendable(command: string, error: unknown): DlbError {
  const details = { command, why: reasonOf(error) };
  return new DlbError('ERR_DLB_INVALID_ARGUMENT', 'the request cannot be sent', details);
}

/** As much of an error as another thread can be sent. */
export function wireError(error: unknown): WireError {
  if (error instanceof DlbError) {
    const { code, message, details } = error;
    return { code, message, details: plainDetails(details) };
  }
  const why = reasonOf(error);
  return {
    code: 'ERR_DLB_INTERNAL_ERROR',
    message: `a defect of softdlb: why=${why}`,
    details: { why },
  };
}

function revive(error: unknown): DlbError {
  const { code, message, details } = (error ?? {}) as Partial<WireError>;
  const known = typeof code === 'string' && Object.hasOwn(ERROR_CODES, code);
  return DlbError.of(
    known ? code : 'ERR_DLB_INTERNAL_ERROR',
    typeof message === 'string' ? message : 'the other end refused, and does not say why',
    typeof details === 'object' && details !== null ? details : {},
  );
}
