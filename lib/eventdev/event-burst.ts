/**
 * A reusable block of events: what `enqueueBurst` reads and `dequeueBurst` fills.
 *
 * Runs on:   the thread that made it. Its words are private memory, never shared.
 * Accessors take the event's index and are not range-checked: they are the data path, and an index
 * past `length` reads or writes a slot that no call looks at.
 */
import { DlbError } from './errors.js';
import {
  ATTEMPTS_MASK,
  ATTEMPTS_SHIFT,
  EVENT_TYPE_MASK,
  EVENT_TYPE_SHIFT,
  FLOW_MASK,
  OP,
  OPAQUE_MASK,
  OPAQUE_SHIFT,
  OP_MASK,
  PRIORITY,
  PRIORITY_MASK,
  PRIORITY_SHIFT,
  QE_WORDS,
  QUEUE_MASK,
  QUEUE_SHIFT,
  RENEWAL,
  SCHED_MASK,
  SCHED_SHIFT,
  SUB_TYPE_MASK,
  SUB_TYPE_SHIFT,
} from './event.js';
import { BURST_CAPACITY_MAX } from './limits.js';

/** The fields of one event. Those left out are 0, but for the priority: that is NORMAL. */
export interface EventFields {
  /** 20 bits: what atomic queues keep exclusive and in order. */
  flowId?: number;
  /** 8 bits, the application's. */
  subEventType?: number;
  /** 4 bits, the application's. */
  eventType?: number;
  /** One of `OP`. */
  op?: number;
  /** One of `SCHED`. */
  schedType?: number;
  /** 8 bits: the queue it goes to. */
  queueId?: number;
  /** 8 bits, 0 most urgent. Default `PRIORITY.NORMAL`, as of `pushNew`. */
  priority?: number;
  /** 8 bits, the device's: hand it back as it came. */
  implOpaque?: number;
  /** Low 32 bits of the payload. */
  payload?: number;
  /** High 32 bits of the payload. */
  payloadHigh?: number;
}

const NEW_NORMAL = OP.NEW | (PRIORITY.NORMAL << PRIORITY_SHIFT);

export class EventBurst {
  readonly capacity: number;
  /** Events in use, 0..capacity. */
  length = 0;
  /** Four words per event, as drawn in event.ts. */
  readonly words: Int32Array;

  /**
   * @param capacity most events it can hold, 1..65536.
   * @throws DlbError ERR_DLB_INVALID_CAPACITY
   */
  constructor(capacity: number) {
    if (!Number.isInteger(capacity) || capacity < 1 || capacity > BURST_CAPACITY_MAX) {
      throw new DlbError('ERR_DLB_INVALID_CAPACITY', 'burst capacity out of range', {
        field: 'capacity',
        capacity,
        min: 1,
        max: BURST_CAPACITY_MAX,
      });
    }
    this.capacity = capacity;
    this.words = new Int32Array(capacity * QE_WORDS);
  }

  /** Forgets all events; the words stay as they are. */
  clear(): this {
    this.length = 0;
    return this;
  }

  /**
   * Appends one event and returns its index. Fields left out are 0, but for the priority, which is NORMAL; all are cut to
   * their width.
   * @throws DlbError ERR_DLB_BURST_FULL
   */
  push(fields: EventFields): number {
    const i = this.#take();
    const at = i * QE_WORDS;
    const words = this.words;
    words[at] =
      ((fields.flowId ?? 0) & FLOW_MASK) |
      (((fields.subEventType ?? 0) & SUB_TYPE_MASK) << SUB_TYPE_SHIFT) |
      (((fields.eventType ?? 0) & EVENT_TYPE_MASK) << EVENT_TYPE_SHIFT);
    words[at + 1] =
      ((fields.op ?? 0) & OP_MASK) |
      (((fields.schedType ?? 0) & SCHED_MASK) << SCHED_SHIFT) |
      (((fields.queueId ?? 0) & QUEUE_MASK) << QUEUE_SHIFT) |
      (((fields.priority ?? PRIORITY.NORMAL) & PRIORITY_MASK) << PRIORITY_SHIFT) |
      (((fields.implOpaque ?? 0) & OPAQUE_MASK) << OPAQUE_SHIFT);
    words[at + 2] = fields.payload ?? 0;
    words[at + 3] = fields.payloadHigh ?? 0;
    return i;
  }

  /**
   * Appends a NEW event of normal priority, allocating nothing. Returns its index.
   * @throws DlbError ERR_DLB_BURST_FULL
   */
  pushNew(queueId: number, flowId: number, schedType: number, payload: number): number {
    const i = this.#take();
    const at = i * QE_WORDS;
    const words = this.words;
    words[at] = flowId & FLOW_MASK;
    words[at + 1] =
      NEW_NORMAL |
      ((schedType & SCHED_MASK) << SCHED_SHIFT) |
      ((queueId & QUEUE_MASK) << QUEUE_SHIFT);
    words[at + 2] = payload;
    words[at + 3] = 0;
    return i;
  }

