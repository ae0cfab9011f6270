/**
 * A thread's access point: enqueue, dequeue, release, wait.
 *
 * Runs on:   the one thread that attached it.
 * Writes:    its enqueue ring and the lines that the layout gives to the port.
 * Never throws and never allocates per event; calls Atomics per burst.
 * Rules:     DPDK `rte_event_enqueue_burst`, `rte_event_dequeue_burst`; where ours differ is said
 *            in README.md. Ordering: lib/ring/README.md.
 */
import { QE_WORDS, REFUSAL } from '../eventdev/event.js';
import { EventBurst } from '../eventdev/event-burst.js';
import { PROFILES_MAX } from '../eventdev/limits.js';
import type { PortState } from '../eventdev/spec.js';
import { ringDoorbell } from '../idle/doorbell.js';
import { Waiter } from '../idle/waiter.js';
import type { DomainView, PortAttachment } from '../memory/attachment.js';
import { leaseNumber } from '../memory/domain-state.js';
import { PORT, SUSPECT_MASK } from '../memory/layout.js';
import { BufferPool } from '../mempool/index.js';
import { RingConsumer } from '../ring/consumer.js';
import { observe, publish, swapIf } from '#words';
import { clamp } from './clamp.js';
import { copyOut } from './copy-out.js';
import { EnqueueSide, FENCED } from './enqueue-side.js';
import { leaveNews } from './news.js';
import { MODE, PortGate } from './port-gate.js';
import { ReadyWaits } from './ready.js';
import type { ReadyOptions } from './ready.js';
import { Seeking } from './seeking.js';
import { Yielding } from './yielding.js';

/** Events per call of the callback of `quiesce`. */
const QUIESCE_BURST = 256;

/** Each fence comes with a stop, a start or a reclaim: what meets more in one call meets nonsense. */
const FENCES_MAX = 16;

export class Port implements Disposable {
  readonly id: number;
  /** The domain's payload buffers, if its spec asked for them. */
  readonly buffers: BufferPool | undefined;
  readonly #words: Int32Array;
  readonly #bell: Int32Array;
  readonly #at: number;
  readonly #generation: number;
  /** What the OWNER word is while the port is ours. */
  readonly #owner: number;
  readonly #enqueueDepth: number;
  readonly #implicitRelease: boolean;
  readonly #near: boolean;
  readonly #gate: PortGate;
  readonly #out: EnqueueSide;
  readonly #cq: RingConsumer;
  readonly #waiter: Waiter;
  readonly #seeking: Seeking;
  readonly #waits: ReadyWaits;
  readonly #yielding: Yielding;
  #lease: number;
  #leases = 0;
  #refusal: number = REFUSAL.NONE;
  /** `changes` of the gate when the caller last had the chance to learn the state. */
  #told = 0;
  /** CQ index of the first event of the last burst. */
  #firstIndex = 0;

