/**
 * The oracle's first half: what is taken in from enqueue rings, and what that completes.
 *
 * C1, C3, C7 and C9 as far as they speak of completions, pieces and drops.
 */
import { OP } from '../../lib/eventdev/event.js';
import type { Machine } from '../../lib/scheduler/machine.js';
import { walkEvents } from '../../lib/scheduler/walk-events.js';
import { indexNamed, OraclePort } from './oracle-port.js';
import type { Entry, PortShape } from './oracle-port.js';
import { OracleQueue } from './oracle-queue.js';
import type { QueueShape } from './oracle-queue.js';
import { AT } from './tracked.js';
import type { Tracked } from './tracked.js';
import { check } from './violation.js';

/** More pieces than one entry of a ring can send on. */
const PIECES_MAX = 2 ** 20;

function fragmentsOf(queues: readonly OracleQueue[], event: Tracked): number {
  return queues[event.queue]!.shape.fragments;
}

export class Intake {
  readonly ports: OraclePort[];
  readonly queues: OracleQueue[];
  /** Events by id, from the enqueue on until they are over. */
  readonly events = new Map<number, Tracked>();
  /** Taken in and not completed or dropped. */
  inside = 0;
  /** Number of passes and commands. */
  batch = 0;
  rx = 0;
  dropped = 0;
  protected readonly machine: Machine;
  /** Ids of what the scheduler has in memory, or has handed out, since the last pass or command; null: not looked at. */
  #present: Set<number> | null = null;

  constructor(machine: Machine, queues: readonly QueueShape[], ports: readonly PortShape[]) {
    const { words, layout } = machine;
    this.machine = machine;
    this.ports = ports.map((shape, id) => new OraclePort(id, words, layout.ports[id]!, shape));
    this.queues = queues.map((shape, id) => new OracleQueue(id, shape, ports.length));
  }

  /** Accepted and not yet completed, rings included. */
  get inflight(): number {
    return this.ports.reduce((sum, port) => sum + port.newInRing, this.inside);
  }

  /** A pass or a command has been made. @param flushed four words of each event that it handed out. */
  protected begin(flushed?: Int32Array): void {
    this.batch++;
    this.#present = flushed === undefined ? null : new Set(flushed.filter((_, i) => i % 4 === 3));
  }

  #isPresent({ id }: Tracked): boolean {
    const { machine } = this;
    if (this.#present === null) {
      const ids = (this.#present = new Set<number>());
      walkEvents(machine, (entry) => ids.add(machine.m[entry + 3]!));
    }
    return this.#present.has(id);
  }

