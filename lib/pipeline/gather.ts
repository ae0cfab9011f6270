/**
 * Items that were let in and not sent, in packs: a pack holds items of one session, one flow and one priority.
 *
 * Runs on: the thread that made the pipeline. A pack goes when it is full, or when nothing more comes at once.
 */
import type { EventBurst } from '../eventdev/event-burst.js';
import { FLOWS_MAX } from '../eventdev/limits.js';
import { PackBuilder } from './pack-builder.js';

const PRIORITIES = 256;
const QUEUES = 256;

export class Gather {
  readonly #hasParts: boolean;
  /** Packs that are being filled, oldest first, by what they have in common. */
  readonly #open = new Map<number, PackBuilder>();
  readonly #free: PackBuilder[] = [];
  #last: PackBuilder | undefined;

  /** @param hasParts items may become several. */
  constructor(hasParts: boolean) {
    this.#hasParts = hasParts;
  }

  /** Packs that have items. */
  get size(): number {
    return this.#open.size;
  }

  /** The pack for an item. It is among those that are open from now on. */
  packFor(session: number, queue: number, flow: number, priority: number): PackBuilder {
    const last = this.#last;
    const isLast =
      last !== undefined &&
      last.flow === flow &&
      last.session === session &&
      last.queue === queue &&
      last.priority === priority;
    if (isLast) return last;
    const key = keyOf(session, queue, flow, priority);
    let pack = this.#open.get(key);
    if (pack === undefined) {
      pack = this.#free.pop() ?? new PackBuilder(this.#hasParts);
      this.#open.set(key, pack.begin(session, queue, flow, priority));
    }
    return (this.#last = pack);
  }

  /** The oldest pack that is open. */
  get oldest(): PackBuilder | undefined {
    for (const pack of this.#open.values()) return pack;
    return undefined;
  }

  /** Those that are open, oldest first. */
  get packs(): IterableIterator<PackBuilder> {
    return this.#open.values();
  }

  /** The pack is no longer open. */
  detach(pack: PackBuilder): void {
    this.#open.delete(keyOf(pack.session, pack.queue, pack.flow, pack.priority));
    if (this.#last === pack) this.#last = undefined;
  }

  /** The pack is written, or nothing came of it: it is used again. */
  reuse(pack: PackBuilder): void {
    pack.clear();
    this.#free.push(pack);
  }

  /** As `reuse`, of one that is open, or was split. */
  drop(pack: PackBuilder): void {
    if (this.#open.get(keyOf(pack.session, pack.queue, pack.flow, pack.priority)) !== pack) return;
    this.detach(pack);
    this.reuse(pack);
  }

  /** All that are open are written. */
  clear(): void {
    this.#last = undefined;
    if (this.#open.size === 0) return;
    for (const pack of this.#open.values()) this.reuse(pack);
    this.#open.clear();
  }
}

function keyOf(session: number, queue: number, flow: number, priority: number): number {
  return ((session * PRIORITIES + priority) * QUEUES + queue) * FLOWS_MAX + flow;
}

/** Moves the events from `first` on to the front. */
export function keepFrom(burst: EventBurst, first: number): void {
  const left = burst.length - first;
  if (left > 0 && first > 0) burst.words.copyWithin(0, first * 4, burst.length * 4);
  burst.length = left;
}
