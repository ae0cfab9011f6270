/**
 * The items that were let in, until the last part of each has come out.
 *
 * An item may become several on its way. Each of them has its part of the whole, a piece of the line from 0
 * to WHOLE; the item is through when the parts that have come out add up to it, and their order on the line is
 * the order of its results. (Termination by weight throwing, Mattern 1989; here the weights are intervals.)
 */
import { DlbError } from '../eventdev/errors.js';
import { messageOf } from '../crew/message-of.js';
import type { Cell } from './cell.js';
import { decodeCopy, KIND, readBundle } from './codec.js';
import { decodePlain } from './plain.js';
import type { DeadLetter, MaybePromise } from './contract.js';
import { deadLetterOf, errorOf, readFailure } from './failure.js';

/** Whoever let an item in, and gets what becomes of it. */
export interface ItemOwner {
  /** False: nobody looks at the values any more. */
  readonly wants: boolean;
  /** The item is through, with one result. */
  result(number: number, value: unknown): void;
  /** The item is through, with none or several. */
  results(number: number, values: readonly unknown[]): void;
  /** It failed for good, in whole or in part. Its end comes all the same. */
  failed(number: number, error: unknown): void;
  /** As `failed`, but the error goes to the dead letters. */
  buried(number: number, error: unknown): void;
  /** A dead letter of it is stored. Comes behind the item's end, or before. */
  stored(number: number): void;
}

/** Parts of up to 1024, four stages deep, are at least 1 long. */
export const WHOLE = 2 ** 52;

interface Part {
  readonly start: number;
  readonly values: readonly unknown[];
}
/** Of an item that has become several, what has come out so far. */
interface Parts {
  /** How much of the whole. */
  seen: number;
  readonly list: Part[];
}

/** Plain values of a pack, or why they cannot be read. */
type Values = { readonly values: readonly unknown[] } | { readonly error: unknown };

const NONE: readonly unknown[] = [];
const NOBODY: ItemOwner = {
  wants: false,
  result: () => {},
  results: () => {},
  failed: () => {},
  buried: () => {},
  stored: () => {},
};

export class Roots {
  /** Called with a root of which all has come out. */
  release: (root: number) => void = () => {};
  /** An item failed for good. */
  onFailed: (error: DlbError) => void = () => {};
  /** Why the thread with this number died. */
  causeOf: (thread: number) => unknown = () => undefined;
  /** A dead letter was taken, and its root released. */
  onBuried: () => void = () => {};
  /** What a dead letter's taker threw. */
  onBurialFailed: (error: unknown) => void = () => {};
  /** Roots that wait for nothing but a taker of dead letters. */
  burying = 0;
  /** Whose results come out. */
  lastStage = '';
  // By root: columns are a third of the time of objects.
  readonly #owners: ItemOwner[];
  readonly #numbers: Float64Array;
  readonly #parts = new Map<number, Parts>();
  /** How many dead letters of the item are being taken. */
  readonly #burials = new Map<number, number>();
  readonly #hasParts: boolean;
  readonly #onDeadLetter: ((letter: DeadLetter) => MaybePromise<void>) | undefined;

  constructor(
    count: number,
    hasParts: boolean,
    onDeadLetter: ((letter: DeadLetter) => MaybePromise<void>) | undefined,
  ) {
    this.#owners = Array<ItemOwner>(count).fill(NOBODY);
    this.#numbers = new Float64Array(count);
    this.#hasParts = hasParts;
    this.#onDeadLetter = onDeadLetter;
  }

  begin(root: number, owner: ItemOwner, number: number): void {
    this.#owners[root] = owner;
    this.#numbers[root] = number;
  }

  /** Takes out what is in the cell. */
  takeOut(cell: Cell): void {
    const { count, plain } = cell;
    const values = plain === undefined ? undefined : readPlain(plain);
    for (let i = 0; i < count; i++) if (!cell.isGone(i)) this.#takeOut(cell, i, values);
  }

