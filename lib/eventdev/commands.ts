/**
 * What control asks of a scheduler: plain objects, so that they travel to a worker by message.
 * A command takes effect between two passes.
 */
import type { QueueAttributes, QueueType } from './spec.js';

export interface LinkCommand {
  readonly port: number;
  readonly queue: number;
  readonly priority: number;
  readonly profile: number;
}

/** A domain as the scheduler needs it; all defaults are filled in. */
export interface DomainPlan {
  readonly domain: number;
  /** Domain memory, shared with the ports. */
  readonly memory: SharedArrayBuffer;
  /** Scheduler memory, held by control and the scheduler only. */
  readonly schedulerMemory: SharedArrayBuffer;
  readonly eventsLimit: number;
  /** Events that fit in, pieces beyond the limit included. */
  readonly capacity: number;
  readonly ringDepth: number;
  readonly queues: readonly QueuePlan[];
  readonly ports: readonly PortPlan[];
  readonly links: readonly LinkCommand[];
  /** Every so many deliveries a less urgent event has its turn; 0: never. */
  readonly turnEvery: number;
  readonly buffers: {
    readonly count: number;
    readonly bytes: number;
    readonly reserve: number;
  } | null;
}

export interface QueuePlan {
  readonly type: QueueType;
  readonly priority: number;
  readonly weight: number;
  readonly affinity: number;
  readonly flows: number;
  readonly sequences: number;
  /** What its ordered events are restored by. */
  readonly scope: 'queue' | 'flow';
  /** Most pieces that one of its events may become; 1: none. */
  readonly fragments: number;
}

export interface PortPlan {
  /** Entries of the CQ. */
  readonly depth: number;
  /** Whether the depth in use follows the work, up to `depth`. */
  readonly adaptive: boolean;
  readonly newEventThreshold: number;
  /** Completions name their event. */
  readonly independent: boolean;
}

export type Command =
  | { readonly type: 'open'; readonly plan: DomainPlan }
  | {
      /** Goes on with a domain whose scheduler died, and in which nothing is left: see
       *  scheduler/recovery.ts. The plan has the links and attributes of now. */
      readonly type: 'resume';
      readonly plan: DomainPlan;
      readonly isStarted: boolean;
      /** [port]: disabled by control. */
      readonly holds: readonly boolean[];
    }
  | { readonly type: 'start'; readonly domain: number }
  | { readonly type: 'stop'; readonly domain: number; readonly graceMs: number }
  | { readonly type: 'link'; readonly domain: number; readonly link: LinkCommand }
  | { readonly type: 'unlink'; readonly domain: number; readonly link: LinkCommand }
  | {
      readonly type: 'reclaim';
      readonly domain: number;
      readonly port: number;
      /** Only if this thread has the port; null: whoever has it. */
      readonly thread: number | null;
    }
  | {
      readonly type: 'attributes';
      readonly domain: number;
      readonly queue: number;
      readonly attributes: Required<QueueAttributes>;
    }
  | {
      /** Disables a port, or enables it. */
      readonly type: 'hold';
      readonly domain: number;
      readonly port: number;
      readonly isHeld: boolean;
    }
  | { readonly type: 'close'; readonly domain: number };

/** The domain that a command is about. */
export function domainOf(command: Command): number {
  return 'plan' in command ? command.plan.domain : command.domain;
}

export interface Reply {
  /** What a stop found inside, four words per event. */
  readonly flushed?: Int32Array;
  /** Events that a reclaim scheduled again. */
  readonly rescheduled?: number;
}
