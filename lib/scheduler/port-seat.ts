/**
 * A port as the scheduler holds it.
 *
 * Runs on: the scheduler. What its thread may write in domain memory is never read back as truth.
 */
import type { DomainPlan } from '../eventdev/commands.js';
import type { PortLayout } from '../memory/layout.js';
import type { Slot } from './slots.js';
import { Names } from './names.js';
import { RingConsumer } from '../ring/consumer.js';
import { RingProducer } from '../ring/producer.js';

/** More than a port ever holds, or a queue has out; a small integer. */
export const NO_LIMIT = 0x3fff_ffff;
/** What the watchdog's last look has found in a CQ. */
export const WATCHED = { EMPTY: 0, WAITING: 1, TOLD: 2 } as const;
/** Longer ago than any pass that is compared with. */
const NEVER = 1 << 20;

/** A port as the scheduler sees it. */
export class PortSeat {
  readonly id: number;
  /** The port's block in domain memory. */
  readonly at: number;
  readonly enqueue: RingConsumer;
  readonly cq: RingProducer;
  readonly adaptive: boolean;
  /** The history list: where its ring begins, its free-running indices. Control sees them as of
   *  the last pass. */
  readonly history: number;
  /** Where scheduler memory has `historyTail` at once. */
  readonly givenAt: number;
  historyHead = 0;
  historyTail = 0;
  /** Completions name their event, so entries between head and tail may be completed: so many. */
  readonly independent: boolean;
  readonly names: Names | null;
  holes = 0;
  /** Most events that it may hold. */
  readonly historyDepth: number;
  /** The head as passes saw it last, and since when that event is the oldest that is held, by the time of the
   *  passes in milliseconds; 0: not known. */
  headSeen = 0;
  oldestSince = 0;
  /** Events delivered from the queue being served. */
  served = 0;
  /** CQ depth in use. */
  depth: number;
  /** For an adaptive depth: events up to an index were held at a time, and since another they have been
   *  completed; see cq-room.ts. */
  markOpen = false;
  markMoves = false;
  markHead = 0;
  markTail = 0;
  markedAt = 0;
  /** It had no room, and it had taken all that it was given, since then. */
  wasFull = false;
  ranDry = false;
  /** Free CQ places that may be filled now. */
  room = 0;
  /** CQ entries before this index are void. */
  cqStart: number;
  /** False once its owner has left, until the next one attaches; a dead port is given nothing. */
  live = true;
  disabled = false;
  /** Control has disabled it for the time being. */
  held = false;
  /** A link is being taken away: nothing comes until it holds nothing. */
  stalled = false;
  /** Where links are strict, else none. */
  slots: Slot[] = [];
  /** Faults made since a time, and whether those were too many: see faults.ts. */
  faults = 0;
  faultsFrom = 0;
  isCut = false;
  /** It may have credits while they are withheld from others. */
  isLent = false;
  /** Its share of the credits went to others before anybody had it. */
  lacksShare = false;
  /** What the watchdog has found in its CQ: see watchdog.ts. */
  watched: number = WATCHED.EMPTY;
  watchedHead = 0;
  watchedAt = 0;
  /** The YIELD request answered last, and the link profile that it serves. */
  yielded = 0;
  profile = 0;
  /** Different priorities among its links. */
  tiers = 0;
  /** Its owner has left, and its ring is still being taken in. */
  leaving = false;
  /** NEWS as it was heard last; what it tells of is looked at again whatever it says. */
  news = 0;
  mustHear = true;
  /** The generation that may use the port, and the one that detached last. */
  generation = 1;
  detached = 0;
  lease = 1;
  /** Credits granted, not revoked and not seen as NEW. */
  unspent = 0;
  /** Credits that the port wants and has not been granted. */
  wish = 0;
  /** The WISH word seen last, the pass in which its thread left it, and whether it asks now. */
  wishWord = 0;
  askedAt = -NEVER;
  asks = false;
  /** It is among the `wishers`. */
  wishes = false;
  /** The pass in which the wish was first seen: older wishes go first. */
  wishedAt = 0;
  /** The pass in which it was looked at last. */
  servedAt = -NEVER;
  /** The pass in which a wish was granted, in part at least: it may be taken back later only. */
  grantedAt = -NEVER;
  /** Its word was swapped empty in this pass: what it has left is on its way in its ring. */
  emptiedAt = -NEVER;
  /** The last pass that took in NEW events; in `spenders` while that is not long ago. */
  spentAt = 0;
  spending = false;
  /** FRAGMENT and FORWARD events counted that its thread did not even send, free-running. */
  pieces = 0;
  lost = 0;
  /** NEW events taken in, free-running. */
  takenNew = 0;
  /** What ports see of it, for thresholds. */
  publishedNew = 0;
  /** Its NEW events are refused while so many events are inside; 0: by their credits alone. */
  readonly threshold: number;
  /** Its ring was not taken in to the end. */
  more = false;

  /** Its owner is the thread of the scheduler. */
  near = false;

  setNear(near: boolean): void {
    if (near === this.near) return;
    this.near = near;
    this.enqueue.near = near;
    this.cq.near = near;
  }

  /** Whether it may be given events and credits. */
  get takesPart(): boolean {
    return this.live && !this.disabled && !this.held;
  }

  /** Whether it may be given events, if it has room. */
  get receives(): boolean {
    return this.takesPart && !this.stalled;
  }

  /** What a port that holds nothing may be given. */
  get firstRoom(): number {
    return this.depth < this.historyDepth ? this.depth : this.historyDepth;
  }

  constructor(
    id: number,
    words: Int32Array,
    layout: PortLayout,
    { capacity, eventsLimit, ports }: DomainPlan,
    history: number,
    givenAt: number,
  ) {
    const plan = ports[id]!;
    this.id = id;
    this.history = history;
    this.givenAt = givenAt;
    this.at = layout.at;
    this.enqueue = new RingConsumer(words, layout.enqueue);
    this.cq = new RingProducer(words, layout.cq);
    this.cqStart = this.cq.tail;
    this.depth = plan.depth;
    this.historyDepth = plan.historyDepth === 0 ? NO_LIMIT : plan.historyDepth;
    this.room = this.firstRoom;
    this.adaptive = plan.adaptive;
    this.independent = plan.independent;
    this.threshold = plan.newEventThreshold < eventsLimit ? plan.newEventThreshold : 0;
    this.names = plan.independent ? new Names(plan.names, capacity) : null;
  }
}
