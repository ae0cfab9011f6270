/**
 * A thread that writes whatever it likes over everything it can reach: the memory of its domain.
 *
 * Blind strikes hit any word with any value. Aimed ones hit a word that somebody follows, with a
 * value that could be true; forged ones put events into a ring and publish them.
 */
import { QE_WORDS } from '../../lib/eventdev/event.js';
import type { PortAttachment } from '../../lib/index.js';
import { HEADER, PORT, domainLayout } from '../../lib/memory/layout.js';
import type { DomainLayout, PortLayout, RingLayout } from '../../lib/memory/layout.js';
import type { Random } from '../stress/random.js';

const EXTREMES = [0, 1, -1, 2, 0x7fff_ffff, -0x8000_0000, 0x8000, 0xff00];
const HEADER_TARGETS = [
  HEADER.CTL,
  HEADER.SLEEPING,
  HEADER.IN_DOMAIN,
  HEADER.DOORBELL,
  HEADER.DOORBELL + 1,
];

export class Vandal {
  readonly #words: Int32Array;
  readonly #layout: DomainLayout;
  readonly #random: Random;
  /** Words that somebody follows. */
  readonly #targets: readonly number[];

  constructor({ memory, shape }: PortAttachment, random: Random) {
    this.#words = new Int32Array(memory);
    this.#layout = domainLayout(shape);
    this.#random = random;
    const { ports, pool } = this.#layout;
    this.#targets = [
      ...HEADER_TARGETS,
      ...ports.flatMap(({ at }) => Object.values(PORT).map((word) => at + word)),
      ...(pool === null ? [] : range(pool.counters, 2)),
      ...(pool === null ? [] : range(pool.bitmap, pool.bitmapWords)),
      ...(pool === null ? [] : range(pool.owners, pool.count)),
    ];
  }

  strike(): void {
    const { ports } = this.#layout;
    const port = this.#random.pick(ports);
    switch (this.#random.below(8)) {
      case 0:
        return this.#put(this.#random.below(this.#words.length), this.#random.word());
      case 1:
        return this.forge(port);
      case 2:
        return this.#moveCq(port);
      case 3:
        return this.#changeOwner(port);
      case 4:
        return this.#put(port.at + PORT.CREDIT, this.#near(port.at + PORT.CREDIT));
      default:
        return this.#aim();
    }
  }

  /** Overwrites all there is, but what every attach compares: nobody could take a port again. */
  fill(): void {
    for (let at = HEADER.CTL; at < this.#words.length; at++) this.#words[at] = this.#random.word();
  }

  /** Any events, valid and not, published as if they were accepted. */
  forge({ enqueue }: PortLayout): void {
    const count = this.#random.within(1, enqueue.depth);
    const tail = this.#words[enqueue.tailAt]!;
    for (let i = 0; i < count; i++) this.#forgeEntry(enqueue, tail + i);
    this.#put(enqueue.tailAt, tail + count);
    this.#put(HEADER.DOORBELL, -1);
  }

  #forgeEntry({ slots, mask }: RingLayout, index: number): void {
    const to = slots + (index & mask) * QE_WORDS;
    const random = this.#random;
    this.#words[to] = random.word();
    // Mostly queues that exist: the others are dropped at once.
    const queue = random.onceIn(8) ? random.below(256) : random.below(4);
    this.#words[to + 1] = (random.word() & ~0xff00) | (queue << 8);
    this.#words[to + 2] = random.onceIn(2) ? random.below(8) : random.word();
    this.#words[to + 3] = random.word();
  }

  /** As if events had been taken that were not, or given back. */
  #moveCq({ cq }: PortLayout): void {
    const tail = this.#words[cq.tailAt]!;
    this.#put(cq.headAt, this.#random.onceIn(2) ? tail : tail - this.#random.below(cq.depth + 2));
    this.#put(HEADER.DOORBELL, -1);
  }

  /** As if the port had been left, or taken by another thread. */
  #changeOwner({ at }: PortLayout): void {
    const generation = this.#words[at + PORT.GENERATION]!;
    this.#put(at + PORT.DETACHED, generation);
    this.#put(at + PORT.GENERATION, generation + this.#random.below(2));
    this.#put(at + PORT.OWNER, this.#random.pick(EXTREMES));
    this.#put(HEADER.DOORBELL, -1);
  }

  #aim(): void {
    const at = this.#random.pick(this.#targets);
    this.#put(at, this.#near(at));
    if (this.#random.onceIn(2)) this.#put(HEADER.DOORBELL, -1);
  }

  /** A value for the word that somebody might believe. */
  #near(at: number): number {
    switch (this.#random.below(4)) {
      case 0:
        return this.#random.word();
      case 1:
        return this.#random.pick(EXTREMES);
      case 2:
        return this.#words[this.#random.pick(this.#targets)]!;
      default:
        return this.#words[at]! + this.#random.within(-8, 8);
    }
  }

  #put(at: number, value: number): void {
    if (this.#random.onceIn(2)) this.#words[at] = value;
    else Atomics.store(this.#words, at, value);
  }
}

function range(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => first + i);
}