  /** Whether the domain has room for one more piece. Credits that are still out take some as well: of those this
   *  knows no more than that they are no more than all, so in between it looks. */
  #fits(event: Tracked): boolean {
    const { capacity, eventsLimit } = this.machine.plan;
    if (this.inside + eventsLimit < capacity) return true;
    return this.inside < capacity && this.#isPresent(event);
  }

  watchRings(): void {
    for (const port of this.ports) port.watchRing(this.events);
  }

  /** Events that its thread has counted and not sent, as far as the scheduler has heard of them. */
  protected countUnsent(port: OraclePort): void {
    const { pieces, lost } = this.machine.ports[port.id]!;
    const newPieces = (pieces - port.unsentPieces) | 0;
    const newLost = (lost - port.lost) | 0;
    port.unsentPieces = pieces;
    port.lost = lost;
    this.rx += newPieces + newLost;
    port.rx += newPieces + newLost;
    this.dropped += newLost;
    const oldest = port.held[0];
    if (oldest === undefined) this.dropped += newPieces;
    else this.queues[oldest.queue]!.dropped += newPieces;
  }

  protected takeIn(port: OraclePort, slots: number): void {
    check(slots >= 0 && slots <= port.ring.length, 'C1', () => {
      return `${slots} entries of port ${port.id} were taken in, of ${port.ring.length}`;
    });
    for (const [order, entry] of port.ring.splice(0, slots).entries()) {
      this.#enter(port, entry, order);
    }
  }

  #enter(port: OraclePort, entry: Entry, order: number): void {
    const { event, op } = entry;
    if (event === null) {
      this.#release(port, entry, order * PIECES_MAX);
      return;
    }
    event.batch = this.batch;
    event.order = order * PIECES_MAX;
    if (event.isRenewal && this.#renew(port, event, entry)) return;
    this.rx++;
    port.rx++;
    if (op === OP.FRAGMENT) this.#enterPiece(port, event, entry);
    else if (op === OP.FORWARD && port.held.length > 0) this.#enterForward(port, event, entry);
    else {
      if (op === OP.NEW) port.newInRing--;
      this.inside++;
      this.#arriveAt(event, () => port.dropped++);
    }
  }

  #release(port: OraclePort, entry: Entry, order: number): void {
    const due = entry.names === null ? Math.min(entry.releases, port.held.length) : 1;
    for (let i = 0; i < due; i++) {
      const done = this.#complete(port, entry.names);
      if (done === null) return;
      // Entries that carry a number of releases are no more than events fit in.
      this.#sendPieces(done, order + i * fragmentsOf(this.queues, done));
      this.inside--;
    }
  }

  /** The event of a FORWARD, after the pieces of the one that it completes. */
  #enterForward(port: OraclePort, event: Tracked, entry: Entry): void {
    const done = this.#complete(port, entry.names);
    if (done === null) {
      this.dropped++;
      this.over(event);
      return;
    }
    const queue = this.queues[done.queue]!;
    const pieces = done.placed.length + done.pieces.length;
    const fits = pieces === 0 || pieces < queue.shape.fragments;
    this.#sendPieces(done, event.order);
    event.parent = done.left;
    event.piece = pieces;
    event.order += event.piece;
    if (fits) {
      this.#arriveAt(event, () => port.dropped++);
      return;
    }
    queue.dropped++;
    this.inside--;
    this.over(event);
  }

  #enterPiece(port: OraclePort, event: Tracked, { names }: Entry): void {
    const owner = port.held[names === null ? 0 : indexNamed(port.held, names)];
    const lane = this.queues[event.queue]?.laneOf(event.schedType) ?? null;
    if (owner === undefined) this.dropped++;
    else if (lane === null) port.dropped++;
    else {
      const queue = this.queues[owner.queue]!;
      const { fragments } = queue.shape;
      const pieces = owner.placed.length + owner.pieces.length;
      const isFull = fragments === 1 || pieces >= fragments;
      if (!isFull && this.#fits(event)) {
        owner.pieces.push(event);
        event.at = AT.PIECE;
        this.inside++;
        return;
      }
      queue.dropped++;
    }
    this.over(event);
  }

  /** Its owner has another payload, and goes by it; pieces go on, or wait in the owner's place. */
  #renew(port: OraclePort, event: Tracked, { names }: Entry): boolean {
    const owner = port.held[names === null ? 0 : indexNamed(port.held, names)];
    if (owner === undefined) return false;
    this.over(event);
    this.events.delete(owner.id);
    owner.id = event.id;
    owner.low = event.low;
    this.events.set(owner.id, owner);
    if (owner.left === null) this.#sendPieces(owner, event.order);
    else owner.placed.push(...owner.pieces.splice(0));
    return true;
  }

  /** Pieces go on when their event is completed, in its place, or renewed. */
  #sendPieces(done: Tracked, order: number): void {
    [...done.placed.splice(0), ...done.pieces.splice(0)].forEach((piece, i) => {
      piece.parent = done.left;
      piece.piece = i;
      piece.batch = this.batch;
      piece.order = order + i;
      this.#arriveAt(piece, () => check(false, 'C1', () => 'a piece without a queue'));
    });
  }

  /** The event is on its queue now, or is dropped. */
  #arriveAt(event: Tracked, dropped: () => void): void {
    const queue = this.queues[event.queue];
    const lane = queue?.laneOf(event.schedType) ?? null;
    if (queue === undefined || lane === null) {
      dropped();
      this.inside--;
      this.over(event);
      return;
    }
    event.lane = lane;
    event.at = AT.WAITING;
    queue.append(event);
  }

  /** C9: the oldest that the port holds, or the one named. */
  #complete(port: OraclePort, names: number | null): Tracked | null {
    const at = names === null ? 0 : indexNamed(port.held, names);
    if (at < 0) return null;
    const event = port.held.splice(at, 1)[0]!;
    const queue = this.queues[event.queue]!;
    queue.letGo(event, port.id);
    if (event.left !== null) queue.settle(event);
    this.over(event);
    return event;
  }

  protected over(event: Tracked): void {
    event.at = AT.OVER;
    this.events.delete(event.id);
  }
}
