/**
 * The levels of a domain: what is where now. Read where they stand; no reset touches them.
 *
 * Runs on: control's thread.
 */
import { LEVELS } from '../eventdev/event.js';
import type { LinkSlot } from '../eventdev/reports.js';
import { creditCount, isDisabled, isHeld } from '../memory/domain-state.js';
import { PORT, WISH_MASK } from '../memory/layout.js';
import { NO_QUEUE, SLOT, slotPending, slotQueue, SLOTS, slotState } from '../memory/slot-word.js';
import { observe } from '#words';
import type { DomainMemory } from './domain-memory.js';

export class Levels {
  readonly #words: Int32Array;
  readonly #m: Int32Array;
  readonly #memory: DomainMemory;

  constructor(memory: DomainMemory) {
    this.#memory = memory;
    this.#words = new Int32Array(memory.memory);
    this.#m = new Int32Array(memory.schedulerMemory);
  }

  /** Events in the port's CQ or hands. */
  inflight(port: number): number {
    const at = this.#memory.schedulerLayout;
    return (observe(this.#m, at.historyTail + port) - observe(this.#m, at.historyHead + port)) | 0;
  }

  /** Granted to the port and unspent. */
  credits(port: number): number {
    return creditCount(observe(this.#words, this.#port(port).at + PORT.CREDIT));
  }

  /** Credits that the port asked for when it was short last. */
  wish(port: number): number {
    return observe(this.#words, this.#port(port).at + PORT.WISH) & WISH_MASK;
  }

  /** NEW events that the port has accepted and the scheduler, at `takenNew`, has not taken in. */
  newInRing(port: number, takenNew: number): number {
    return (observe(this.#words, this.#port(port).at + PORT.NEW_COUNT) - takenNew) | 0;
  }

  enqueueUsed(port: number): number {
    const { tailAt, headAt, depth } = this.#port(port).enqueue;
    const used = (observe(this.#words, tailAt) - observe(this.#words, headAt)) | 0;
    // Fenced, and the head is about to follow.
    return used > depth ? 0 : used;
  }

  enqueueFree(port: number): number {
    return this.#port(port).enqueue.depth - this.enqueueUsed(port);
  }

  cqUsed(port: number): number {
    const { at, cq } = this.#port(port);
    const tail = observe(this.#words, cq.tailAt);
    const head = observe(this.#words, cq.headAt);
    const start = observe(this.#words, at + PORT.CQ_START);
    // The owner of a new lease may not have moved its head to where its CQ begins. A start that is
    // long past says nothing: then the tail is far from it.
    const isCurrent = (tail - start) >>> 0 <= cq.depth;
    const stale = isCurrent && ((start - head) | 0) > 0;
    return Math.max(0, (tail - (stale ? start : head)) | 0);
  }

  /** Of the depth in use. */
  cqFree(port: number): number {
    const depth = observe(this.#m, this.#memory.schedulerLayout.depthInUse + port);
    return Math.max(0, depth - this.cqUsed(port));
  }

  /** Id of the thread that has the port; -1: none. */
  owner(port: number): number {
    return observe(this.#words, this.#port(port).at + PORT.OWNER) - 1;
  }

  /** Given nothing, and refused everything. */
  disabled(port: number): boolean {
    return isDisabled(observe(this.#words, this.#port(port).at + PORT.LEASE));
  }

  /** Disabled until control enables it. */
  isHeld(port: number): boolean {
    return isHeld(observe(this.#words, this.#port(port).at + PORT.LEASE));
  }

  /** Disabled for its faults. */
  isCutOff(port: number): boolean {
    return observe(this.#m, this.#memory.schedulerLayout.cutOff + port) !== 0;
  }

  /** Events of the queue in the port's CQ or hands. */
  held(queue: number, port: number): number {
    const at = this.#memory.schedulerLayout.heldEvents;
    return observe(this.#m, at + queue * this.#ports + port);
  }

  /** Flows of the queue that the port holds. */
  pinnedFlows(queue: number, port: number): number {
    const at = this.#memory.schedulerLayout.pinnedFlows;
    return observe(this.#m, at + queue * this.#ports + port);
  }

  /** Events of the queue in any CQ or in hands. */
  heldByAll(queue: number): number {
    let sum = 0;
    for (let port = 0; port < this.#ports; port++) sum += this.held(queue, port);
    return sum;
  }

  /** Events that wait on a level of the queue. */
  waiting(queue: number, level: number): number {
    return observe(this.#m, this.#memory.schedulerLayout.waiting + queue * LEVELS + level);
  }

  /** Run-time unlinks that the scheduler has made for a port, free-running. */
  unlinksDone(port: number): number {
    return observe(this.#m, this.#memory.schedulerLayout.unlinksDone + port);
  }

  /** The slots of a port, where its domain has some. */
  slots(port: number): LinkSlot[] {
    const first = this.#memory.schedulerLayout.slots + port * SLOTS;
    return Array.from({ length: SLOTS }, (_, i) => readSlot(observe(this.#m, first + i)));
  }

  get #ports(): number {
    return this.#memory.layout.ports.length;
  }

  #port(id: number): DomainMemory['layout']['ports'][number] {
    return this.#memory.layout.ports[id]!;
  }
}

const STATE_NAMES: Readonly<Record<number, LinkSlot['state']>> = {
  [SLOT.UNMAPPED]: 'unmapped',
  [SLOT.MAPPED]: 'mapped',
  [SLOT.MAP_IN_PROGRESS]: 'map-in-progress',
  [SLOT.UNMAP_IN_PROGRESS]: 'unmap-in-progress',
  [SLOT.UNMAP_PENDING_MAP]: 'unmap-in-progress-pending-map',
};

function readSlot(word: number): LinkSlot {
  const id = (queue: number): number | undefined => (queue === NO_QUEUE ? undefined : queue);
  return {
    state: STATE_NAMES[slotState(word)]!,
    queue: id(slotQueue(word)),
    pending: id(slotPending(word)),
  };
}
