/**
 * What of a run can be committed: per partition, up to which position every item is done.
 *
 * Runs on: the thread that made the pipeline. An item is done when nothing of it is left: its results were taken and the
 * next was asked for, its dead letters are stored. Items that are not done are a list per partition, in the order of their
 * positions, and each knows up to where all behind it are done. So each step takes constant time, what is done in any order takes no
 * memory, and a partition with nothing in flight keeps two positions.
 */
import { invalid } from '../crew/checks.js';
import type { CommitOptions, PartitionKey, Position } from './commit-contract.js';

interface Partition {
  readonly key: PartitionKey;
  /** Of the item that came last. */
  newest: Position;
  /** Undefined until the first item is done. */
  committable: Position | undefined;
  /** The last item that is not done. */
  last: Open | undefined;
}

/** An item that is not done. */
interface Open {
  readonly number: number;
  readonly partition: Partition;
  /** Its own position, or that of the last item behind it up to which all are done. */
  upTo: Position;
  before: Open | undefined;
  after: Open | undefined;
  /** What there is to wait for: its results, and each of its dead letters. */
  left: number;
  /** Results that were not taken. */
  untaken: number;
}

const ONLY_PARTITION = 0;

export class Positions {
  /** Called with what `onCommittable` throws. */
  onFailed: (reason: unknown) => void = () => {};
  readonly #options: CommitOptions<never>;
  readonly #partitions = new Map<PartitionKey, Partition>();
  readonly #open = new Map<number, Open>();
  /** Items whose results wait to be taken, in their order, from `#head` on. */
  #waiting: Open[] = [];
  #head = 0;
  /** Items whose last result was handed out; the next was not asked for. */
  #inHand: Open[] = [];
  /** Not yet told. */
  readonly #changed = new Set<Partition>();
  #isTelling = false;
  /** The item that is let in next. */
  #next: { readonly partition: Partition; readonly position: Position } | undefined;

  constructor(options: CommitOptions<never>) {
    this.#options = options;
  }

  /** Where the item that is let in next stands. @throws DlbError ERR_DLB_INVALID_ARGUMENT; what the functions throw. */
  look(item: unknown): void {
    const { partition: partitionOf, position: positionOf } = this.#options;
    const key = partitionOf === undefined ? ONLY_PARTITION : partitionOf(item as never);
    const position = positionOf!(item as never);
    check(key, position);
    const known = this.#partitions.get(key);
    if (known !== undefined && !(position > known.newest)) {
      const what = 'the positions of a partition must rise';
      throw invalid(what, 'position', position, { partition: key, before: known.newest });
    }
    const partition = known ?? { key, newest: position, committable: undefined, last: undefined };
    if (known === undefined) this.#partitions.set(key, partition);
    else known.newest = position;
    this.#next = { partition, position };
  }

  /** That item was let in. */
  enter(number: number): void {
    const { partition, position } = this.#next!;
    const before = partition.last;
    const after = undefined;
    const open: Open = { number, partition, upTo: position, before, after, left: 1, untaken: 0 };
    if (before !== undefined) before.after = open;
    partition.last = open;
    this.#open.set(number, open);
  }

  /** So many results of the item can be taken now, behind those of others. */
  ready(number: number, results: number): void {
    const open = this.#open.get(number);
    if (open === undefined) return;
    if (results === 0) return this.#pass(open);
    open.untaken = results;
    this.#waiting.push(open);
  }

  /** The item has one more dead letter that is to be stored. */
  buried(number: number): void {
    const open = this.#open.get(number);
    if (open !== undefined) open.left++;
  }

  stored(number: number): void {
    const open = this.#open.get(number);
    if (open !== undefined) this.#pass(open);
  }

  /** So many results were handed out. */
  taken(results: number): void {
    for (let left = results; left > 0 && this.#head < this.#waiting.length;) {
      const open = this.#waiting[this.#head]!;
      const some = Math.min(left, open.untaken);
      open.untaken -= some;
      left -= some;
      if (open.untaken > 0) return;
      this.#inHand.push(open);
      this.#head++;
    }
    if (this.#head < this.#waiting.length) return;
    this.#waiting.length = 0;
    this.#head = 0;
  }

  /** The next result was asked for: the consumer is done with those before. */
  asked(): void {
    if (this.#inHand.length === 0) return;
    const done = this.#inHand;
    this.#inHand = [];
    for (const open of done) this.#pass(open);
  }

  /** What is in flight will not be done. */
  stop(): void {
    this.#open.clear();
    this.#waiting.length = 0;
    this.#head = 0;
  }

  /** The consumer has left, whatever it has in hand. */
  leave(): void {
    this.#inHand.length = 0;
  }

  /** Tells what is new, each partition once. */
  tell(): void {
    const { onCommittable } = this.#options;
    const changed = [...this.#changed];
    this.#changed.clear();
    try {
      for (const { key, committable } of changed) onCommittable!(key, committable!);
    } catch (error) {
      this.onFailed(error);
    }
  }

  /** Of each partition that has some. */
  get committable(): Map<PartitionKey, Position> {
    const all = new Map<PartitionKey, Position>();
    for (const { key, committable } of this.#partitions.values()) {
      if (committable !== undefined) all.set(key, committable);
    }
    return all;
  }

  /** One of the things that the item waits for is over. */
  #pass(open: Open): void {
    if (--open.left > 0) return;
    const { number, partition, before, after, upTo } = open;
    this.#open.delete(number);
    if (after === undefined) partition.last = before;
    else after.before = before;
    if (before === undefined) return this.#commit(partition, upTo);
    before.after = after;
    before.upTo = upTo;
  }

  #commit(partition: Partition, position: Position): void {
    partition.committable = position;
    if (this.#options.onCommittable === undefined) return;
    this.#changed.add(partition);
    if (this.#isTelling) return;
    this.#isTelling = true;
    setImmediate(() => {
      this.#isTelling = false;
      this.tell();
    });
  }
}

/** @throws DlbError ERR_DLB_INVALID_ARGUMENT */
function check(key: unknown, position: unknown): void {
  if (typeof key !== 'string' && typeof key !== 'number') {
    throw invalid('a partition is a string or a number', 'partition', key);
  }
  if (typeof position === 'bigint' || Number.isSafeInteger(position)) return;
  const what = 'a position is a bigint, or a number that is a safe integer';
  throw invalid(what, 'position', position, { partition: key });
}
