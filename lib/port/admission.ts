/**
 * What NEW events must pass: the threshold, then credits.
 *
 * Runs on: the port's thread. Writes its refusal counters and its wish.
 */
import { REFUSAL } from '../eventdev/event.js';
import { takeCredits } from '../credit/credit-word.js';
import type { PortAttachment } from '../memory/attachment.js';
import { creditCount, creditTag } from '../memory/domain-state.js';
import { HEADER, PORT, WISH_MASK, WISH_OVER } from '../memory/layout.js';
import { count } from '../memory/wide-counter.js';
import { observe, publish, swap } from '#words';
import { MODE } from './port-gate.js';

/** More than a burst ever holds; a small integer. */
const NO_LIMIT = 0x3fff_ffff;

export class Admission {
  /** Why the last `admit` gave less than wanted. */
  refusal: number = REFUSAL.NONE;
  /** The refusal left a wish that the scheduler has not been told of. */
  wishes = false;
  /** The most NEW events that can ever be accepted at once. */
  readonly most: number;
  readonly #words: Int32Array;
  readonly #at: number;
  readonly #threshold: number;
  #tag = 0;
  /** How often credits were asked for, above WISH_MASK. */
  #asked = 0;
  /** The wish that stands was left by a wait, and ends with it. */
  #isOfWait = false;
  /** NEW events accepted, free-running: the private copy of NEW_COUNT. */
  #accepted: number;
  readonly #near: boolean;

  constructor(words: Int32Array, portAt: number, attachment: PortAttachment, near = false) {
    this.#near = near;
    this.#words = words;
    this.#at = portAt;
    // All credits together are eventsLimit: a threshold as high can never be the tighter rule.
    const { newEventThreshold, shape } = attachment;
    this.#threshold = newEventThreshold < shape.eventsLimit ? newEventThreshold : 0;
    this.most = Math.min(newEventThreshold, shape.eventsLimit);
    this.#accepted = observe(words, portAt + PORT.NEW_COUNT);
  }

  beginLease(lease: number): void {
    this.#tag = creditTag(lease);
    this.#words[this.#at + PORT.WISH] = 0;
    this.#isOfWait = false;
  }

  /** Whether `wanted` NEW events would be accepted now. Observes. */
  accepts(wanted: number): boolean {
    return this.room() >= wanted && this.#credits() >= wanted;
  }

  /**
   * Room below the threshold. Observes. What this port has published and the scheduler has not taken in
   * counts as well; what others have in their rings does not, so ports together may overshoot.
   */
  room(): number {
    if (this.#threshold === 0) return NO_LIMIT;
    // T1 ← T2 (scheduler): IN_DOMAIN was published before TAKEN_NEW, so a new TAKEN_NEW never
    // meets an old count: the sum is too high for a moment, never too low.
    const taken = observe(this.#words, this.#at + PORT.TAKEN_NEW);
    const inside = observe(this.#words, HEADER.IN_DOMAIN) + ((this.#accepted - taken) | 0);
    const room = this.#threshold - inside;
    return room > 0 ? room : 0;
  }

  /** For a wait: leaves a wish to have `wanted` credits, unless one for as many stands, or, with 0, withdraws that of a
   *  wait. True when the scheduler has to be told. */
  wish(wanted: number): boolean {
    // C6 → C5 (credits.ts#endWish): what the wait seeks was published before.
    const word = observe(this.#words, this.#at + PORT.WISH);
    if (wanted === 0) {
      if (this.#isOfWait && word !== 0) publish(this.#words, this.#at + PORT.WISH, 0);
      this.#isOfWait = false;
      return false;
    }
    if (word > 0 && (word & WISH_MASK) >= wanted) return false;
    this.#leaveWish(wanted);
    this.#isOfWait = true;
    return true;
  }

  /** Takes credits for up to `wanted` NEW events; returns for how many. */
  admit(wanted: number, mode: number): number {
    this.refusal = REFUSAL.NONE;
    this.wishes = false;
    if (wanted === 0) return 0;
    if (mode !== MODE.FLOWING) {
      if (mode === MODE.HELD) this.#refuse(REFUSAL.PORT_DISABLED, PORT.REFUSED_DISABLED);
      else this.refuseNotStarted();
      return 0;
    }
    const below = this.#threshold === 0 ? wanted : this.room();
    const room = below < wanted ? below : wanted;
    const at = this.#at + PORT.CREDIT;
    const taken = room > 0 ? takeCredits(this.#words, at, this.#tag, room, this.#near) : 0;
    if (taken < room) this.#refuseForCredit(wanted - taken, taken);
    else if (this.#words[this.#at + PORT.WISH] !== 0) this.#words[this.#at + PORT.WISH] = 0;
    if (taken === room && room < wanted) this.#refuse(REFUSAL.THRESHOLD, PORT.REFUSED_THRESHOLD);
    return taken;
  }

  /** Counts events as accepted; to be called before they are published. */
  countNew(events: number): void {
    this.#accepted = (this.#accepted + events) | 0;
    this.#words[this.#at + PORT.NEW_COUNT] = this.#accepted;
  }

  refuseNotStarted(): void {
    this.#refuse(REFUSAL.NOT_STARTED, PORT.REFUSED_NOT_STARTED);
  }

  countRingFull(): void {
    count(this.#words, this.#at + PORT.REFUSED_RING_FULL, 1);
  }

  /** Credits of this lease. Observes. */
  #credits(): number {
    const word = observe(this.#words, this.#at + PORT.CREDIT);
    const own = word - this.#tag;
    // Of another lease they are nobody's here.
    return own === creditCount(word) ? own : 0;
  }

  /**
   * The scheduler has to be told of a wish, unless one stands: it serves that, or marks it as over. So who is
   * refused again and again rings once, and a thread that retries in a loop does not keep the
   * scheduler from its work. The count in the word shows that it is still asking.
   */
  #refuseForCredit(short: number, taken: number): void {
    const before = this.#leaveWish(short);
    this.#isOfWait = false;
    this.wishes = taken > 0 || before <= 0;
    this.#refuse(REFUSAL.CREDIT, PORT.REFUSED_CREDIT);
  }

  /** Leaves a wish to have `wanted` credits. Returns the word before: 0, or negative when that wish was over. */
  #leaveWish(wanted: number): number {
    this.#asked = (this.#asked + WISH_MASK + 1) & ~(WISH_MASK | WISH_OVER);
    // C3 → C4 (credits.ts#noteWish): published before the port rings. C7 → C8 (credits.ts#endWish): either the mark is
    // found here, or the wish has changed when it is to be made.
    return swap(this.#words, this.#at + PORT.WISH, this.#asked | (wanted & WISH_MASK));
  }

  #refuse(reason: number, counter: number): void {
    this.refusal = reason;
    count(this.#words, this.#at + counter, 1);
  }
}
