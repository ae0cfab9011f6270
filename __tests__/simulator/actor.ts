/** The thread on one port: does what the operations say, and checks each answer. */
import { OP, OPAQUE_MASK, QE_WORDS, REFUSAL, RESERVED_SHIFT } from '../../lib/eventdev/event.js';
import { DlbError } from '../../lib/eventdev/errors.js';
import { EventBurst } from '../../lib/eventdev/event-burst.js';
import { PORT } from '../../lib/memory/layout.js';
import { attachPort } from '../../lib/port/index.js';
import { expectEnqueue } from './expectation.js';
import type { Expected, PlannedEvent } from './expectation.js';
import { isDisturbed, Thread } from './thread.js';
import type { Interruption } from './thread.js';
import { AT, nameOf, track } from './tracked.js';
import { check, Violation } from './violation.js';
import { withMortalViews } from './words.js';

/** One event of a burst to be enqueued. */
export interface Wanted {
  readonly op: number;
  /** A FRAGMENT that renews. */
  readonly isRenewal: boolean;
  readonly queue: number;
  readonly flow: number;
  readonly priority: number;
  readonly schedType: number;
  /** Its implOpaque is that of the event it completes. */
  readonly inOrder: boolean;
  /** Which of the open events it names, if its port may choose. */
  readonly choice: number;
  /** Payload, or a mark of its own. */
  readonly low: number | null;
}

const BURST = 64;
/** All reserved bits, and those but that of a renewal. */
const ANY_RESERVED = 0b1111;
const NO_RENEWAL = 0b1011;

export class Actor extends Thread {
  wasRefusedCredit = false;
  /** What the last dequeue returned, for `working`. */
  lastBurst = 0;
  readonly #burst = new EventBurst(BURST);

  attach(mortal: boolean, interruption: Interruption | null): void {
    const attachment = this.of.domain.attachment(this.id);
    this.mortal = mortal;
    const build = (): void => {
      try {
        this.port = attachPort(attachment);
      } catch (error) {
        // It may be reclaimed while it is attached: then it was not.
        if (!isDisturbed(interruption) || !(error instanceof DlbError)) throw error;
      }
    };
    this.seen.hands.length = 0;
    const done = this.run(interruption, mortal ? () => withMortalViews(build) : build);
    if (done && this.port !== null) this.generation = this.seen.word(PORT.GENERATION);
  }

  enqueue(wanted: readonly Wanted[], interruption: Interruption | null): void {
    const { seen, of } = this;
    const planned = this.#plan(wanted);
    const burst = this.#fill(wanted, planned);
    const expected = expectEnqueue(of, seen, this.mode, planned);
    const misordered = seen.word(PORT.MISORDERED);
    const lease = seen.word(PORT.LEASE);
    seen.transcript = '';
    let accepted = 0;
    if (!this.run(interruption, () => (accepted = this.port!.enqueueBurst(burst)))) return;
    const undisturbed = !isDisturbed(interruption);
    const hasPieces = wanted.some(({ op }) => op === OP.FRAGMENT);
    if (!undisturbed && hasPieces) seen.forgetPieces();
    const foreseen = undisturbed && !(hasPieces && Number.isNaN(seen.piecesSent));
    if (foreseen) this.#checkEnqueue(expected, accepted, misordered);
    else this.#checkAccepted(wanted, accepted, lease);
    this.checkOutstanding();
  }