  /**
   * Appends a copy of event `i` of `from`, the device's own field included. Returns its index.
   * @throws DlbError ERR_DLB_BURST_FULL
   */
  append(from: EventBurst, i: number): number {
    const to = this.#take();
    const at = to * QE_WORDS;
    const source = i * QE_WORDS;
    for (let w = 0; w < QE_WORDS; w++) this.words[at + w] = from.words[source + w]!;
    return to;
  }

  flowId(i: number): number {
    return this.words[i * QE_WORDS]! & FLOW_MASK;
  }
  setFlowId(i: number, v: number): void {
    this.#set(i * QE_WORDS, 0, FLOW_MASK, v);
  }
  subEventType(i: number): number {
    return (this.words[i * QE_WORDS]! >>> SUB_TYPE_SHIFT) & SUB_TYPE_MASK;
  }
  setSubEventType(i: number, v: number): void {
    this.#set(i * QE_WORDS, SUB_TYPE_SHIFT, SUB_TYPE_MASK, v);
  }
  eventType(i: number): number {
    return this.words[i * QE_WORDS]! >>> EVENT_TYPE_SHIFT;
  }
  setEventType(i: number, v: number): void {
    this.#set(i * QE_WORDS, EVENT_TYPE_SHIFT, EVENT_TYPE_MASK, v);
  }
  op(i: number): number {
    return this.words[i * QE_WORDS + 1]! & OP_MASK;
  }
  /** What was a renewal is none any more: with `OP.FRAGMENT` it is a piece. */
  setOp(i: number, v: number): void {
    this.#set(i * QE_WORDS + 1, 0, OP_MASK | RENEWAL, v & OP_MASK);
  }
  /**
   * Makes the event a renewal, a FRAGMENT that is no piece: its port goes on holding the event that it belongs to (the
   * oldest outstanding one; of an independent port the one whose name it has), with this event's payload, and the
   * pieces that the port has enqueued for it so far go on. If the port dies, the event is scheduled again with this payload.
   * All other fields are ignored.
   */
  setRenewal(i: number): void {
    this.words[i * QE_WORDS + 1] = this.words[i * QE_WORDS + 1]! | OP.FRAGMENT | RENEWAL;
  }
  schedType(i: number): number {
    return (this.words[i * QE_WORDS + 1]! >>> SCHED_SHIFT) & SCHED_MASK;
  }
  setSchedType(i: number, v: number): void {
    this.#set(i * QE_WORDS + 1, SCHED_SHIFT, SCHED_MASK, v);
  }
  queueId(i: number): number {
    return (this.words[i * QE_WORDS + 1]! >>> QUEUE_SHIFT) & QUEUE_MASK;
  }
  setQueueId(i: number, v: number): void {
    this.#set(i * QE_WORDS + 1, QUEUE_SHIFT, QUEUE_MASK, v);
  }
  priority(i: number): number {
    return (this.words[i * QE_WORDS + 1]! >>> PRIORITY_SHIFT) & PRIORITY_MASK;
  }
  setPriority(i: number, v: number): void {
    this.#set(i * QE_WORDS + 1, PRIORITY_SHIFT, PRIORITY_MASK, v);
  }
  implOpaque(i: number): number {
    return this.words[i * QE_WORDS + 1]! >>> OPAQUE_SHIFT;
  }
  setImplOpaque(i: number, v: number): void {
    this.#set(i * QE_WORDS + 1, OPAQUE_SHIFT, OPAQUE_MASK, v);
  }
  /** After a dequeue: how often this event was delivered before, 0..3 (3 means three or more). */
  attempts(i: number): number {
    return (this.words[i * QE_WORDS + 1]! >>> ATTEMPTS_SHIFT) & ATTEMPTS_MASK;
  }
  /** Low 32 bits of the payload, unsigned. */
  payload(i: number): number {
    return this.words[i * QE_WORDS + 2]! >>> 0;
  }
  setPayload(i: number, v: number): void {
    this.words[i * QE_WORDS + 2] = v;
  }
  /** High 32 bits of the payload, unsigned. */
  payloadHigh(i: number): number {
    return this.words[i * QE_WORDS + 3]! >>> 0;
  }
  setPayloadHigh(i: number, v: number): void {
    this.words[i * QE_WORDS + 3] = v;
  }
  /** The whole payload. Makes a BigInt: not for the hot path. */
  payload64(i: number): bigint {
    return (BigInt(this.payloadHigh(i)) << 32n) | BigInt(this.payload(i));
  }
  setPayload64(i: number, v: bigint): void {
    this.words[i * QE_WORDS + 2] = Number(BigInt.asIntN(32, v));
    this.words[i * QE_WORDS + 3] = Number(BigInt.asIntN(32, v >> 32n));
  }

  #take(): number {
    const i = this.length;
    if (i >= this.capacity) {
      throw new DlbError('ERR_DLB_BURST_FULL', 'the burst is full', {
        length: i,
        capacity: this.capacity,
      });
    }
    this.length = i + 1;
    return i;
  }

  #set(at: number, shift: number, mask: number, v: number): void {
    this.words[at] = (this.words[at]! & ~(mask << shift)) | ((v & mask) << shift);
  }
}
