/**
 * What contracts C1 to C12 promise about one domain, as a plain model: arrays and maps, no rings, no
 * tables, no credits of its own.
 *
 * It is no second scheduler: it does not say which port gets an event, only what must be true of
 * whichever does. It follows the wires: what ports publish on their rings, what the scheduler has
 * taken in, and what it puts into CQs.
 */
import { ATTEMPTS_MASK, ATTEMPTS_SHIFT, OP, OPAQUE_SHIFT } from '../../lib/eventdev/event.js';
import { OP_MASK, QE_WORDS } from '../../lib/eventdev/event.js';
import { leaseNumber, PROFILE_MASK } from '../../lib/memory/domain-state.js';
import { PORT, SUSPECT_MASK } from '../../lib/memory/layout.js';
import type { Machine } from '../../lib/scheduler/machine.js';
import { Intake } from './oracle-intake.js';
import { checkContent } from './oracle-port.js';
import type { OraclePort, PortShape } from './oracle-port.js';
import type { QueueShape } from './oracle-queue.js';
import { AT, nameOf } from './tracked.js';
import type { Tracked } from './tracked.js';
import { check } from './violation.js';

const INSIDE = new Set<number>([AT.WAITING, AT.HELD, AT.PIECE]);

export class Oracle extends Intake {
  tx = 0;
  /** Deliveries of the last pass. */
  readonly delivered: Tracked[] = [];
  readonly #words: Int32Array;

  constructor(machine: Machine, queues: readonly QueueShape[], ports: readonly PortShape[]) {
    super(machine, queues, ports);
    this.#words = machine.words;
  }

  /** After a pass: what was taken in, who left, what was delivered. */
  afterPass(): void {
    this.begin();
    for (const port of this.ports) {
      this.countUnsent(port);
      this.takeIn(port, port.takenSlots());
      if (leaseNumber(port.word(PORT.LEASE)) !== port.lease) this.#lost(port);
      this.#watchYield(port);
    }
    this.delivered.length = 0;
    for (const port of this.ports) this.#watchCq(port);
    for (const event of this.delivered) this.#arrive(event);
  }