  /** Each FORWARD and RELEASE in order, or of an independent port any that is open; but one that hoards keeps
   *  its oldest. */
  #plan(wanted: readonly Wanted[]): PlannedEvent[] {
    const open = this.seen.hands.map((event) => event.opaque);
    return wanted.map(({ op, isRenewal, inOrder, choice }) => {
      const kept = this.seen.shape.hoards && open.length > 1 ? 1 : 0;
      const at = this.seen.shape.independent
        ? kept + (choice % Math.max(1, open.length - kept))
        : 0;
      const named = open[at] ?? 0;
      if (op === OP.FORWARD || op === OP.RELEASE) open.splice(at, 1);
      return {
        op,
        isRenewal,
        inOrder,
        opaque: inOrder ? named : (named + 1 + (choice % OPAQUE_MASK)) & OPAQUE_MASK,
      };
    });
  }

  #fill(wanted: readonly Wanted[], planned: readonly PlannedEvent[]): EventBurst {
    const burst = this.#burst.clear();
    for (const [i, each] of wanted.entries()) {
      const id = this.world.nextId++;
      burst.push({
        flowId: each.flow,
        eventType: id & 0xf,
        subEventType: id & 0xff,
        op: each.op,
        schedType: each.schedType,
        queueId: each.queue,
        priority: each.priority,
        implOpaque: planned[i]!.opaque,
        payload: each.low ?? (id * 7) | 0x8000_0000,
        payloadHigh: id,
      });
      // Some that a delivery has set, and others.
      const reserved = id & (each.op === OP.FRAGMENT ? NO_RENEWAL : ANY_RESERVED);
      burst.words[i * QE_WORDS + 1]! |= reserved << RESERVED_SHIFT;
      if (each.isRenewal) burst.setRenewal(i);
      if (each.op !== OP.RELEASE) this.follow(track(burst, i, id, this.id, each.isRenewal));
    }
    return burst;
  }

  #checkEnqueue(expected: Expected, accepted: number, misordered: number): void {
    const { seen } = this;
    const refusal = this.ask((port) => port.refusal);
    const answer = `accepted ${accepted}, refusal ${refusal}, ring ${seen.transcript}`;
    const due = `accepted ${expected.accepted}, refusal ${expected.refusal}, ring ${expected.transcript}`;
    check(answer === due, 'enqueue', () => `port ${this.id}: ${answer}, not ${due}`);
    const counted = seen.word(PORT.MISORDERED) - misordered;
    check(counted === expected.misordered, 'C9', () => {
      return `port ${this.id}: ${counted} misordered, not ${expected.misordered}`;
    });
    seen.misordered += counted;
    this.wasRefusedCredit = refusal === REFUSAL.CREDIT;
    if (!expected.isCounted) return;
    if (refusal === REFUSAL.CREDIT) seen.refused.credit++;
    if (refusal === REFUSAL.THRESHOLD) seen.refused.threshold++;
    if (refusal === REFUSAL.RING_FULL) seen.refused.ringFull++;
  }

  /** What was accepted is on the ring, whatever happened in between. */
  #checkAccepted(wanted: readonly Wanted[], accepted: number, lease: number): void {
    const { seen } = this;
    // Pieces and forwards that nobody would take are counted only.
    if (seen.shape.independent || wanted.some(({ op }) => op === OP.FRAGMENT)) return;
    const carried = wanted.slice(0, accepted).filter(({ op }) => op !== OP.RELEASE).length;
    const published = seen.transcript.replaceAll('R', '').length;
    check(published === carried, 'C1', () => {
      const answered = `answered that ${carried} events were accepted`;
      return `port ${this.id} ${answered}, ${published} are on its ring (lease was ${lease})`;
    });
  }

  dequeue(max: number, waitMs: number, interruption: Interruption | null): number {
    const { seen } = this;
    const burst = this.#burst;
    const lease = seen.word(PORT.LEASE);
    const flows = this.mode === 'flowing';
    const due = flows && !seen.isYielding ? Math.min(max, BURST, seen.undelivered) : 0;
    let count = 0;
    if (!this.run(interruption, () => (count = this.port!.dequeueBurst(burst, max, waitMs))))
      return 0;
    const undisturbed = !isDisturbed(interruption) && waitMs === 0;
    check(count === burst.length, 'dequeue', () => `port ${this.id}: ${count}, not its length`);
    if (undisturbed) {
      check(count === due, 'C10', () => `port ${this.id} dequeued ${count}, ${due} were there`);
      if (seen.shape.implicit && ['flowing', 'held', 'draining'].includes(this.mode)) {
        check(seen.hands.length === 0, 'C9', () => `port ${this.id}: no implicit release`);
      }
    }
    const sameLease = lease === seen.word(PORT.LEASE);
    for (let i = 0; i < count; i++) this.#receive(burst, i, sameLease);
    this.lastBurst = count;
    this.checkOutstanding();
    return count;
  }

  /** The dequeued event is the next that the port was given. */
  #receive(burst: EventBurst, i: number, sameLease: boolean): void {
    const { seen } = this;
    const id = burst.payloadHigh(i);
    const event = this.of.oracle.events.get(id);
    const isHeld = event !== undefined && event.at === AT.HELD && event.holder === this.id;
    if (!isHeld) {
      // A stop or reclaim came in between; the port forgets it in its next call.
      if (!sameLease) return;
      throw new Violation('C1', `port ${this.id} dequeued #${id}, which it does not hold`);
    }
    const before = seen.hands.at(-1);
    const distance = before === undefined ? 1 : (event.index - before.index) | 0;
    const follows = seen.shape.independent ? distance > 0 : distance === 1;
    check(follows, 'C9', () => `port ${this.id} dequeued ${nameOf(event)} after event ${i - 1}`);
    check(burst.queueId(i) === event.queue, 'C1', () => `${nameOf(event)} was changed`);
    seen.hands.push(event);
  }

  release(count: number, interruption: Interruption | null): void {
    const { seen } = this;
    const { mode } = this;
    const mayComplete = ['flowing', 'held', 'draining'].includes(mode);
    const due = mayComplete ? Math.min(count, seen.hands.length) : 0;
    seen.transcript = '';
    let released = 0;
    if (!this.run(interruption, () => (released = this.port!.release(count)))) return;
    if (!isDisturbed(interruption)) {
      check(released === due, 'C9', () => `port ${this.id} released ${released}, not ${due}`);
    }
    const published = seen.transcript.length;
    check(released === published, 'C1', () => {
      return `port ${this.id} released ${released}, ${published} are on its ring`;
    });
    this.checkOutstanding();
  }

  /** Serves another link profile; what it has not dequeued goes back. */
  switchProfile(profile: number, interruption: Interruption | null = null): void {
    if (this.port === null) return;
    const may = this.mode !== 'disabled';
    const done = this.attempt(interruption, (port) => port.switchProfile(profile));
    if (done === null || isDisturbed(interruption)) return;
    check(done === may, 'profile', () => `port ${this.id} switches its profile: ${done}`);
  }

  /** Takes and releases all that it can get. */
  quiesce(interruption: Interruption | null): void {
    const { seen } = this;
    const lease = seen.word(PORT.LEASE);
    const due = this.mode === 'flowing' && !seen.isYielding ? seen.undelivered : 0;
    const take = (burst: EventBurst): void => {
      const sameLease = lease === seen.word(PORT.LEASE);
      for (let i = 0; i < burst.length; i++) this.#receive(burst, i, sameLease);
    };
    let taken = 0;
    if (!this.run(interruption, () => (taken = this.port!.quiesce(take)))) return;
    if (!isDisturbed(interruption)) {
      check(taken === due, 'C10', () => `port ${this.id} took ${taken}, ${due} were there`);
    }
    this.checkOutstanding();
  }

  detach(interruption: Interruption | null): void {
    const { port } = this;
    this.seen.hands.length = 0;
    const done = this.run(interruption, () => {
      port!.detach();
      this.port = null;
    });
    if (!done) return;
    this.seen.settled = false;
    this.world.log(() => '  … detached');
    const state = this.ask(() => port!.state);
    check(state === 'detached', 'state', () => `port ${this.id} is ${state}`);
  }

  working(i: number): void {
    if (this.lastBurst === 0) return;
    this.run(null, () => this.port!.working(i % this.lastBurst));
  }
}
