/**
 * What the contracts promise, as a plain model: arrays, no rings, no tables, no cleverness.
 *
 * It does not say which port gets an event, only what must be true of whichever it is.
 */
import { expect } from '@jest/globals';
import type { EventBurst } from '../../lib/index.js';

export const ORDERED = 0;
export const ATOMIC = 1;
export const DIRECTED = 2;

interface Held {
  readonly payload: number;
  readonly queue: number;
  readonly flow: number;
}

export class Model {
  /** Events inside, by payload. */
  readonly inside = new Set<number>();
  /** In hand per port, oldest first. */
  readonly hands: Held[][];
  /** Payloads of the ordered queue in the order in which it accepted them, and so gave them out. */
  readonly #left: number[] = [];
  /** Ordered events by what became of them: forwarded on, or given up. */
  readonly #forwarded = new Set<number>();
  readonly #arrived: number[] = [];
  /** Payloads sent to the directed queue as NEW. */
  readonly #sent: number[] = [];
  /** Completions that no pass has taken in since: their events count as inside until then. */
  #untaken = 0;
  /** What waits per flow of the atomic queue, oldest first, and which port sent it: between two
   *  ports there is no order. */
  readonly #flows = new Map<number, { payload: number; from: number }[]>();

  constructor(ports: number) {
    this.hands = Array.from({ length: ports }, () => []);
  }

  /** A port's NEW event was accepted. */
  accepted(from: number, payload: number, queue: number, flow: number): void {
    expect(this.inside.has(payload)).toBe(false);
    this.inside.add(payload);
    if (queue === ATOMIC) this.#waits(from, flow, payload);
    if (queue === ORDERED) this.#left.push(payload);
    if (queue === DIRECTED) this.#sent.push(payload);
  }

  /** A pass has taken in what was enqueued. */
  passed(): void {
    this.#untaken = 0;
  }

  /** What statistics have to say: accepted and not yet completed or dropped. */
  get inflight(): number {
    return this.inside.size + this.#untaken;
  }

  dequeued(port: number, burst: EventBurst): void {
    for (let i = 0; i < burst.length; i++) {
      const held = { payload: burst.payload(i), queue: burst.queueId(i), flow: burst.flowId(i) };
      // C1: it is inside, and in nobody else's hand.
      expect(this.inside.has(held.payload)).toBe(true);
      expect(this.hands.flat().map((each) => each.payload)).not.toContain(held.payload);
      if (held.queue === ATOMIC) this.#dequeuedAtomic(port, held);
      if (held.queue === DIRECTED) this.#arrived.push(held.payload);
      this.hands[port]!.push(held);
    }
  }

  /** C2: nobody else holds the flow, and nothing older of it waits that the same port sent. */
  #dequeuedAtomic(port: number, held: Held): void {
    this.hands.forEach((hand, other) => {
      const has = hand.some((each) => each.queue === ATOMIC && each.flow === held.flow);
      if (other !== port) expect(has).toBe(false);
    });
    const waiting = this.#flows.get(held.flow)!;
    const at = waiting.findIndex(({ payload }) => payload === held.payload);
    expect(at).toBeGreaterThanOrEqual(0);
    const { from } = waiting[at]!;
    expect(waiting.findIndex((each) => each.from === from)).toBe(at);
    waiting.splice(at, 1);
  }

  /** The oldest event in the port's hand goes on to another queue, or nowhere. */
  completed(port: number, to: number | null, flow = 0): void {
    const held = this.hands[port]!.shift()!;
    if (to === null) {
      this.inside.delete(held.payload);
      this.#untaken++;
    }
    if (held.queue !== ORDERED) {
      if (to === ATOMIC) this.#waits(port, flow, held.payload);
      return;
    }
    if (to !== null) this.#forwarded.add(held.payload);
  }

  #waits(from: number, flow: number, payload: number): void {
    const waiting = this.#flows.get(flow) ?? [];
    waiting.push({ payload, from });
    this.#flows.set(flow, waiting);
  }

  /** C3 and C4, when all is done: what was forwarded out of the ordered queue arrived in its order. */
  checkOrder(): void {
    const expected = this.#left.filter((payload) => this.#forwarded.has(payload));
    const arrived = this.#arrived.filter((payload) => this.#forwarded.has(payload));
    expect(arrived).toEqual(expected);
    // C4: what was sent there directly arrived in the order in which it was sent.
    const direct = new Set(this.#sent);
    expect(this.#arrived.filter((payload) => direct.has(payload))).toEqual(this.#sent);
  }
}