  /** The port was taken from its owner: what it holds waits again, in order. Returns how many. */
  #lost(port: OraclePort): number {
    const count = port.held.length;
    for (const event of port.held.splice(0).toReversed()) {
      const queue = this.queues[event.queue]!;
      // But not those in its place.
      for (const piece of event.pieces.splice(0)) {
        queue.dropped++;
        this.inside--;
        this.over(piece);
      }
      event.at = AT.WAITING;
      queue.putBack(event, port.id);
    }
    port.endLease();
    return count;
  }

  /** The port asked to give back what it had not dequeued: that waits again, in order. */
  #watchYield(port: OraclePort): void {
    const answered = port.word(PORT.YIELD_ACK);
    if (answered === port.yielded) return;
    port.yielded = answered;
    port.profile = answered & PROFILE_MASK;
    this.useLinks(port);
    const head = port.cqHead;
    const kept = port.held.filter((event) => ((event.index - head) | 0) < 0);
    const back = port.held.splice(kept.length);
    check(
      back.every((event) => ((event.index - head) | 0) >= 0),
      'C9',
      () => `port ${port.id} gives back what it dequeued`,
    );
    for (const event of back.toReversed()) {
      event.at = AT.WAITING;
      this.queues[event.queue]!.putBack(event, port.id);
    }
    port.cqTail = (port.cqTail - back.length) | 0;
  }

  /** The links of the profile that the port serves. */
  useLinks(port: OraclePort): void {
    for (const queue of this.queues) {
      queue.links[port.id] = queue.profiles[port.profile]!.get(port.id) ?? -1;
    }
  }

  #watchCq(port: OraclePort): void {
    const { slots, mask } = this.machine.layout.ports[port.id]!.cq;
    const tail = port.word(PORT.CQ_TAIL);
    for (; port.cqTail !== tail; port.cqTail = (port.cqTail + 1) | 0) {
      const at = slots + (port.cqTail & mask) * QE_WORDS;
      const id = this.#words[at + 3]!;
      const event = this.events.get(id);
      check(event !== undefined, 'C1', () => `port ${port.id} is given #${id}, which is over`);
      check(event!.at === AT.WAITING, 'C1', () => {
        return `port ${port.id} is given ${nameOf(event!)}, state ${event!.at}`;
      });
      checkContent(this.#words, at, event!, `in the CQ of port ${port.id}`);
      const word1 = this.#words[at + 1]!;
      const attempts = (word1 >>> ATTEMPTS_SHIFT) & ATTEMPTS_MASK;
      check((word1 & OP_MASK) === OP.FORWARD, 'C1', () => `${nameOf(event!)} has op ${word1 & 3}`);
      check(attempts === event!.attempts, 'attempts', () => {
        return `${nameOf(event!)} has ${attempts} attempts, not ${event!.attempts}`;
      });
      event!.at = AT.HELD;
      event!.deliveredIn = this.batch;
      event!.holder = port.id;
      event!.index = port.cqTail;
      event!.opaque = word1 >>> OPAQUE_SHIFT;
      this.delivered.push(event!);
    }
    const { undelivered } = port;
    const { independent, historyDepth } = port.shape;
    const most = Math.min(independent ? 256 : Infinity, historyDepth);
    check(port.held.length <= most, 'C9', () => `port ${port.id} holds ${port.held.length}`);
    check(undelivered <= port.shape.depth, 'C8', () => `port ${port.id}: ${undelivered} in its CQ`);
  }

  #arrive(event: Tracked): void {
    const port = this.ports[event.holder]!;
    const queue = this.queues[event.queue]!;
    check(queue.links[port.id]! >= 0, 'links', () => {
      return `${nameOf(event)} went to port ${port.id}, which is not linked`;
    });
    check(!this.isVacant(port), 'C1', () => {
      return `${nameOf(event)} went to port ${port.id}, which has no owner`;
    });
    queue.remove(event, this.batch, !event.wasGiven);
    event.wasGiven = true;
    queue.hold(event, port.id);
    if (event.parent !== null) this.queues[event.parent.queue]!.checkOrder(event);
    if (event.lane === 'ordered' && event.left === null) {
      const { batch } = this;
      const { byFlow } = queue.shape;
      event.left = { queue: queue.id, byFlow, batch, port: port.id, index: event.index, event };
      queue.leave(event);
    }
    port.held.push(event);
    port.tx++;
    this.tx++;
  }

  /** The scheduler has taken leave of its owner, and the next one has not come. */
  isVacant(port: OraclePort): boolean {
    const generation = port.word(PORT.GENERATION);
    return generation !== 0 && ((port.word(PORT.ACK_GENERATION) - generation) | 0) > 0;
  }

  /** The port was reclaimed: returns how many events were to be scheduled again. */
  reclaimed(port: OraclePort): number {
    this.begin();
    this.takeIn(port, port.ring.length);
    this.#blame(port);
    const count = this.#lost(port);
    port.resync();
    return count;
  }

  /** The event in hand is the suspect, or all that it held are. */
  #blame(port: OraclePort): void {
    const suspect = port.word(PORT.WORKING) - 1;
    const named = port.held.filter((event) => (event.index & SUSPECT_MASK) === suspect);
    for (const event of named.length > 0 ? named : port.held) {
      event.attempts = Math.min(event.attempts + 1, ATTEMPTS_MASK);
    }
  }

  /** C12: everything inside was flushed, exactly once; `words` are four per event. */
  stopped(words: Int32Array): void {
    this.begin(words);
    for (const port of this.ports) {
      this.countUnsent(port);
      this.takeIn(port, port.ring.length);
      // Its owner had left before.
      if (port.word(PORT.ACK_GENERATION) !== port.acknowledged) this.#lost(port);
      this.#watchYield(port);
    }
    check(words.length === this.inside * QE_WORDS, 'C12', () => {
      return `${words.length / QE_WORDS} events were flushed, ${this.inside} were inside`;
    });
    for (let at = 0; at < words.length; at += QE_WORDS) {
      const event = this.events.get(words[at + 3]!);
      const isInside = event !== undefined && INSIDE.has(event.at);
      check(isInside, 'C12', () => `#${words[at + 3]} was flushed and is not inside`);
      checkContent(words, at, event!, 'by the flush');
      this.over(event!);
    }
    this.inside = 0;
    for (const port of this.ports) {
      port.held.length = 0;
      port.resync();
    }
    for (const queue of this.queues) queue.clear();
  }
}
