/** A worker of some stages, or the sink: checks what it gets and sends it on, or completes it. */
import { EventBurst } from '../../lib/index.js';
import { tell, PAYLOADS, TALLY } from './board.js';
import type { Hand } from './thread.js';
import { flowOf, orderOf } from './topology.js';
import type { Topology } from './topology.js';

const BURST = 128;

export class Consumer {
  readonly #hand: Hand;
  readonly #topology: Topology;
  readonly #burst = new EventBurst(BURST);
  readonly #payloads: number;
  /** [stage * flows + flow]: events of it in this hand. */
  readonly #mine: Int32Array;
  readonly #order: ReturnType<typeof orderOf>;

  constructor(hand: Hand) {
    this.#hand = hand;
    this.#topology = hand.orders.topology;
    this.#payloads = this.#topology.producers * PAYLOADS;
    this.#mine = new Int32Array(hand.board.locks.length);
    this.#order = orderOf(this.#topology);
  }

  run(): void {
    const hand = this.#hand;
    const burst = this.#burst;
    while (hand.isOpen) {
      const got = hand.port.dequeueBurst(burst, hand.random.within(1, BURST), Infinity);
      for (let i = 0; i < got; i++) this.#receive(i);
      this.#complete(got);
    }
  }

  #receive(i: number): void {
    const { board, hire } = this.#hand;
    const stage = this.#burst.queueId(i);
    const payload = this.#burst.payload(i);
    tell(board, TALLY.RECEIVED);
    if (stage > this.#topology.stages.length || payload >= this.#payloads) {
      tell(board, TALLY.FOREIGN);
      return;
    }
    const before = Atomics.exchange(board.seen, stage * this.#payloads + payload, hire);
    if (before !== 0) {
      const allowed = this.#isGone(before) || board.twice[payload] !== 0;
      tell(board, allowed ? TALLY.AGAIN : TALLY.TWICE);
    }
    if (this.#topology.stages[stage] === 'atomic') this.#lock(stage, payload);
    if (stage === this.#topology.stages.length && before === 0) this.#arrive(payload);
  }

  #complete(got: number): void {
    const hand = this.#hand;
    for (let done = 0; done < got;) {
      hand.stall();
      if (hand.mayLeave()) {
        // What it held is scheduled again, and its locks are those of one who is gone.
        this.#mine.fill(0);
        return;
      }
      const step = Math.min(hand.random.within(1, BURST), got - done);
      const isSink = this.#burst.queueId(done) === this.#topology.stages.length;
      for (let i = done; i < done + step; i++) this.#settle(i);
      done += isSink ? hand.port.release(step) : hand.port.enqueueBurst(this.#burst, done, step);
      if (!hand.isOpen) return;
    }
  }

  /** Gives the flow's lock back before the event is completed, and names its next queue. */
  #settle(i: number): void {
    const { board } = this.#hand;
    const stage = this.#burst.queueId(i);
    const at = stage * this.#topology.flows + flowOf(this.#topology, this.#burst.payload(i));
    if (this.#topology.stages[stage] === 'atomic' && --this.#mine[at]! === 0) {
      Atomics.store(board.locks, at, 0);
    }
    this.#burst.setQueueId(i, stage + 1);
  }

  /** The lock of a flow is free, or held by this hand, or by one that is gone. */
  #lock(stage: number, payload: number): void {
    const { board, hire } = this.#hand;
    const at = stage * this.#topology.flows + flowOf(this.#topology, payload);
    if (this.#mine[at]!++ > 0) return;
    const holder = Atomics.exchange(board.locks, at, hire);
    if (holder !== 0 && !this.#isGone(holder)) tell(board, TALLY.SHARED);
  }

  /** The first arrival of a payload: it comes after those that were sent before it. */
  #arrive(payload: number): void {
    const { board } = this.#hand;
    const producer = Math.floor(payload / PAYLOADS);
    const flow = this.#order === 'flow' ? flowOf(this.#topology, payload) : 0;
    const at = producer * this.#topology.flows + flow;
    if (this.#order !== 'none' && payload < board.last[at]!) tell(board, TALLY.OVERTAKEN);
    board.last[at] = payload + 1;
  }

  #isGone(hire: number): boolean {
    return Atomics.load(this.#hand.board.gone, hire) !== 0;
  }
}
