/** The specification types: plain data that describes a device, a domain, its queues and ports. */
import type { DlbError } from './errors.js';
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
  /** True: the command `softdlb` may look at the device and change it, through a socket that only this
   *  user may open. With `http` also over HTTP on 127.0.0.1, see `Device.controlAddress`. */
  control?: boolean | ControlOptions;
}

export interface ControlOptions {
  /** Port on 127.0.0.1, 0..65535; 0: any that is free. Left out: no HTTP. */
  http?: number;
}

/** What the domains of a tenant may ask for at most; 0: whatever they ask for. */
export interface TenantLimits {
  /** Faults of a port within a second, see `DomainSpec.faultLimit`; default 1000. */
  faultLimit?: number;
  /** See `DomainSpec.watchdogMs`; default 0. */
  watchdogMs?: number;
}

/** A share of the device for one tenant. */
export interface VirtualDeviceSpec {
  /** Default 'vdevN'. */
  name?: string;
  /** Counts by resource, as `device.resources()` names them; left out: none. `ports` are of any class of service. */
  quota: Readonly<Record<string, number>>;
  /** The tenant may ask for less, not for more or for none. */
  limits?: TenantLimits;
  /** When the tenant's thread dies: 'return' (default): its domains are reset and the quota goes back to the device;
   *  'keep': the quota stays for whoever is handed the next handle, see `renew`. */
  onDeath?: 'return' | 'keep';
  /** The tenant sent too much, or what took too long, and is not heard any more: its domains are reset, and `renew` lets
   *  another in. Left out: a process warning says so. */
  onCutOff?: (why: DlbError) => void;
}

/** One complete description; unknown fields are an error. */
export interface DomainSpec {
  name?: string;
  /** Credits: events that may be in the domain at once, 1..1048576. */
  eventsLimit: number;
  /** Most events inside at once, pieces beyond `eventsLimit` included, up to 1048576; memory is sized for it. Default
   *  `eventsLimit` (and `directedCredits`) times the most `fragments` of any queue; with fragments at least one
   *  more than `eventsLimit`, without any it is `eventsLimit`. A piece for which there is no room is dropped and counted; there
   *  is for as many as `capacity` exceeds `eventsLimit`, and for more while credits are free. */
  capacity?: number;
  /** DLB models: credits for directed queues, besides eventsLimit; the domain's limit is the sum. Default 0. */
  directedCredits?: number;
  /** DLB models: a class that has not enough ports refuses the domain (default true), or lends from the classes after
   *  it. */
  cosStrict?: boolean;
  /** The queue id is the index; at least one, at most 255. With no ports either there may be none. */
  queues: QueueSpec[];
  /** The port id is the index; at most 64. */
  ports: PortSpec[];
  /** Payload buffers in domain memory; default none. */
  buffers?: BuffersSpec;
  /** Share of deliveries that goes to less urgent events while any wait, 0..0.5, default 0.01;
   *  0: strict priority. */
  starvationAvoidance?: number;
  /** An alert is raised when nobody has taken from a CQ that is not empty for so many milliseconds,
   *  0..86400000, default 10000; 0: never. */
  watchdogMs?: number;
  /** A port that makes more faults than this in a second is disabled, 0..1000000, default 0: never; of a
   *  tenant's 1000. */
  faultLimit?: number;
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
  /** Most pieces that one event of this queue may become, default 1: none. They are counted since its last renewal; of
   *  an ordered event, in whose place they wait, all of them. */
  fragments?: number;
  /** Most events of this queue in CQs and hands together, at least 1; of an ordered queue at most
   *  its `sequences`. Default: no limit of its own. */
  inflights?: number;
  /** DLB models: buffers of the atomic scheduler, 0..2048. Default 64 for an atomic queue, else 0. Counted, not
   *  needed: a flow that cannot move blocks no other here. */
  atomicInflights?: number;
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
  /** Default false: true lets completions come in any order. Then 256 events may be open at a time, in its CQ
   *  and dequeued together. */
  independentEnqueue?: boolean;
  /** Default false; with `independentEnqueue`: true lets 32768 events be open. `subEventType` is the device's
   *  as well then: an event comes with another, hand both fields back as they came. */
  wideNames?: boolean;
  /** Most events the port may hold, in its CQ and dequeued together, at least 1. Default: no limit
   *  but that of the CQ. */
  historyDepth?: number;
  /** DLB models: what the port takes events of. Default: what it is linked to. */
  kind?: 'loadBalanced' | 'directed';
  /** DLB models: its class of service, 0..3; left out: any. */
  cos?: number;
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
  /** Drops for which no port and no queue answers. Each drop is counted in one place: all of them are this count and
   *  those of all ports and all queues together. */
  dropped: number;
  passes: number;
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
  /** Its events for a queue that does not exist, or of a type that is none. */
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
  /** By the queue's own rules: more pieces of one of its events than it allows. */
  dropped: number;
  /** Of this queue, in a CQ or outstanding. */
  inflight: number;
  reordered: number;
  /** Events waiting, per priority level. */
  iqUsed: number[];
  /** Ports that hold flows of this queue, with all events of the queue that they hold. */
  pinned: { port: number; flows: number; events: number }[];
}
