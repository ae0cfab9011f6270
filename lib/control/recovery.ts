/** What a domain, its seat and a new scheduler have to say to each other when a scheduler has died. */
import type { Command, DomainPlan, Lent } from '../eventdev/commands.js';
import type { DlbError } from '../eventdev/errors.js';
import type { EventBurst } from '../eventdev/event-burst.js';
import type { DomainView } from '../memory/attachment.js';
import { PORT } from '../memory/layout.js';
import { raise } from '../memory/signal.js';
import { swapIf } from '#words';
import { burstsOf } from './reset-result.js';

/** Takes everything out of the memory of a domain whose scheduler has died: scheduler/recovery.ts.
 *  Returns the events, four words each. */
export type Salvage = (
  plan: DomainPlan,
  options: {
    readonly isStarted: boolean;
    readonly mayHold: boolean;
    readonly isDropped: boolean;
  },
) => Int32Array;

export interface Recovered {
  /** What the new scheduler has to do first; null: it has nothing to do with the domain. */
  readonly command: Command | null;
  /** The answer to a stop that was under way. */
  readonly flushed: Int32Array;
  /** To be called when the new scheduler goes on, with what it has lent, or when it is known that none will: reports. */
  done(lent?: readonly Lent[]): void;
}

export interface RecoveryInfo {
  /** ERR_DLB_SCHEDULER_FAILED; `why` in its details. */
  readonly reason: DlbError;
  /** Events of this recovery that later calls bring; 0: this is the last call. */
  readonly remaining: number;
}

/** Is given every event that was inside, once, in bursts: of one recovery one call after the other, at least one. What
 *  it returns is waited for if it is a promise. */
export type RecoveryListener = (events: EventBurst, info: RecoveryInfo) => unknown;

/** What was inside, four words per event, and what the thread that is told may enqueue at once. */
export interface RecoveryReport {
  readonly events: Int32Array;
  readonly reason: DlbError;
  readonly lent: readonly Lent[];
}

/** Who is told of recoveries: a thread that has ports of the domain, mostly. */
export interface RecoveryTeller {
  /** null: not known. */
  readonly thread: number | null;
  /** Settles when the report is over; never rejects. */
  tell(report: RecoveryReport): Promise<void>;
}

/** Others' NEW events are let in after this time at the latest. */
const REPORT_MS = 1000;

/** Runs on the thread that is told. The first call of the listener comes before this returns, and so do all of them as
 *  long as it returns no promise: nothing else of this thread comes in between. */
export async function tellRecovery(
  { words, layout }: Pick<DomainView, 'words' | 'layout'>,
  { events, reason, lent }: RecoveryReport,
  listener: RecoveryListener,
): Promise<void> {
  for (const { port, tag, credits } of lent) {
    const at = layout.ports[port]!.at;
    // Not if the port has another lease by now.
    swapIf(words, at + PORT.CREDIT, tag, tag + credits);
    raise(words, at + PORT.WAKE);
  }
  for (const { burst, remaining } of burstsOf(events)) {
    try {
      const returned = listener(burst, { reason, remaining });
      if (isThenable(returned)) await returned;
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value;
}

/** Resolves when the report is over, or when it takes too long. */
export function reportOver(report: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, REPORT_MS);
    timer.unref();
    void report.then(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
