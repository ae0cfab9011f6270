/**
 * A snapshot of a domain's statistics, made from shared memory without asking the scheduler.
 *
 * Counts come from the copy that the scheduler publishes after a pass, levels from where they
 * stand. A reset remembers the counts; levels are what they are.
 */
import { LEVELS } from '../eventdev/event.js';
import type { DomainStats, PortStats, QueueStats } from '../eventdev/spec.js';
import { creditCount } from '../memory/domain-state.js';
import type { PortLayout, RingLayout } from '../memory/layout.js';
import { PORT } from '../memory/layout.js';
import {
  DOMAIN_COUNTS,
  DOMAIN_COUNT_SLOTS,
  PORT_COUNTS,
  PORT_COUNT_SLOTS,
  QUEUE_COUNTS,
  QUEUE_COUNT_SLOTS,
} from '../memory/scheduler-layout.js';
import { readCount } from '../memory/wide-counter.js';
import { observe } from '#words';
import type { DomainMemory } from './domain-memory.js';

/** Counts that a port writes itself, after those of the scheduler in a list. */
const OWN = [
  PORT.MISORDERED,
  PORT.REFUSED_CREDIT,
  PORT.REFUSED_THRESHOLD,
  PORT.REFUSED_RING_FULL,
] as const;

export class StatsReader {
  readonly #words: Int32Array;
  readonly #m: Int32Array;
  readonly #memory: DomainMemory;
  readonly #published: Float64Array;
  readonly #base: Float64Array;
  readonly #ownBase: number[];

  constructor(memory: DomainMemory) {
    this.#memory = memory;
    const { schedulerLayout: at } = memory;
    this.#words = new Int32Array(memory.memory);
    this.#m = new Int32Array(memory.schedulerMemory);
    this.#published = new Float64Array(memory.schedulerMemory, at.counts * 4, at.countSlots);
    this.#base = new Float64Array(at.countSlots);
    this.#ownBase = memory.layout.ports.flatMap(() => OWN.map(() => 0));
  }

  read(): DomainStats {
    const raw = this.#counts();
    const counts = raw.map((count, i) => count - this.#base[i]!);
    const { ports } = this.#memory.layout;
    const queues = this.#memory.shape.queues;
    let inflight = raw[DOMAIN_COUNTS.INSIDE]!;
    ports.forEach(
      (port, id) => (inflight += this.#inRing(port, raw[portSlot(id) + PORT_COUNTS.TAKEN_NEW]!)),
    );
    return {
      rx: counts[DOMAIN_COUNTS.RX]!,
      tx: counts[DOMAIN_COUNTS.TX]!,
      dropped: counts[DOMAIN_COUNTS.DROPPED]!,
      passes: counts[DOMAIN_COUNTS.PASSES]!,
      inflight,
      creditsFree: raw[DOMAIN_COUNTS.FREE]!,
      ports: ports.map((port, id) => this.#port(port, id, counts)),
      queues: Array.from({ length: queues }, (_, id) => this.#queue(id, counts)),
    };
  }

  /** Counts start anew; levels do not. */
  reset(): void {
    this.#base.set(this.#counts());
    this.#memory.layout.ports.forEach((port, id) => {
      OWN.forEach((at, i) => {
        this.#ownBase[id * OWN.length + i] = readCount(this.#words, port.at + at);
      });
    });
  }

  /** Run-time unlinks that the scheduler has made for a port, free-running. */
  unlinksDone(port: number): number {
    return observe(this.#m, this.#memory.schedulerLayout.unlinksDone + port);
  }

  /** The published counts, all of one pass. */
  #counts(): Float64Array {
    const at = this.#memory.schedulerLayout.statsSeq;
    for (;;) {
      // Q2 ← Q1 (statistics.ts): even and unchanged means that no copy was under way.
      const before = observe(this.#m, at);
      const copy = this.#published.slice();
      if ((before & 1) === 0 && observe(this.#m, at) === before) return copy;
    }
  }

  /** NEW events that the port has accepted and the scheduler has not taken in. */
  #inRing(port: PortLayout, takenNew: number): number {
    return (observe(this.#words, port.at + PORT.NEW_COUNT) - takenNew) | 0;
  }

  #port(port: PortLayout, id: number, counts: Float64Array): PortStats {
    const at = this.#memory.schedulerLayout;
    const m = this.#m;
    const slot = portSlot(id);
    const own = OWN.map(
      (word, i) => readCount(this.#words, port.at + word) - this.#ownBase[id * OWN.length + i]!,
    );
    const cqUsed = this.#cqUsed(port);
    return {
      rx: counts[slot + PORT_COUNTS.RX]!,
      tx: counts[slot + PORT_COUNTS.TX]!,
      dropped: counts[slot + PORT_COUNTS.DROPPED]!,
      inflight: (observe(m, at.historyTail + id) - observe(m, at.historyHead + id)) | 0,
      credits: creditCount(observe(this.#words, port.at + PORT.CREDIT)),
      enqueueUsed: this.#used(port.enqueue),
      cqUsed,
      cqFree: Math.max(0, observe(m, at.depthInUse + id) - cqUsed),
      misordered: own[0]!,
      refused: { credit: own[1]!, threshold: own[2]!, ringFull: own[3]! },
    };
  }

  #queue(id: number, counts: Float64Array): QueueStats {
    const at = this.#memory.schedulerLayout;
    const ports = this.#memory.layout.ports.length;
    const slot = queueSlot(ports, id);
    const pinned: QueueStats['pinned'] = [];
    let inflight = 0;
    for (let port = 0; port < ports; port++) {
      const events = observe(this.#m, at.heldEvents + id * ports + port);
      const flows = observe(this.#m, at.pinnedFlows + id * ports + port);
      inflight += events;
      if (flows > 0) pinned.push({ port, flows, events });
    }
    return {
      rx: counts[slot + QUEUE_COUNTS.RX]!,
      tx: counts[slot + QUEUE_COUNTS.TX]!,
      dropped: counts[slot + QUEUE_COUNTS.DROPPED]!,
      inflight,
      reordered: counts[slot + QUEUE_COUNTS.REORDERED]!,
      iqUsed: Array.from({ length: LEVELS }, (_, level) =>
        observe(this.#m, at.waiting + id * LEVELS + level),
      ),
      pinned,
    };
  }

  #used(ring: RingLayout): number {
    return (observe(this.#words, ring.tailAt) - observe(this.#words, ring.headAt)) | 0;
  }

  #cqUsed(port: PortLayout): number {
    const tail = observe(this.#words, port.cq.tailAt);
    const head = observe(this.#words, port.cq.headAt);
    const start = observe(this.#words, port.at + PORT.CQ_START);
    // The owner of a new lease may not have moved its head to where its CQ begins. A start that is
    // long past says nothing: then the tail is far from it.
    const isCurrent = (tail - start) >>> 0 <= port.cq.depth;
    const stale = isCurrent && ((start - head) | 0) > 0;
    return Math.max(0, (tail - (stale ? start : head)) | 0);
  }
}

function portSlot(port: number): number {
  return DOMAIN_COUNT_SLOTS + port * PORT_COUNT_SLOTS;
}

function queueSlot(ports: number, queue: number): number {
  return DOMAIN_COUNT_SLOTS + ports * PORT_COUNT_SLOTS + queue * QUEUE_COUNT_SLOTS;
}
