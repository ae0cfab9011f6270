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
interface Root {
  owner: ItemOwner;
  number: number;
  /** How much of the whole has come out. */
  seen: number;
  parts: Part[];
  /** Dead letters of it that are being taken. */
  burials: number;
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
  readonly #roots: Root[];
  readonly #hasParts: boolean;
  readonly #onDeadLetter: ((letter: DeadLetter) => MaybePromise<void>) | undefined;

  constructor(
    count: number,
    hasParts: boolean,
    onDeadLetter: ((letter: DeadLetter) => MaybePromise<void>) | undefined,
  ) {
    this.#roots = Array.from({ length: count }, () => ({
      owner: NOBODY,
      number: 0,
      seen: 0,
      parts: [],
      burials: 0,
    }));
    this.#hasParts = hasParts;
    this.#onDeadLetter = onDeadLetter;
  }

  begin(root: number, owner: ItemOwner, number: number): void {
    const begun = this.#roots[root]!;
    begun.owner = owner;
    begun.number = number;
  }

  /** Takes out what is in the cell. */
  takeOut(cell: Cell): void {
    const { count, plain } = cell;
    const values = plain === undefined ? undefined : readPlain(plain);
    for (let i = 0; i < count; i++) if (!cell.isGone(i)) this.#takeOut(cell, i, values);
  }

  #takeOut(cell: Cell, i: number, plain: Values | undefined): void {
    const index = cell.root(i);
    const kind = cell.kind(i);
    const root = this.#roots[index]!;
    const isWhole = !this.#hasParts || cell.weight(i) === WHOLE;
    if (isWhole && kind < KIND.BUNDLE) {
      // The common case, without a list.
      const { owner, number } = root;
      let value: unknown;
      try {
        if (owner.wants) value = valueOf(cell, i, plain);
      } catch (error) {
        this.#unreadable(root, error);
        return this.#end(index, root, NONE);
      }
      this.#forget(index, root);
      return owner.result(number, value);
    }
    const values = this.#valuesIn(cell, i, root, index, plain);
    if (isWhole) return this.#end(index, root, values);
    if (values.length > 0) root.parts.push({ start: cell.start(i), values });
    root.seen += cell.weight(i);
    if (root.seen < WHOLE) return;
    root.parts.sort((a, b) => a.start - b.start);
    this.#end(
      index,
      root,
      root.parts.flatMap((part) => part.values),
    );
  }

  /** None of them will come out, and their owners know. */
  disown(): void {
    for (const root of this.#roots) root.owner = NOBODY;
  }

  #valuesIn(
    cell: Cell,
    i: number,
    root: Root,
    index: number,
    plain: Values | undefined,
  ): readonly unknown[] {
    const kind = cell.kind(i);
    if (kind === KIND.FAILED || kind === KIND.DEAD) this.#failed(cell, i, root, index);
    if (kind > KIND.BUNDLE || !root.owner.wants) return NONE;
    try {
      if (kind === KIND.BUNDLE) return readBundle(cell.content(i), cell.shared);
      return [valueOf(cell, i, plain)];
    } catch (error) {
      this.#unreadable(root, error);
      return NONE;
    }
  }

  /** A result is in bytes that this thread cannot read: its item has failed, and no other. */
  #unreadable(root: Root, cause: unknown): void {
    const details = { stage: this.lastStage, reason: messageOf(cause) };
    const error = new DlbError('ERR_DLB_STAGE_FAILED', 'a result cannot be read', details);
    error.cause = cause;
    this.onFailed(error);
    root.owner.failed(root.number, error);
  }

  #failed(cell: Cell, i: number, root: Root, index: number): void {
    const failure = readFailure(cell, i);
    const error = errorOf(failure, this.causeOf);
    this.onFailed(error);
    if (cell.kind(i) === KIND.DEAD && this.#onDeadLetter !== undefined) {
      root.owner.buried(root.number, error);
      void this.#bury(deadLetterOf(failure, error, cell.shared), root, index);
    } else root.owner.failed(root.number, error);
  }

  /** While its taker is at work, the root keeps its slot: a slow one holds back the source. */
  async #bury(letter: DeadLetter, root: Root, index: number): Promise<void> {
    const { owner, number } = root;
    root.burials++;
    try {
      await this.#onDeadLetter!(letter);
    } catch (error) {
      return this.onBurialFailed(error);
    }
    root.burials--;
    owner.stored(number);
    if (root.burials > 0 || root.owner !== NOBODY) return;
    this.burying--;
    this.release(index);
    this.onBuried();
  }

  #end(index: number, root: Root, values: readonly unknown[]): void {
    const { owner, number } = root;
    if (root.seen > WHOLE) {
      throw new DlbError('ERR_DLB_INTERNAL_ERROR', 'more came out than was let in', { number });
    }
    this.#forget(index, root);
    if (values.length === 1) owner.result(number, values[0]);
    else owner.results(number, values);
  }

  #forget(index: number, root: Root): void {
    root.owner = NOBODY;
    root.seen = 0;
    if (root.parts.length > 0) root.parts = [];
    if (root.burials === 0) this.release(index);
    else this.burying++;
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
  if (kind !== KIND.PLAIN) return decodeCopy(kind, cell.content(i), cell.shared);
  if (plain !== undefined && 'values' in plain) return plain.values[cell.offset(i)];
  throw plain?.error;
}