  /** Use `attachPort`, which takes the port for this thread first. `near`: this thread makes the passes. */
  constructor(
    attachment: PortAttachment,
    view: DomainView,
    owner: number,
    generation: number,
    near = false,
  ) {
    const { words, layout } = view;
    this.#near = near;
    const port = layout.ports[attachment.portId]!;
    this.id = attachment.portId;
    this.#words = words;
    this.#bell = new Int32Array(attachment.bell);
    this.#at = port.at;
    this.#generation = generation;
    this.#owner = owner;
    this.#enqueueDepth = attachment.enqueueDepth;
    this.#implicitRelease = attachment.implicitRelease;
    this.#gate = new PortGate(words, port.at, generation, near);
    this.#out = new EnqueueSide(words, port, attachment, near);
    this.#cq = new RingConsumer(words, port.cq, near);
    this.#waiter = new Waiter(words, port);
    const { admission } = this.#out;
    this.#seeking = new Seeking(admission, this.#waiter, () => this.#ring());
    const watched = {
      waiting: () => (this.#mayTake() ? this.#cq.available() : 0),
      accepts: (count: number) => this.#gate.mode === MODE.FLOWING && this.#seeking.look(count),
      over: () => !['configured', 'started'].includes(this.state),
      changed: () => this.#gate.changed(),
    };
    this.#waits = new ReadyWaits(this.#waiter, watched, this.#seeking, admission.most);
    this.#yielding = new Yielding(words, port.at);
    this.#told = this.#gate.changes;
    this.#lease = this.#gate.lease;
    this.#beginLease();
    this.buffers =
      layout.pool === null
        ? undefined
        : new BufferPool(attachment.memory, words, layout.pool, this.id, this);
  }

  get state(): PortState {
    this.#look();
    const { state } = this.#gate;
    this.#told = this.#gate.changes;
    return state;
  }

  /** Events dequeued, not yet forwarded or released. */
  get outstanding(): number {
    this.#mode();
    return this.#out.outstanding;
  }

  /** Grows when the port forgets what it held, at a stop or a recovery: a FORWARD of that would be NEW. */
  get leases(): number {
    return this.#leases;
  }

  /** REFUSAL.*: why the last enqueue was short. */
  get refusal(): number {
    return this.#refusal;
  }

  /**
   * Enqueues `burst[from .. from + count)`. Returns how many were accepted, from the front; when
   * short, `refusal` says why. Never blocks.
   */
  enqueueBurst(burst: EventBurst, from = 0, count = burst.length - from): number {
    const first = clamp(from, burst.length);
    const wanted = clamp(count, burst.length - first);
    const limit = wanted < this.#enqueueDepth ? wanted : this.#enqueueDepth;
    this.#refusal = REFUSAL.NONE;
    if (wanted === 0) return 0;
    for (let tries = 0; tries < FENCES_MAX; tries++) {
      const mode = this.#mode();
      if (mode > MODE.DRAINING) return this.#refuse(mode);
      const accepted = this.#out.enqueue(burst.words, first * QE_WORDS, limit, mode);
      if (accepted === FENCED) continue;
      this.#refusal = this.#out.admission.refusal;
      // Longer than a burst may be, or no slots for more pieces at the moment.
      if (accepted < wanted && this.#refusal === REFUSAL.NONE) {
        this.#refusal = REFUSAL.RING_FULL;
        this.#out.admission.countRingFull();
      }
      // What waits of other calls wish for was forgotten.
      if (accepted > 0 && this.#seeking.isPending) this.#seeking.ask();
      if (accepted > 0 || this.#out.admission.wishes) this.#ring();
      return accepted;
    }
    return this.#refuse(MODE.DISABLED);
  }

  /**
   * Fills `burst` from index 0; its length becomes the count returned. With implicit release, what
   * is outstanding is released first. When nothing waits, blocks this thread for up to `waitMs`;
   * returns 0 early when the state of port or domain changes, also if it changed since the last
   * look at `state`: a loop that looks before each call never sleeps through a stop.
   */
  dequeueBurst(burst: EventBurst, max = burst.capacity, waitMs = 0): number {
    burst.length = 0;
    const limit = clamp(max, burst.capacity);
    const owed = this.#implicitRelease ? this.#complete(this.#out.outstanding) : 0;
    const taken = this.#mode() === MODE.FLOWING ? this.#take(burst, limit) : 0;
    // One ring for both: the completions, and the space, for which events may be waiting.
    if (owed + taken > 0) this.#ring();
    // As of now: the take may have found that something has changed.
    const { mode } = this.#gate;
    if (taken > 0 || limit === 0 || !(waitMs > 0) || mode >= MODE.DISABLED) return taken;
    // The domain stopped since the caller looked: it shall find out before it sleeps.
    const isNews = mode !== MODE.FLOWING && this.#gate.changes !== this.#told;
    this.#told = this.#gate.changes;
    if (isNews) return 0;
    this.#waiter.block(this.#stirred, waitMs);
    const found = this.#mode() === MODE.FLOWING ? this.#take(burst, limit) : 0;
    if (found > 0) this.#ring();
    return found;
  }

  /**
   * As `dequeueBurst` without waiting, but leaves it to the port's next enqueue or release to tell the
   * scheduler: half the wake-ups for a thread that answers what it takes. Only for a port whose
   * `dequeueDepth` holds all that can be on its way to it: nothing waits for the space then.
   */
  takeBurst(burst: EventBurst, max = burst.capacity): number {
    burst.length = 0;
    if (this.#implicitRelease) this.#complete(this.#out.outstanding);
    return this.#mode() === MODE.FLOWING ? this.#take(burst, clamp(max, burst.capacity)) : 0;
  }

  /**
   * For threads that must not block. Resolves true when `depth` (default 1) events wait or one has
   * waited `withinMs` (default 10 when depth > 1); false when the domain is not started, the port
   * is detached or disabled, or `signal` is aborted. Keeps the event loop alive meanwhile.
   */
  ready(options: ReadyOptions = {}): Promise<boolean> {
    return this.#waits.until(options);
  }

  /**
   * Blocks this thread for up to `waitMs` until `count` NEW events would be accepted (at most as many as can ever be),
   * for credits and threshold alike, so that a producer that was refused need not spin. True when they would; false on a
   * time-out or when the state of port or domain changes. Not for a thread that holds events: others may need them done.
   */
  awaitCredits(count: number, waitMs: number): boolean {
    const { admission } = this.#out;
    const wanted = clamp(Math.ceil(count), admission.most);
    const deadline = performance.now() + waitMs;
    // Its predecessor is not gone yet: nothing is refused for good.
    if (this.#mode() === MODE.WAITING && this.#gate.state === 'started' && waitMs > 0) {
      this.#waiter.block(() => this.#gate.changed(), waitMs);
    }
    if (this.#mode() !== MODE.FLOWING) return false;
    if (admission.accepts(wanted)) return true;
    const left = deadline - performance.now();
    if (!(left > 0)) return false;
    this.#seeking.block(wanted, left, () => this.#gate.changed());
    return this.#mode() === MODE.FLOWING && admission.accepts(wanted);
  }

  /**
   * Serves the links of another profile from now on, see `domain.linkProfile`: the next events come from their queues
   * only. What lies in the CQ and was not dequeued goes back in front of its queues, so nothing comes until the
   * scheduler has passed. False, and nothing changes, if there is no such profile or the port is another's.
   */
  switchProfile(profile: number): boolean {
    const isProfile = Number.isInteger(profile) && profile >= 0 && profile < PROFILES_MAX;
    if (!isProfile || this.#look() >= MODE.DISABLED) return false;
    if (profile !== this.#yielding.profile) this.#giveBack(profile);
    return true;
  }

  /**
   * Takes everything that lies in the CQ, hands it to the callback burst by burst, and releases all that is
   * outstanding: for a port that was unlinked or is to end. Returns how many events it took.
   */
  quiesce(onEvents?: (events: EventBurst) => void): number {
    const burst = new EventBurst(QUIESCE_BURST);
    let sum = 0;
    try {
      while (this.#mode() === MODE.FLOWING && this.#take(burst, QUIESCE_BURST) > 0) {
        sum += burst.length;
        onEvents?.(burst);
      }
    } finally {
      this.#complete(this.#out.outstanding);
      this.#ring();
    }
    return sum;
  }

  /** Completes the `count` oldest events; clamped to what is outstanding. Returns how many. */
  release(count: number): number {
    const released = this.#complete(count);
    if (released > 0) this.#ring();
    return released;
  }

  /** Names the event in hand by its index in the last burst: the suspect if this thread dies. */
  working(i: number): void {
    if (this.#gate.mode >= MODE.DISABLED) return;
    this.#words[this.#at + PORT.WORKING] = ((this.#firstIndex + i) & SUSPECT_MASK) + 1;
  }

  /**
   * Gives back credits and rings; outstanding events are scheduled again. The object is of no use afterwards, the port
   * may be attached anew at once.
   */
  detach(): void {
    const mode = this.#look();
    this.#gate.detach();
    this.#leave(mode < MODE.DISABLED);
    this.#waits.nudge();
    this.#out.outstanding = 0;
    if (mode >= MODE.DISABLED) return;
    // O1 → O2 (scheduler, told by the doorbell): all our entries were published before this mark.
    publish(this.#words, this.#at + PORT.DETACHED, this.#generation);
    leaveNews(this.#words, this.#at);
    // Not if the port was reclaimed in between: then it may have another owner.
    swapIf(this.#words, this.#at + PORT.OWNER, this.#owner, 0);
    this.#ring();
  }

  [Symbol.dispose](): void {
    this.detach();
  }

  /** Releases the `count` oldest, without ringing. Returns how many. */
  #complete(count: number): number {
    if (this.#out.outstanding === 0) return 0;
    for (let tries = 0; tries < FENCES_MAX; tries++) {
      if (this.#mode() > MODE.DRAINING) return 0;
      const due = clamp(count, this.#out.outstanding);
      if (due === 0) return 0;
      if (this.#out.release(due) !== FENCED) return due;
    }
    return 0;
  }

  /** Moves up to `limit` events from the CQ into the burst. */
  #take(burst: EventBurst, limit: number, again = true): number {
    if (!this.#mayTake()) return 0;
    const cq = this.#cq;
    const waiting = cq.available();
    const count = waiting < limit ? waiting : limit;
    if (count <= 0) return 0;
    // A stop and a start may have come in since the look: then this is another lease's CQ.
    if (!this.#gate.leaseHolds) {
      return again && this.#look() === MODE.FLOWING ? this.#take(burst, limit, false) : 0;
    }
    const { words, head } = cq;
    const to = burst.words;
    copyOut(cq, to, count);
    // As well after the copy: then nothing of another lease has come into it.
    if (this.#gate.leaseEnded()) return 0;
    cq.head = (head + count) | 0;
    cq.publish();
    burst.length = count;
    this.#firstIndex = head;
    this.#out.owe(to, count);
    if (words[this.#at + PORT.WORKING] !== 0) words[this.#at + PORT.WORKING] = 0;
    return count;
  }

  /** Events are to come, and none of them has to go back. */
  #mayTake(): boolean {
    return this.#gate.mode === MODE.FLOWING && this.#yielding.isDone();
  }

  /** Asks the scheduler to take back what was not dequeued, and to serve this profile. */
  #giveBack(profile: number): void {
    this.#yielding.request(profile);
    this.#ring();
  }

  #ring(): void {
    ringDoorbell(this.#words, this.#bell, this.id, this.#near);
  }

  #mode(): number {
    return this.#gate.current() ? MODE.FLOWING : this.#look();
  }

  /** Observes the control words; forgets debts and credits of a lease that has ended. */
  #look(): number {
    const mode = this.#gate.look();
    const before = this.#lease;
    this.#lease = this.#gate.lease;
    if (this.#lease === before) return mode;
    if (leaseNumber(this.#lease) !== leaseNumber(before)) {
      // Once reclaimed, the port may be another thread's: nothing of it is written.
      if (mode === MODE.DISABLED) {
        this.#out.outstanding = 0;
        this.#leave(false);
      } else this.#beginLease();
    }
    // Disabled: what the scheduler had sent goes back.
    if (mode === MODE.HELD) this.#giveBack(this.#yielding.profile);
    return mode;
  }

  /** From here on waits write nothing that a next owner has. */
  #leave(isOurs: boolean): void {
    this.#waiter.close(isOurs);
    this.#seeking.close();
  }

  #beginLease(): void {
    this.#leases++;
    this.#out.beginLease(this.#lease);
    const start = observe(this.#words, this.#at + PORT.CQ_START);
    if (((this.#cq.head - start) | 0) < 0) {
      this.#cq.head = start;
      this.#cq.publish();
    }
  }

  #refuse(mode: number): number {
    const { state } = this.#gate;
    if (state === 'disabled' || state === 'detached') this.#refusal = REFUSAL.PORT_DISABLED;
    // Nothing is granted yet; in a domain that is not started nothing will be.
    else if (mode === MODE.WAITING && state === 'started') this.#refusal = REFUSAL.CREDIT;
    else {
      if (mode === MODE.IDLE) this.#out.admission.refuseNotStarted();
      this.#refusal = REFUSAL.NOT_STARTED;
    }
    return 0;
  }

  /** Ends a blocking wait: an event came, or something changed. */
  readonly #stirred = (): boolean =>
    this.#gate.changed() || (this.#mayTake() && this.#cq.available() > 0);
}
