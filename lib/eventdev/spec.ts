/** The specification types: plain data that describes a device, a domain, its queues and ports. */
import type { ModelName } from './limits.js';

export interface DeviceOptions {
  /** Default 'dlb0'. */
  name?: string;
  /** 'worker' (default): scheduler threads. 'inline': no thread, the caller runs `schedule()`. */
  scheduling?: 'worker' | 'inline';
  /** Scheduler workers, 1..64; domains are spread over them. Default 1. */
  schedulers?: number;
  /** How often in a minute a scheduler worker that died is replaced, 0..1000000, default 8. After that
   *  its domains fail: ERR_DLB_SCHEDULER_FAILED. Of no meaning inline. */
  schedulerRestarts?: number;
  /** Resource limits; 'host' (default) is sized for software. */
  model?: ModelName;
}

/** One complete description; unknown fields are an error. */
export interface DomainSpec {
  name?: string;
  /** Credits: events that may be in the domain at once, 1..1048576. */
  eventsLimit: number;
  /** The queue id is the index; at least one, at most 255. */
  queues: QueueSpec[];
  /** The port id is the index; at least one, at most 64. */
  ports: PortSpec[];
  /** Payload buffers in domain memory; default none. */
  buffers?: BuffersSpec;
  /** Share of deliveries that goes to less urgent events while any wait, 0..0.5, default 0.01;
   *  0: strict priority. */
  starvationAvoidance?: number;
}

export interface BuffersSpec {
  /** 1..1048576. */
  count: number;
  /** Size of one buffer, 1..268435456. */
  bytes: number;
  /** Buffers that a port with nothing outstanding cannot take. Default 2 per port. */
  reserve?: number;
}

export type QueueType = 'atomic' | 'ordered' | 'parallel' | 'directed' | 'any';

export interface QueueSpec {
  name?: string;
  /** 'any': the event's schedType counts. */
  type: QueueType;
  /** 0..255, 0 most urgent, default 128. */
  priority?: number;
  /** Share among queues of equal priority, 0..255, default 0: `weight + 1` parts. */
  weight?: number;
  /** Events that go in a row from this queue before one of equal priority has its turn, less one;
   *  0..255, default 0. With both 0 everywhere queues of equal priority go by id. */
  affinity?: number;
  /** Atomic flow table size, a power of two, 1..1048576, default 16384. */
  flows?: number;
  /** Ordered window, a power of two, 1..1048576, default 1024. */
  sequences?: number;
  /** What 'ordered' restores: the whole queue (default) or each flow by itself. */
  scope?: 'queue' | 'flow';
  /** Most pieces one event of this queue may become, default 1: none. */
  fragments?: number;
}

export interface LinkSpec {
  queue: number;
  /** 0..255, 0 most urgent, default 128. */
  priority?: number;
}

export interface PortSpec {
  name?: string;
  links?: (number | LinkSpec)[];
  /** 1..eventsLimit, default eventsLimit. */
  newEventThreshold?: number;
  /** CQ depth, a power of two 1..4096. Given: exact. Left out: adapts, see lib/scheduler. */
  dequeueDepth?: number;
  /** Most events one enqueueBurst takes, 1..4096, default 128. */
  enqueueDepth?: number;
  /** Default true: a dequeue first releases what is outstanding. */
  implicitRelease?: boolean;
  /** Default false: true lets completions come in any order. */
  independentEnqueue?: boolean;
}

/** What of a queue may be changed at run time. */
export interface QueueAttributes {
  /** 0..255, 0 most urgent. */
  priority?: number;
  /** 0..255: share among queues of equal priority. */
  weight?: number;
  /** 0..255: events in a row, less one. */
  affinity?: number;
}

export type DomainState = 'configured' | 'started' | 'stopped' | 'closed';
export type PortState = 'configured' | 'started' | 'stopped' | 'disabled' | 'detached' | 'closed';

/** A snapshot. Counts are exact up to 2^53. */
export interface DomainStats {
  rx: number;
  tx: number;
  dropped: number;
  passes: number;
  /** How often the scheduler died, was replaced, and what was inside was reported: see
   *  `domain.onRecovery`. */
  recoveries: number;
  /** Accepted and not yet completed or dropped; rings and queues included. */
  inflight: number;
  /** Credits with the scheduler. */
  creditsFree: number;
  ports: PortStats[];
  queues: QueueStats[];
}

export interface PortStats {
  /** Events that came from the port. */
  rx: number;
  /** Events delivered to the port. */
  tx: number;
  dropped: number;
  /** In its CQ or outstanding. */
  inflight: number;
  /** Granted to the port and unspent. */
  credits: number;
  enqueueUsed: number;
  cqUsed: number;
  cqFree: number;
  misordered: number;
  refused: { credit: number; threshold: number; ringFull: number };
}

export interface QueueStats {
  rx: number;
  tx: number;
  dropped: number;
  /** Of this queue, in a CQ or outstanding. */
  inflight: number;
  reordered: number;
  /** Events waiting, per priority level. */
  iqUsed: number[];
  /** Ports that hold flows of this queue, with all events of the queue that they hold. */
  pinned: { port: number; flows: number; events: number }[];
}
