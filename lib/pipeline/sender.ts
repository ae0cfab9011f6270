/**
 * What becomes of the items of a parcel: results in packs, by where they go, and the events that carry them.
 *
 * Runs on: the worker. Writes: cells that hold no item of a stage, the half of a parcel's cell that does not hold its
 * pack, the port. All that becomes of a parcel is one burst: its pieces, and what completes or renews its event. So a thread
 * may die at any point, and either all of it has gone on or nothing.
 */
import { EventBurst } from '../eventdev/event-burst.js';
import { OP, REFUSAL } from '../eventdev/event.js';
import type { BufferPool } from '../mempool/index.js';
import type { Port } from '../port/index.js';
import { ITEMS_MAX, NO_HOME } from './cell.js';
import type { Board } from './board.js';
import type { Cell } from './cell.js';
import type { Cells } from './cells.js';
import type { CallContext } from './call-context.js';
import { Encoder, KIND } from './codec.js';
import { MANY } from './contract.js';
import type { Many } from './contract.js';
import { packFailure, withoutItem } from './failure.js';
import type { Failure } from './failure.js';
import { invalid } from '../crew/checks.js';
import { isMany, MANY_NAME } from '../crew/many.js';
import { highOfLarge } from './large-ids.js';
import { PackBuilder, writeLarge } from './pack-builder.js';
import { STATE } from './parcel.js';
import type { LargeResult, Parcel } from './parcel.js';
import { OUT_QUEUE, PACK_BYTES } from './plan.js';
import type { StageRunner } from './stage-runner.js';
import { MASK_SHIFT } from './task.js';

/** Events that are sent at once, as far as they come. */
const OUTGOING = 256;

interface Part {
  readonly start: number;
  readonly weight: number;
}

export class Sender {
  /** Microseconds, see `clock`: written with each pack. */
  stamp = 0;
  readonly #port: Port;
  readonly #board: Board;
  readonly #pool: BufferPool;
  readonly #cells: Cells;
  /** Most bytes of an item in a pack. */
  readonly #bytes: number;
  /** Items may become several, so each has its part of the whole. */
  readonly #hasParts: boolean;
  readonly #encoder = new Encoder();
  readonly #outgoing = new EventBurst(OUTGOING);
  /** Bursts sent so far. */
  #flushes = 0;
  /** Of the item for which a pack was looked for last. */
  #flow = 0;

  constructor(port: Port, board: Board, cells: Cells, bytes: number, hasParts: boolean) {
    this.#port = port;
    this.#board = board;
    this.#pool = port.buffers!;
    this.#cells = cells;
    this.#bytes = bytes;
    this.#hasParts = hasParts;
  }

  /**
   * Item `i` ends with this result. Returns the kind of what it became.
   * @throws what the encoder or the key function of the next stage throws: nothing has happened then.
   */
  finish(parcel: Parcel, i: number, result: unknown, context: CallContext): number {
    if (result === undefined) return this.end(parcel, i, KIND.ENDED);
    const { runner } = parcel;
    const pieces = piecesOf(result);
    if (pieces === undefined) return this.#one(parcel, i, asItWas(result, parcel, i, context));
    if (pieces.length === 0) return this.end(parcel, i, KIND.ENDED);
    checkNested(pieces, runner);
    const values = pieces.map((piece) => asItWas(piece, parcel, i, context));
    if (values.length === 1) return this.#one(parcel, i, values[0]);
    if (runner.next === undefined) return this.#bundle(parcel, i, values);
    return this.#several(parcel, i, values);
  }

  /** Item `i` goes out without a value. */
  end(parcel: Parcel, i: number, kind: number): number {
    const cell = parcel.cell!;
    const pack = this.#packFor(parcel, OUT_QUEUE, 0);
    pack.addEnd(cell.root(i), cell.flow(i), kind);
    this.#added(parcel, pack, this.#partOf(cell, i));
    return kind;
  }

  /** Item `i` goes out with an error; without its item, or without anything, where there is no memory for more. */
  fail(parcel: Parcel, i: number, kind: number, failure: Failure): number {
    const isTold =
      this.#tryToFail(parcel, i, kind, failure) ||
      this.#tryToFail(parcel, i, kind, withoutItem(failure));
    return isTold ? kind : this.end(parcel, i, kind);
  }

