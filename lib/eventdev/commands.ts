/**
 * What control asks of a scheduler: plain objects, so that they travel to a worker by message.
 * A command takes effect between two passes.
 */
import type { ResetStep } from './reports.js';
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
  /** Links change as on a DLB: by slots, see lib/scheduler/slots.ts. */
  readonly strictLinks: boolean;
  /** How long a CQ may go without being serviced; 0: for ever. */
  readonly watchdogMs: number;
  /** Faults in a second that a port may make; 0: any number. */
  readonly faultLimit: number;
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
  /** Most of its events in CQs and hands together; 0: no limit. */
  readonly inflights: number;
}

export interface PortPlan {
  /** Entries of the CQ. */
  readonly depth: number;
  /** Whether the depth in use follows the work, up to `depth`. */
  readonly adaptive: boolean;
  readonly newEventThreshold: number;
  /** Completions name their event. */
  readonly independent: boolean;
  /** If so, how many names there are; 256, or more with `wideNames`. */
  readonly names: number;
  /** Most events it may hold, in its CQ and dequeued; 0: no limit. */
  readonly historyDepth: number;
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
      /** Somebody is told what was inside: until `admit` only ports of this thread have credits, which are lent to it by
       *  whoever tells (of no thread: none has); null: all ports have them at once. */
      readonly teller: { readonly thread: number | null } | null;
    }
  /** What was inside has been told: all ports are given credits. */
  | { readonly type: 'admit'; readonly domain: number }
  | { readonly type: 'start'; readonly domain: number }
  | {
      readonly type: 'stop';
      readonly domain: number;
      readonly graceMs: number;
      /** Nobody is handed what is inside: it is counted in `dropped`. */
      readonly isDropped: boolean;
    }
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
  | { readonly type: 'alert'; readonly domain: number; readonly aux: number }
  | {
      readonly type: 'close';
      readonly domain: number;
      /** All of the device's domains are closed. */
      readonly byDevice: boolean;
    }
  | {
      readonly type: 'why';
      readonly domain: number;
      readonly queue: number;
      readonly flow: number | null;
    };

/** The domain that a command is about. */
export function domainOf(command: Command): number {
  return 'plan' in command ? command.plan.domain : command.domain;
}

/** Credits that a port is granted and that its credit word does not have yet: it may be made to, as long as it is `tag`. */
export interface Lent {
  readonly port: number;
  readonly tag: number;
  readonly credits: number;
}

export interface Reply {
  /** What a stop found inside, four words per event. */
  readonly flushed?: Int32Array;
  /** Of a resume: credits that ports of the thread that is told may be handed. */
  readonly lent?: readonly Lent[];
  /** Events that a reclaim scheduled again. */
  readonly rescheduled?: number;
  /** What a stop or a close did. */
  readonly trace?: readonly ResetStep[];
  /** Counters that a close found not to be zero: then the reset has failed. */
  readonly leftOver?: readonly string[];
  readonly why?: Why;
}

/** Why events are not delivered. */
export type WhyReason =
  /** None waits, and of the flow none is held. */
  | 'idle'
  /** None waits: the port has all there are. */
  | 'held'
  /** Nothing is in the way: the next pass delivers. */
  | 'ready'
  /** The CQ of the port that has the flow, or of all linked ports, is full. */
  | 'no-room'
  /** The port holds as many events as its `historyDepth` allows. */
  | 'history-full'
  /** A link of the port is being taken away, which stalls it until it has completed what it holds. */
  | 'unlink-in-progress'
  /** A port is being linked to the queue, which waits until its events that are out are completed. */
  | 'link-in-progress'
  /** The queue has as many events out as its `inflights` allow. */
  | 'inflight-limit'
  | 'no-thread'
  | 'port-disabled'
  /** It wrote what it may not, and is given nothing until another thread attaches. */
  | 'port-cut-off'
  /** The queue is linked to no port, or the flow is held by one that is linked no more. */
  | 'not-linked'
  /** Every place of the ordered queue's window waits for an event that a port holds. */
  | 'window-full'
  /** The domain is being stopped: nothing is delivered. */
  | 'stopping';

/** The scheduler's reason, for programs and in words. */
export interface Why {
  readonly queue: number;
  /** Null: the queue as a whole. */
  readonly flow: number | null;
  readonly reason: WhyReason;
  /** Events that wait: of the flow (and of others that share its slot), or of the queue. */
  readonly waiting: number;
  /** The port that is meant, if it is one. */
  readonly port?: number;
  /** How long that port has held its oldest event at least, in milliseconds; left out if it holds none, and on
   *  an inline device, whose passes do not look at the time. */
  readonly heldMs?: number;
  /** As in 'flow 7 is on port 3, its CQ is full, oldest held 41 ms'. */
  readonly text: string;
}
