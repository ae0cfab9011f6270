/**
 * A snapshot of a domain's statistics, made from shared memory without asking the scheduler.
 *
 * Counts come from the copy that the scheduler publishes after a pass, levels from where they
 * stand. A reset remembers the counts; levels are what they are.
 */
import { LEVELS } from '../eventdev/event.js';
import type { DomainStats, PortStats, QueueStats } from '../eventdev/spec.js';
import { DOMAIN_COUNTS, PORT_COUNTS, QUEUE_COUNTS } from '../memory/scheduler-layout.js';
import { Counts, OWN } from './counts.js';
import type { DomainMemory } from './domain-memory.js';
import { Levels } from './levels.js';

export class StatsReader {
  readonly counts: Counts;
  readonly levels: Levels;
  readonly #ports: number;
  readonly #queues: number;

  constructor(memory: DomainMemory) {
    this.counts = new Counts(memory);
    this.levels = new Levels(memory);
    this.#ports = memory.layout.ports.length;
    this.#queues = memory.shape.queues;
  }

  /** Schedulers that died and were replaced. */
  recoveries(): number {
    return this.counts.snapshot()[DOMAIN_COUNTS.RECOVERIES]!;
  }

  read(): DomainStats {
    const snapshot = this.counts.snapshot();
    const count = (which: number): number => this.counts.since(which, snapshot);
    let inflight = snapshot[DOMAIN_COUNTS.INSIDE]!;
    for (let port = 0; port < this.#ports; port++) {
      const takenNew = snapshot[this.counts.ofPort(port, PORT_COUNTS.TAKEN_NEW)]!;
      inflight += this.levels.newInRing(port, takenNew);
    }
    return {
      rx: count(DOMAIN_COUNTS.RX),
      tx: count(DOMAIN_COUNTS.TX),
      dropped: count(DOMAIN_COUNTS.DROPPED),
      passes: count(DOMAIN_COUNTS.PASSES),
      inflight,
      creditsFree: snapshot[DOMAIN_COUNTS.FREE]!,
      ports: Array.from({ length: this.#ports }, (_, id) => this.#port(id, snapshot)),
      queues: Array.from({ length: this.#queues }, (_, id) => this.#queue(id, snapshot)),
    };
  }

  #port(id: number, snapshot: Float64Array): PortStats {
    const { counts, levels } = this;
    const count = (which: number): number => counts.since(counts.ofPort(id, which), snapshot);
    const own = (which: number): number => counts.since(counts.ownOf(id, which), snapshot);
    return {
      rx: count(PORT_COUNTS.RX),
      tx: count(PORT_COUNTS.TX),
      dropped: count(PORT_COUNTS.DROPPED),
      inflight: levels.inflight(id),
      credits: levels.credits(id),
      enqueueUsed: levels.enqueueUsed(id),
      cqUsed: levels.cqUsed(id),
      cqFree: levels.cqFree(id),
      misordered: own(OWN.MISORDERED),
      refused: {
        credit: own(OWN.CREDIT),
        threshold: own(OWN.THRESHOLD),
        ringFull: own(OWN.RING_FULL),
      },
    };
  }

  #queue(id: number, snapshot: Float64Array): QueueStats {
    const { counts, levels } = this;
    const count = (which: number): number => counts.since(counts.ofQueue(id, which), snapshot);
    const pinned: QueueStats['pinned'] = [];
    for (let port = 0; port < this.#ports; port++) {
      const flows = levels.pinnedFlows(id, port);
      if (flows > 0) pinned.push({ port, flows, events: levels.held(id, port) });
    }
    return {
      rx: count(QUEUE_COUNTS.RX),
      tx: count(QUEUE_COUNTS.TX),
      dropped: count(QUEUE_COUNTS.DROPPED),
      inflight: levels.heldByAll(id),
      reordered: count(QUEUE_COUNTS.REORDERED),
      iqUsed: Array.from({ length: LEVELS }, (_, level) => levels.waiting(id, level)),
      pinned,
    };
  }
}