  #takeOut(cell: Cell, i: number, plain: Values | undefined): void {
    const root = cell.root(i);
    const kind = cell.kind(i);
    const isWhole = !this.#hasParts || cell.weight(i) === WHOLE;
    if (isWhole && kind < KIND.BUNDLE) {
      // The common case, without a list.
      const owner = this.#owners[root]!;
      const number = this.#numbers[root]!;
      let value: unknown;
      try {
        if (owner.wants) value = valueOf(cell, i, plain);
      } catch (error) {
        this.#unreadable(root, error);
        return this.#end(root, NONE);
      }
      this.#forget(root);
      return owner.result(number, value);
    }
    const values = this.#valuesIn(cell, i, root, plain);
    if (isWhole) return this.#end(root, values);
    const parts = this.#parts.get(root) ?? { seen: 0, list: [] };
    if (values.length > 0) parts.list.push({ start: cell.start(i), values });
    parts.seen += cell.weight(i);
    if (parts.seen < WHOLE) return void this.#parts.set(root, parts);
    this.#parts.delete(root);
    if (parts.seen > WHOLE) {
      const number = this.#numbers[root];
      throw new DlbError('ERR_DLB_INTERNAL_ERROR', 'more came out than was let in', { number });
    }
    const inOrder = parts.list.toSorted((a, b) => a.start - b.start);
    this.#end(
      root,
      inOrder.flatMap((part) => part.values),
    );
  }

  /** None of them will come out, and their owners know. */
  disown(): void {
    this.#owners.fill(NOBODY);
  }

  #valuesIn(cell: Cell, i: number, root: number, plain: Values | undefined): readonly unknown[] {
    const kind = cell.kind(i);
    if (kind === KIND.FAILED || kind === KIND.DEAD) this.#failed(cell, i, root);
    if (kind > KIND.BUNDLE || !this.#owners[root]!.wants) return NONE;
    try {
      if (kind === KIND.BUNDLE) return readBundle(cell.content(i), cell.shared);
      return [valueOf(cell, i, plain)];
    } catch (error) {
      this.#unreadable(root, error);
      return NONE;
    }
  }

  /** A result is in bytes that this thread cannot read: its item has failed, and no other. */
  #unreadable(root: number, cause: unknown): void {
    const details = { stage: this.lastStage, reason: messageOf(cause) };
    const error = new DlbError('ERR_DLB_STAGE_FAILED', 'a result cannot be read', details);
    error.cause = cause;
    this.onFailed(error);
    this.#owners[root]!.failed(this.#numbers[root]!, error);
  }

  #failed(cell: Cell, i: number, root: number): void {
    const failure = readFailure(cell, i);
    const error = errorOf(failure, this.causeOf);
    this.onFailed(error);
    const owner = this.#owners[root]!;
    const number = this.#numbers[root]!;
    if (cell.kind(i) === KIND.DEAD && this.#onDeadLetter !== undefined) {
      owner.buried(number, error);
      void this.#bury(deadLetterOf(failure, error, cell.shared), root);
    } else owner.failed(number, error);
  }

  /** While its taker is at work, the root keeps its slot: a slow one holds back the source. */
  async #bury(letter: DeadLetter, root: number): Promise<void> {
    const owner = this.#owners[root]!;
    const number = this.#numbers[root]!;
    this.#burials.set(root, (this.#burials.get(root) ?? 0) + 1);
    try {
      await this.#onDeadLetter!(letter);
    } catch (error) {
      return this.onBurialFailed(error);
    }
    const left = this.#burials.get(root)! - 1;
    if (left > 0) this.#burials.set(root, left);
    else this.#burials.delete(root);
    owner.stored(number);
    if (left > 0 || this.#owners[root] !== NOBODY) return;
    this.burying--;
    this.release(root);
    this.onBuried();
  }

  #end(root: number, values: readonly unknown[]): void {
    const owner = this.#owners[root]!;
    const number = this.#numbers[root]!;
    this.#forget(root);
    if (values.length === 1) owner.result(number, values[0]);
    else owner.results(number, values);
  }

  #forget(root: number): void {
    this.#owners[root] = NOBODY;
    if (this.#burials.size > 0 && this.#burials.has(root)) this.burying++;
    else this.release(root);
  }
}

function readPlain(plain: Buffer): Values {
  try {
    return { values: decodePlain(plain) };
  } catch (error) {
    return { error };
  }
}

/** With memory of its own. @throws why it cannot be read. */
function valueOf(cell: Cell, i: number, plain: Values | undefined): unknown {
  const kind = cell.kind(i);
  if (kind === KIND.STRING) return cell.text(i);
  if (kind !== KIND.PLAIN) return decodeCopy(kind, cell.content(i), cell.shared);
  if (plain !== undefined && 'values' in plain) return plain.values[cell.offset(i)];
  throw plain?.error;
}