  /** Item `i` goes back to its queue, as it came, for whoever has a place for it. False if it cannot. */
  giveBack(parcel: Parcel, i: number): boolean {
    const cell = parcel.cell!;
    if (cell.isLarge) return false;
    parcel.begin(i);
    const { event } = parcel;
    const pack = this.#packFor(parcel, event.queueId(0), event.flowId(0));
    pack.addItem(cell, i, cell.kind(i) === KIND.PLAIN ? parcel.item(i) : undefined);
    this.#closeIfFull(parcel, pack);
    return true;
  }

  /** All that has become of the parcel's items so far goes with its event, which is over. */
  complete(parcel: Parcel): void {
    const results = [...parcel.closed, ...parcel.open.packs];
    const last = results.pop()!;
    for (const result of results) this.#piece(parcel, result);
    this.#final(parcel, last);
    parcel.forget();
  }

  /** All that has become of the parcel's items so far goes on; the others stay with its event. */
  renew(parcel: Parcel): void {
    const cell = parcel.cell!;
    // A second mask would be the one that counts as long as the first is not sent.
    if (parcel.renewal === this.#flushes) this.flush();
    for (const result of [...parcel.closed, ...parcel.open.packs]) this.#piece(parcel, result);
    parcel.forget();
    const mask = cell.writeOtherMask((i) => parcel.isSent(i));
    const high = cell.isLarge ? highOfLarge(cell.id, cell.half) : cell.half;
    parcel.event.setPayloadHigh(0, high | (mask << MASK_SHIFT));
    const at = this.#append(parcel.event);
    this.#outgoing.setRenewal(at);
    parcel.renewal = this.#flushes;
    cell.select(cell.half, mask);
    for (let i = 0; i < parcel.count; i++) if (parcel.isSent(i)) parcel.states[i] = STATE.GONE;
  }

  /** Sends what is in line. */
  flush(): void {
    const outgoing = this.#outgoing;
    this.#flushes++;
    for (let sent = 0; sent < outgoing.length;) {
      sent += this.#port.enqueueBurst(outgoing, sent);
      const { refusal } = this.#port;
      // Pieces wait, at most until the scheduler has emptied the ring, and nobody for them when the domain has stopped.
      if (refusal !== REFUSAL.NONE && refusal !== REFUSAL.RING_FULL) break;
    }
    outgoing.clear();
  }

  #tryToFail(parcel: Parcel, i: number, kind: number, failure: Failure): boolean {
    const cell = parcel.cell!;
    try {
      const bytes = packFailure(failure);
      const pack = this.#packFor(parcel, OUT_QUEUE, 0);
      // The item is in it, and with it what that shares.
      const fits = this.#guarded(parcel, pack, () =>
        this.#encoder.writeBytes(bytes, kind, pack.stage, this.#bytes, cell.shared),
      );
      this.#written(parcel, i, pack, cell.flow(i), fits, this.#partOf(cell, i));
      return true;
    } catch {
      return false;
    }
  }

  #one(parcel: Parcel, i: number, value: unknown): number {
    const cell = parcel.cell!;
    const { next, settings } = parcel.runner;
    const pack = this.#packOf(parcel, i, next === undefined ? -1 : next.flowFor(value));
    const flow = this.#flow;
    let fits = false;
    try {
      fits = this.#encoder.write(value, settings.codec, pack.stage, this.#bytes);
    } finally {
      if (!fits) dropEmpty(parcel, pack);
    }
    this.#written(parcel, i, pack, flow, fits, this.#partOf(cell, i));
    return this.#encoder.kind;
  }

  /** Several results of the last stage are one item. */
  #bundle(parcel: Parcel, i: number, values: readonly unknown[]): number {
    const cell = parcel.cell!;
    const { codec } = parcel.runner.settings;
    const pack = this.#packFor(parcel, OUT_QUEUE, 0);
    const fits = this.#guarded(parcel, pack, () =>
      this.#encoder.writeBundle(values, codec, pack.stage, this.#bytes),
    );
    this.#written(parcel, i, pack, cell.flow(i), fits, this.#partOf(cell, i));
    return KIND.BUNDLE;
  }

  /** Each is an item of its own, with its part of the whole. All are written before the first is added: what throws
   *  has done nothing. */
  #several(parcel: Parcel, i: number, values: readonly unknown[]): number {
    const cell = parcel.cell!;
    const { next, settings } = parcel.runner;
    checkPieces(values.length, cell.weight(i), parcel.runner);
    const flows = values.map((value) => next!.flowFor(value));
    const root = cell.root(i);
    const start = cell.start(i);
    const weight = cell.weight(i);
    const cut = (k: number): number => start + Math.floor((weight * k) / values.length);
    const written = values.map((value, k) => {
      const end = k === values.length - 1 ? start + weight : cut(k + 1);
      const part = { start: cut(k), weight: end - cut(k) };
      const flow = flows[k]! >= 0 ? flows[k]! : cell.flow(i);
      const one = new PackBuilder(this.#hasParts);
      if (this.#encoder.write(value, settings.codec, one.stage, this.#bytes)) {
        one.add(root, flow, this.#encoder);
        one.place(part.start, part.weight);
        return one;
      }
      return this.#inLarge(parcel, root, flow, part);
    });
    written.forEach((one, k) => {
      const pack = this.#packOf(parcel, i, flows[k]!);
      if (!(one instanceof PackBuilder)) return this.#addLarge(parcel, pack, one);
      pack.addFrom(one, 0);
      this.#closeIfFull(parcel, pack);
    });
    return this.#encoder.kind;
  }

  /** Where an item of this flow goes, -1: of its own. */
  #packOf(parcel: Parcel, i: number, flow: number): PackBuilder {
    const { next } = parcel.runner;
    this.#flow = flow >= 0 ? flow : parcel.cell!.flow(i);
    if (next === undefined) return this.#packFor(parcel, OUT_QUEUE, 0);
    const group = next.isGrouped ? this.#board.groupOf(next.index, this.#flow) : 0;
    return this.#packFor(parcel, next.queueFor(this.#flow), group);
  }

  #packFor(parcel: Parcel, queue: number, group: number): PackBuilder {
    return parcel.open.packFor(parcel.cell!.session, queue, group, parcel.event.priority(0));
  }

  /** Writes into the pack's stage; a pack that gets nothing by that is not kept. @throws what `write` throws. */
  #guarded(parcel: Parcel, pack: PackBuilder, write: () => boolean): boolean {
    let fits = false;
    try {
      return (fits = write());
    } finally {
      if (!fits) dropEmpty(parcel, pack);
    }
  }

  /** The encoder has written, or kept, what becomes of item `i`. */
  #written(
    parcel: Parcel,
    i: number,
    pack: PackBuilder,
    flow: number,
    fits: boolean,
    part: Part | undefined,
  ): void {
    const root = parcel.cell!.root(i);
    if (!fits) return this.#addLarge(parcel, pack, this.#inLarge(parcel, root, flow, part));
    pack.add(root, flow, this.#encoder);
    this.#added(parcel, pack, part);
  }

  #added(parcel: Parcel, pack: PackBuilder, part: Part | undefined): void {
    if (part !== undefined) pack.place(part.start, part.weight);
    this.#closeIfFull(parcel, pack);
  }

  #closeIfFull(parcel: Parcel, pack: PackBuilder): void {
    const most = pack.queue === OUT_QUEUE ? ITEMS_MAX : parcel.runner.nextMax;
    if (pack.count < most && pack.bytes <= PACK_BYTES) return;
    parcel.open.detach(pack);
    parcel.closed.push(pack);
  }

  /** A cell with what the encoder has kept. */
  #inLarge(parcel: Parcel, root: number, flow: number, part: Part | undefined): Cell {
    const { needed, shared } = this.#encoder;
    const cell = this.#cells.large.prepare(root, needed, shared);
    cell.begin(parcel.cell!.session, NO_HOME);
    writeLarge(cell, root, flow, this.#encoder, this.stamp, part);
    return cell;
  }

  /** Behind what was written before for the same place. */
  #addLarge(parcel: Parcel, pack: PackBuilder, cell: Cell): void {
    if (pack.count > 0) {
      parcel.open.detach(pack);
      parcel.closed.push(pack);
    } else parcel.open.drop(pack);
    parcel.closed.push({ cell, queue: pack.queue, flow: pack.flow });
  }

  /** An event more, with a result of the parcel. */
  #piece(parcel: Parcel, result: PackBuilder | LargeResult): void {
    if (!(result instanceof PackBuilder)) {
      this.#cells.large.announce(result.cell);
      return this.#put(parcel, OP.FRAGMENT, result.queue, result.flow, result.cell, 0);
    }
    const handle = this.#pool.alloc();
    const cell = handle < 0 ? undefined : this.#cells.ofBuffer(handle);
    cell?.begin(result.session, handle);
    if (cell === undefined || !result.writeTo(cell, 0, this.stamp)) {
      if (handle >= 0) this.#pool.free(handle);
      return this.#split(parcel, result);
    }
    this.#put(parcel, OP.FRAGMENT, result.queue, result.flow, cell, 0);
  }

  /** A pack for which there is no room, in pieces. */
  #split(parcel: Parcel, pack: PackBuilder): void {
    for (const one of pack.split()) {
      if (pack.count > 1) {
        this.#piece(parcel, one);
        continue;
      }
      const cell = this.#cells.large.prepare(one.rootOf(0), one.bytes);
      cell.begin(one.session, NO_HOME);
      one.writeTo(cell, 0, this.stamp);
      this.#piece(parcel, { cell, queue: one.queue, flow: one.flow });
    }
  }

  /** The parcel's own event goes on, with a result of it. */
  #final(parcel: Parcel, result: PackBuilder | LargeResult): void {
    const own = parcel.cell!;
    if (!(result instanceof PackBuilder)) {
      const { cell, queue, flow } = result;
      // What the event came in is free when this has come out.
      cell.begin(own.session, own.home);
      this.#cells.large.announce(cell);
      return this.#put(parcel, OP.FORWARD, queue, flow, cell, 0);
    }
    const half = own.half ^ 1;
    if (result.writeTo(own, half, this.stamp)) {
      return this.#put(parcel, OP.FORWARD, result.queue, result.flow, own, half);
    }
    const parts = result.split();
    const last = parts.pop()!;
    for (const part of parts) this.#piece(parcel, part);
    if (parts.length > 0) return this.#final(parcel, last);
    const cell = this.#cells.large.prepare(last.rootOf(0), last.bytes);
    last.writeTo(cell, 0, this.stamp);
    this.#final(parcel, { cell, queue: last.queue, flow: last.flow });
  }

  #put(parcel: Parcel, op: number, queue: number, flow: number, cell: Cell, half: number): void {
    const at = this.#append(parcel.event);
    const outgoing = this.#outgoing;
    outgoing.setOp(at, op);
    outgoing.setQueueId(at, queue);
    outgoing.setFlowId(at, flow);
    outgoing.setPayload(at, cell.id);
    outgoing.setPayloadHigh(at, cell.isLarge ? highOfLarge(cell.id, half) : half);
  }

  #append(event: EventBurst): number {
    if (this.#outgoing.length === OUTGOING) this.flush();
    return this.#outgoing.append(event, 0);
  }

  #partOf(cell: Cell, i: number): Part | undefined {
    return this.#hasParts ? { start: cell.start(i), weight: cell.weight(i) } : undefined;
  }
}

