/**
 * Between a tenant and its controller: reads what the tenant sends, checks it, and passes on as much as the controller
 * takes.
 *
 * Runs on: a thread of its own, one per tenant. A message costs whoever reads it, before it can be looked at: one with a
 * million fields half a second. Here that is the tenant's own time. What goes on is text of a limited size, a few at a
 * time; what comes from the controller goes to the tenant as it is.
 */
import type { MessagePort } from 'node:worker_threads';
import { checkBody, tooMuchText } from './body-check.js';
import { wireError } from './mailbox.js';
import type { CutOffCause } from './protocol.js';
import { TimeBudget } from './time-budget.js';

/** Messages within a second, readable or not. */
const MESSAGES_MAX = 1000;
const SPAN_MS = 1000;
/** Messages that wait for the controller. */
const WAITING_MAX = 1000;
/** Messages that the controller has and has not looked at. */
const WINDOW = 4;
/** Characters. The largest specification has half as many. */
const TEXT_MAX = 1 << 20;

/** Ends when either port does. */
export function runRelay(tenant: MessagePort, controller: MessagePort): void {
  const waiting: string[] = [];
  const intake = new Intake();
  let window = WINDOW;
  const pass = (): void => {
    for (; window > 0 && waiting.length > 0; window--) controller.postMessage(waiting.shift());
  };
  const end = (): void => {
    tenant.close();
    controller.close();
  };
  const take = (text: string | null): void => {
    if (text !== null) waiting.push(text);
    const cause = intake.count() ?? (waiting.length > WAITING_MAX ? 'waiting' : null);
    if (cause === null) return pass();
    controller.postMessage({ cutOff: cause });
    end();
  };
  tenant.on('message', (message: unknown) => take(textOf(message, tenant)));
  tenant.on('messageerror', () => take(null));
  tenant.on('close', end);
  controller.on('message', (message: unknown) => {
    if (message === 'taken') {
      window++;
      pass();
    } else tenant.postMessage(message);
  });
  controller.on('close', end);
}

/** What comes in: how much of it, and how long this thread takes to read it. */
class Intake {
  readonly #time = new TimeBudget();
  #active = activeMs();
  #since = performance.now();
  #messages = 0;

  /** One more. Why it is one too many, if it is. */
  count(): CutOffCause | null {
    const now = performance.now();
    if (now - this.#since >= SPAN_MS) {
      this.#since = now;
      this.#messages = 0;
    }
    if (++this.#messages > MESSAGES_MAX) return 'messages';
    const before = this.#active;
    this.#active = activeMs();
    return this.#time.charge(this.#active - before) ? null : 'time';
  }
}

/** How long this thread has been at work, the reading of messages included. */
function activeMs(): number {
  return performance.eventLoopUtilization().active;
}

/** The message as the controller is to have it; null: it goes no further. */
function textOf(message: unknown, tenant: MessagePort): string | null {
  try {
    checkBody(message);
    const text = JSON.stringify(message ?? null);
    if (text.length <= TEXT_MAX) return text;
    throw tooMuchText(TEXT_MAX);
  } catch (error) {
    const { kind, id } = (message ?? {}) as Record<string, unknown>;
    const isRequest = kind === 'request' && typeof id === 'number';
    if (isRequest) tenant.postMessage({ kind: 'response', id, error: wireError(error) });
    return null;
  }
}
