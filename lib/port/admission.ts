/**
 * What NEW events must pass: the threshold, then credits.
 *
 * Runs on: the port's thread. Writes its refusal counters and its wish.
 */
import { REFUSAL } from '../eventdev/event.js';
import { takeCredits } from '../credit/credit-word.js';
import type { PortAttachment } from '../memory/attachment.js';
import { creditTag } from '../memory/domain-state.js';
import { HEADER, PORT, WISH_MASK } from '../memory/layout.js';
import { count } from '../memory/wide-counter.js';
import { observe, publish } from '#words';
import { MODE } from './port-gate.js';

export class Admission {
  /** Why the last `admit` gave less than wanted. */
  refusal: number = REFUSAL.NONE;
  /** The refusal left a wish that the scheduler has not been told of. */
  wishes = false;
  readonly #words: Int32Array;
  readonly #at: number;
  readonly #threshold: number;
  #tag = 0;
  /** How often credits were asked for, above WISH_MASK. */
  #asked = 0;
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
    this.#accepted = observe(words, portAt + PORT.NEW_COUNT);
  }

  beginLease(lease: number): void {
    this.#tag = creditTag(lease);
    this.#words[this.#at + PORT.WISH] = 0;
  }

  /** Whether `wanted` credits are there. Observes. */
  hasCredits(wanted: number): boolean {
    return observe(this.#words, this.#at + PORT.CREDIT) - this.#tag >= wanted;
  }

  /** Leaves a wish to have `wanted` credits; the scheduler has to be told. */
  wishFor(wanted: number): void {
    this.#asked = (this.#asked + WISH_MASK + 1) & ~WISH_MASK;
    // C3 → C4 (credits.ts#noteWish): published before the port rings.
    publish(this.#words, this.#at + PORT.WISH, this.#asked | (wanted & WISH_MASK));
  }

  /** Wishes for nothing any more. */
  giveUp(): void {
    publish(this.#words, this.#at + PORT.WISH, 0);
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
    const room = this.#threshold === 0 ? wanted : this.#belowThreshold(wanted);
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

  /**
   * Room below the threshold. What this port has published and the scheduler has not taken in
   * counts as well; what others have in their rings does not, so ports together may overshoot.
   */
  #belowThreshold(wanted: number): number {
    // T1 ← T2 (scheduler): IN_DOMAIN was published before TAKEN_NEW, so a new TAKEN_NEW never
    // meets an old count: the sum is too high for a moment, never too low.
    const taken = observe(this.#words, this.#at + PORT.TAKEN_NEW);
    const inside = observe(this.#words, HEADER.IN_DOMAIN) + ((this.#accepted - taken) | 0);
    const room = this.#threshold - inside;
    return room >= wanted ? wanted : room > 0 ? room : 0;
  }

  #refuseForCredit(short: number, taken: number): void {
    this.wishes = this.#leaveWish(short, taken);
    this.#refuse(REFUSAL.CREDIT, PORT.REFUSED_CREDIT);
  }

  /**
   * True when the scheduler has to be told. It remembers a wish until it has granted it, so who is
   * refused again and again rings once, and a thread that retries in a loop does not keep the
   * scheduler from its work. The count in the word shows that it is still asking.
   */
  #leaveWish(short: number, taken: number): boolean {
    const told = taken === 0 && this.#words[this.#at + PORT.WISH] !== 0;
    this.wishFor(short);
    return !told;
  }

  #refuse(reason: number, counter: number): void {
    this.refusal = reason;
    count(this.#words, this.#at + counter, 1);
  }
}