/** @throws DlbError ERR_DLB_INVALID_ARGUMENT */
function checkPieces(results: number, weight: number, { settings }: StageRunner): void {
  const { pieces, name } = settings;
  if (results <= pieces && results <= weight) return;
  const what = 'a call has more results than its stage may have';
  throw invalid(what, 'pieces', pieces, { stage: name, results });
}

/** @throws DlbError ERR_DLB_INVALID_ARGUMENT */
function checkNested(pieces: readonly unknown[], { settings }: StageRunner): void {
  const at = pieces.findIndex(isMany);
  if (at < 0) return;
  const details = { stage: settings.name, path: `value[${at}]`, type: MANY_NAME };
  throw invalid('a result cannot be several', 'value', pieces[at], details);
}

function dropEmpty(parcel: Parcel, pack: PackBuilder): void {
  if (pack.count === 0) parcel.open.drop(pack);
}

function piecesOf(result: unknown): readonly unknown[] | undefined {
  if (typeof result !== 'object' || result === null) return undefined;
  return (result as Partial<Many<unknown>>)[MANY];
}

/** Handlers get all bytes as a Buffer. What they return of those of a Uint8Array is one, as the item was. */
function asItWas(value: unknown, parcel: Parcel, i: number, context: CallContext): unknown {
  const cell = parcel.cell!;
  if (cell.kind(i) !== KIND.BYTES || !Buffer.isBuffer(value)) return value;
  const { buffer, byteOffset, length } = value;
  if (buffer !== cell.rooms[0].buffer && buffer !== context.lentItem?.buffer) return value;
  return new Uint8Array(buffer, byteOffset, length);
}
