/**
 * Requests and their responses, both ways, over one MessagePort.
 *
 * Runs on: either end. Both may ask at once: nobody waits for the other before it answers. What comes in is the word of
 * a stranger: whatever has not the shape of a message is counted and dropped.
 */
import type { MessagePort } from 'node:worker_threads';
import { DlbError, ERROR_CODES } from '../../eventdev/errors.js';
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
  /** Asked before each message is looked at: false drops it. */
  admit?(): boolean;
}

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
  readonly #port: MessagePort;
  readonly #options: MailboxOptions;
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;
  #isClosed = false;

  constructor(port: MessagePort, options: MailboxOptions) {
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
    if (this.#isClosed || this.#options.admit?.() === false) return;
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
    if (!this.#isClosed) this.#post(response);
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
  const why = error instanceof Error ? error.message : String(error);
  return new DlbError('ERR_DLB_INVALID_ARGUMENT', 'the request cannot be sent', { command, why });
}

/** As much of an error as another thread can be sent. */
function wireError(error: unknown): WireError {
  if (error instanceof DlbError) {
    const { code, message, details } = error;
    return { code, message, details: plain(details) };
  }
  const why = error instanceof Error ? error.message : String(error);
  return {
    code: 'ERR_DLB_INTERNAL_ERROR',
    message: `a defect of softdlb: why=${why}`,
    details: { why },
  };
}

/** Of a value in the details of an error that travels: it may be what the other end has sent. */
const TEXT_MAX = 1000;

/** Values that are no plain data become text. */
function plain(details: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(details).map(([name, value]) => {
      const isPlain =
        value === null || ['string', 'number', 'boolean', 'undefined'].includes(typeof value);
      const sent = isPlain ? value : describe(value);
      return [name, typeof sent === 'string' ? sent.slice(0, TEXT_MAX) : sent];
    }),
  );
}

function describe(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return String(value);
  }
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
