/**
 * The public interface as programs outside this repository wrote it down: every name, every
 * signature. It may be added to; nothing here may be renamed or narrowed.
 */
import type { Worker } from 'node:worker_threads';

/** Compiles only if the argument is true. */
export type Holds<T extends true> = T;
/** Whether each may stand for the other. */
export type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
/** Whether what is given may be used where `B` is expected. */
export type Serves<A, B> = [A] extends [B] ? true : false;

export interface Op {
  readonly NEW: 0;
  readonly FORWARD: 1;
  readonly RELEASE: 2;
  readonly FRAGMENT: 3;
}
export interface Sched {
  readonly ORDERED: 0;
  readonly ATOMIC: 1;
  readonly PARALLEL: 2;
}
export interface Priority {
  readonly HIGHEST: 0;
  readonly NORMAL: 128;
  readonly LOWEST: 255;
}
export interface Refusal {
  readonly NONE: 0;
  readonly CREDIT: 1;
  readonly THRESHOLD: 2;
  readonly RING_FULL: 3;
  readonly NOT_STARTED: 4;
  readonly PORT_DISABLED: 5;
}

type Get = (i: number) => number;
type Set = (i: number, v: number) => void;

export interface Fields {
  flowId?: number;
  subEventType?: number;
  eventType?: number;
  op?: number;
  schedType?: number;
  queueId?: number;
  priority?: number;
  implOpaque?: number;
  payload?: number;
  payloadHigh?: number;
}

export interface Burst {
  readonly capacity: number;
  length: number;
  readonly words: Int32Array;
  clear(): this;
  push(fields: Fields): number;
  pushNew(queueId: number, flowId: number, schedType: number, payload: number): number;
  append(from: Burst, i: number): number;
  flowId: Get;
  setFlowId: Set;
  subEventType: Get;
  setSubEventType: Set;
  eventType: Get;
  setEventType: Set;
  op: Get;
  setOp: Set;
  setRenewal: (i: number) => void;
  schedType: Get;
  setSchedType: Set;
  queueId: Get;
  setQueueId: Set;
  priority: Get;
  setPriority: Set;
  implOpaque: Get;
  setImplOpaque: Set;
  attempts: Get;
  payload: Get;
  setPayload: Set;
  payloadHigh: Get;
  setPayloadHigh: Set;
  payload64(i: number): bigint;
  setPayload64(i: number, v: bigint): void;
}

export interface OpenOptions {
  name?: string;
  scheduling?: 'worker' | 'inline';
  schedulers?: number;
  model?: 'host' | 'dlb2.0' | 'dlb2.5';
}

export interface OneQueue {
  name?: string;
  type: 'atomic' | 'ordered' | 'parallel' | 'directed' | 'any';
  priority?: number;
  flows?: number;
  sequences?: number;
  scope?: 'queue' | 'flow';
  fragments?: number;
}
export interface OnePort {
  name?: string;
  links?: (number | { queue: number; priority?: number })[];
  newEventThreshold?: number;
  dequeueDepth?: number;
  enqueueDepth?: number;
  implicitRelease?: boolean;
  independentEnqueue?: boolean;
}
export interface WholeSpec {
  name?: string;
  eventsLimit: number;
  capacity?: number;
  queues: OneQueue[];
  ports: OnePort[];
  buffers?: { count: number; bytes: number; reserve?: number };
}

export interface Stats {
  rx: number;
  tx: number;
  dropped: number;
  passes: number;
  inflight: number;
  creditsFree: number;
  ports: {
    rx: number;
    tx: number;
    dropped: number;
    inflight: number;
    credits: number;
    enqueueUsed: number;
    cqUsed: number;
    cqFree: number;
    misordered: number;
    refused: { credit: number; threshold: number; ringFull: number };
  }[];
  queues: {
    rx: number;
    tx: number;
    dropped: number;
    inflight: number;
    reordered: number;
    iqUsed: number[];
    pinned: { port: number; flows: number; events: number }[];
  }[];
}

export interface OneDomain<Attachment> extends AsyncDisposable {
  readonly id: number;
  readonly state: 'configured' | 'started' | 'stopped' | 'closed';
  attachment(portId: number): Attachment;
  reclaim(portId: number): Promise<{ rescheduled: number }>;
  bind(portId: number, worker: Worker): void;
  link(portId: number, queueId: number, priority?: number): void;
  unlink(portId: number, queueId: number): void;
  unlinksInProgress(portId: number): number;
  start(): Promise<void>;
  stop(
    onFlush?: (events: Burst) => void,
    options?: { graceMs?: number },
  ): Promise<{ flushed: number }>;
  stats(): Stats;
  resetStats(): void;
  close(): Promise<void>;
}

export interface OneDevice<Info, Report, Attachment> extends AsyncDisposable {
  readonly info: Info;
  resources(): Report;
  createDomain(spec: WholeSpec): Promise<OneDomain<Attachment>>;
  schedule(): number;
  close(): Promise<void>;
}

export interface AttachedPort<B> extends Disposable {
  readonly id: number;
  readonly state: 'configured' | 'started' | 'stopped' | 'disabled' | 'detached' | 'closed';
  enqueueBurst(burst: B, from?: number, count?: number): number;
  readonly refusal: number;
  dequeueBurst(burst: B, max?: number, waitMs?: number): number;
  ready(options?: { signal?: AbortSignal; depth?: number; withinMs?: number }): Promise<boolean>;
  release(count: number): number;
  working(i: number): void;
  readonly outstanding: number;
  readonly buffers: Pool | undefined;
  detach(): void;
}

export interface Pool {
  readonly bytes: number;
  alloc(): number;
  allocMany(n: number, out: Int32Array): boolean;
  free(handle: number): boolean;
  view(handle: number): Uint8Array;
}

export interface Refused extends Error {
  readonly code: string;
  readonly details: Record<string, unknown>;
}
