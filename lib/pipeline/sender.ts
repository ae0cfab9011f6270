/**
 * What becomes of an event when its call is through: writes the result beside the item, and turns the event
 * into the one that goes on.
 *
 * Runs on: the worker. Writes: the half of the cell that does not hold the item, the event's words. What the
 * cell says of the item stays as it is until the event is enqueued, so a thread may die at any point.
 */
import { EventBurst } from '../eventdev/event-burst.js';
import { OP, REFUSAL } from '../eventdev/event.js';
import type { BufferPool } from '../mempool/index.js';
import type { Port } from '../port/index.js';
import { NO_HOME } from './cell.js';
import type { Cell } from './cell.js';
import type { Cells } from './cells.js';
import { decodeCopy, Encoder, KIND } from './codec.js';
import type { SharedMemory } from './structured.js';
import { MANY } from './contract.js';
import type { Many } from './contract.js';
import { packFailure, withoutItem } from './failure.js';
import type { Failure } from './failure.js';
import { invalid } from '../crew/checks.js';
import { isMany, MANY_NAME } from '../crew/many.js';
import { OUT_QUEUE } from './plan.js';
import type { StageRunner } from './stage-runner.js';
import { HALF_BIT } from './task.js';
import { highOfLarge } from './large-ids.js';

/** Most pieces of one call. */
const PIECES_BURST = 1024;

export class Sender {
  /** Microseconds, see `clock`: written with each item. */
  stamp = 0;
  readonly #port: Port;
  readonly #pool: BufferPool;
  readonly #cells: Cells;
  readonly #bytes: number;
  /** Items may become several, so each has its part of the whole. */
  readonly #hasParts: boolean;
  readonly #encoder = new Encoder();
  readonly #pieces: EventBurst;
  /** Buffers of the pieces, or -1. */
  readonly #homes: number[] = [];

  constructor(port: Port, cells: Cells, bytes: number, hasParts: boolean) {
    this.#port = port;
    this.#pool = port.buffers!;
    this.#cells = cells;
    this.#bytes = bytes;
    this.#hasParts = hasParts;
    this.#pieces = new EventBurst(hasParts ? PIECES_BURST : 1);
  }

  /**
   * Event `i` ends with this result, and pieces of it, if any, are enqueued.
   * @param grown a larger cell that the call has made for its result.
   * @throws what the encoder or the key function of the next stage throws: nothing has happened then.
   */
  finish(
    burst: EventBurst,
    i: number,
    cell: Cell,
    result: unknown,
    runner: StageRunner,
    grown: Cell | undefined,
  ): number {
    if (result === undefined) return this.end(burst, i, cell, KIND.ENDED);
    const pieces = piecesOf(result);
    if (pieces === undefined) return this.#one(burst, i, cell, result, runner, grown);
    if (pieces.length === 0) return this.end(burst, i, cell, KIND.ENDED);
    checkNested(pieces, runner);
    if (pieces.length === 1) return this.#one(burst, i, cell, pieces[0], runner, grown);
    if (runner.next === undefined) return this.#bundle(burst, i, cell, pieces, runner);
    return this.#several(burst, i, cell, pieces, runner);
  }

  /** Event `i` goes out without a value. */
  end(burst: EventBurst, i: number, cell: Cell, kind: number): number {
    const half = cell.half ^ 1;
    this.#fill(cell, half, kind, 0);
    this.#address(burst, i, cell, half);
    burst.setQueueId(i, OUT_QUEUE);
    return kind;
  }

  /** Event `i` goes out with an error; without its item, or without anything, where there is no memory for more. */
  fail(burst: EventBurst, i: number, cell: Cell, kind: number, failure: Failure): number {
    if (
      !this.#tryToFail(burst, i, cell, kind, failure) &&
      !this.#tryToFail(burst, i, cell, kind, withoutItem(failure))
    ) {
      return this.end(burst, i, cell, kind);
    }
    burst.setQueueId(i, OUT_QUEUE);
    return kind;
  }

  #tryToFail(burst: EventBurst, i: number, cell: Cell, kind: number, failure: Failure): boolean {
    try {
      const length = this.#encoder.write(packFailure(failure), 'bytes', cell.otherRoom);
      // The item is in it, and with it what that shares.
      this.#place(burst, i, cell, cell.half ^ 1, length, kind, cell.shared);
      return true;
    } catch {
      return false;
    }
  }

  /** A cell in place of `cell` whose rooms hold `bytes`; not announced. */
  grow(cell: Cell, bytes: number, shared?: SharedMemory): Cell {
    const grown = this.#cells.large.prepare(cell.root, Math.max(bytes, cell.bytes), shared);
    grown.begin(cell.root, cell.session, cell.home);
    return grown;
  }

  #one(
    burst: EventBurst,
    i: number,
    cell: Cell,
    result: unknown,
    runner: StageRunner,
    grown: Cell | undefined,
  ): number {
    const { next } = runner;
    const flow = next === undefined ? -1 : next.flowFor(result);
    const kind = this.#write(burst, i, cell, result, runner.settings.codec, grown);
    this.#direct(burst, i, next, flow);
    return kind;
  }

  #bundle(
    burst: EventBurst,
    i: number,
    cell: Cell,
    pieces: readonly unknown[],
    runner: StageRunner,
  ): number {
    const encoder = this.#encoder;
    const { codec } = runner.settings;
    const values = pieces.map((piece) => asItWas(piece, cell));
    const length = encoder.writeBundle(values, codec, cell.otherRoom);
    this.#place(burst, i, cell, cell.half ^ 1, length, KIND.BUNDLE, encoder.shared);
    burst.setQueueId(i, OUT_QUEUE);
    return KIND.BUNDLE;
  }

  /** All pieces but the last become events of their own, before the one that they are pieces of. They are
   *  enqueued when all are written: what throws before that has done nothing. */
  #several(
    burst: EventBurst,
    i: number,
    cell: Cell,
    results: readonly unknown[],
    runner: StageRunner,
  ): number {
    const next = runner.next!;
    const { codec } = runner.settings;
    checkPieces(results.length, cell, runner);
    // The list is the handler's, and key functions may change it. The item itself stays as it is, with its part
    // of the whole: it may have to be called once more.
    const pieces = results.map((piece) =>
      piece === cell.content
        ? decodeCopy(cell.kind, cell.content, cell.shared)
        : asItWas(piece, cell),
    );
    const flows = pieces.map((piece) => next.flowFor(piece));
    const { start, weight } = cell;
    const cut = (k: number): number => start + Math.floor((weight * k) / pieces.length);
    const last = pieces.length - 1;
    try {
      for (let k = 0; k < last; k++) {
        const at = this.#pieces.append(burst, i);
        this.#pieces.setOp(at, OP.FRAGMENT);
        this.#write(this.#pieces, at, this.#newPiece(cell, at), pieces[k], codec, undefined, 0);
        this.#cellAt(this.#pieces, at).place(0, cut(k), cut(k + 1) - cut(k));
        this.#direct(this.#pieces, at, next, flows[k]!);
      }
      const kind = this.#write(burst, i, cell, pieces[last], codec, undefined);
      const half = burst.payloadHigh(i) & HALF_BIT;
      this.#cellAt(burst, i).place(half, cut(last), start + weight - cut(last));
      this.#flushPieces();
      this.#direct(burst, i, next, flows[last]!);
      return kind;
    } catch (error) {
      this.#dropPieces();
      throw error;
    }
  }

  #cellAt(burst: EventBurst, i: number): Cell {
    return this.#cells.find(burst.payload(i), burst.payloadHigh(i))!;
  }

  /** A cell for a piece of what is in `cell`. */
  #newPiece(cell: Cell, at: number): Cell {
    const handle = this.#pool.alloc();
    const isLarge = handle < 0;
    const piece = isLarge
      ? this.#cells.large.make(cell.root, this.#bytes)
      : this.#cells.ofBuffer(handle);
    piece.begin(cell.root, cell.session, isLarge ? NO_HOME : handle);
    // What the buffer held before is no item of this call.
    piece.half = 0;
    piece.fill(0, KIND.ENDED, 0, this.stamp);
    this.#homes[at] = handle;
    return piece;
  }

  /** The pieces that were written are not wanted. Large cells end with their root. */
  #dropPieces(): void {
    for (let at = 0; at < this.#pieces.length; at++) {
      if (this.#homes[at]! >= 0) this.#pool.free(this.#homes[at]!);
    }
    this.#pieces.clear();
  }

  /** Writes a value where the item is not; into a larger cell if it does not fit. Returns its kind. */
  #write(
    burst: EventBurst,
    i: number,
    cell: Cell,
    value: unknown,
    codec: Parameters<Encoder['write']>[1],
    grown: Cell | undefined,
    half = cell.half ^ 1,
  ): number {
    const encoder = this.#encoder;
    const room = grown === undefined ? cell.rooms[half]! : grown.rooms[0];
    const isBytes = codec === 'auto' || codec === 'bytes';
    const inPlace = isBytes ? lengthIn(room, value) : -1;
    if (inPlace >= 0) {
      if (grown !== undefined) this.#cells.large.announce(grown);
      return this.#placed(
        burst,
        i,
        grown ?? cell,
        grown === undefined ? half : 0,
        KIND.BYTES,
        inPlace,
        cell,
      );
    }
    if (isBytes && value === cell.content) {
      const { kind } = cell;
      cell.keep(this.stamp);
      this.#address(burst, i, cell, cell.half);
      return kind;
    }
    const length = encoder.write(asItWas(value, cell), codec, cell.rooms[half]!);
    return this.#place(burst, i, cell, half, length, encoder.kind, encoder.shared);
  }

  /** What the encoder has written into the half; into a larger cell what did not fit. Returns its kind. */
  #place(
    burst: EventBurst,
    i: number,
    cell: Cell,
    half: number,
    length: number,
    kind: number,
    shared: SharedMemory,
  ): number {
    if (length >= 0) return this.#placed(burst, i, cell, half, kind, length, cell);
    const larger = this.grow(cell, this.#encoder.needed, shared);
    this.#cells.large.announce(larger);
    const kept = this.#encoder.writeKept(larger.rooms[0]);
    return this.#placed(burst, i, larger, 0, kind, kept, cell);
  }

  #placed(
    burst: EventBurst,
    i: number,
    cell: Cell,
    half: number,
    kind: number,
    length: number,
    before: Cell,
  ): number {
    if (this.#hasParts) cell.place(half, before.start, before.weight);
    cell.fill(half, kind, length, this.stamp);
    this.#address(burst, i, cell, half);
    return kind;
  }

  #fill(cell: Cell, half: number, kind: number, length: number): void {
    if (this.#hasParts) cell.place(half, cell.start, cell.weight);
    cell.fill(half, kind, length, this.stamp);
  }

  #address(burst: EventBurst, i: number, cell: Cell, half: number): void {
    burst.setPayload(i, cell.id);
    burst.setPayloadHigh(i, cell.isLarge ? highOfLarge(cell.id, half) : half);
  }

  /** Event `i` goes to the stage, or out; with a flow of -1 it keeps its own. */
  #direct(burst: EventBurst, i: number, next: StageRunner | undefined, flow: number): void {
    if (next === undefined) return burst.setQueueId(i, OUT_QUEUE);
    if (flow >= 0) burst.setFlowId(i, flow);
    burst.setQueueId(i, next.queueFor(flow >= 0 ? flow : burst.flowId(i)));
  }

  /** Pieces are never refused for good: at most they wait until the scheduler has emptied the ring. */
  #flushPieces(): void {
    const pieces = this.#pieces;
    for (let sent = 0; sent < pieces.length;) {
      sent += this.#port.enqueueBurst(pieces, sent);
      const { refusal } = this.#port;
      // The domain has stopped: nobody waits for them.
      if (refusal !== REFUSAL.NONE && refusal !== REFUSAL.RING_FULL) break;
    }
    pieces.clear();
  }
}

/** @throws DlbError ERR_DLB_INVALID_ARGUMENT */
function checkPieces(results: number, cell: Cell, { settings }: StageRunner): void {
  const { pieces, name } = settings;
  if (results <= pieces && results <= cell.weight) return;
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

function piecesOf(result: unknown): readonly unknown[] | undefined {
  if (typeof result !== 'object' || result === null) return undefined;
  return (result as Partial<Many<unknown>>)[MANY];
}

/** Handlers get all bytes as a Buffer. What they return of those of a Uint8Array is one, as the item was. */
function asItWas(value: unknown, cell: Cell): unknown {
  if (cell.kind !== KIND.BYTES || !Buffer.isBuffer(value)) return value;
  const { buffer, byteOffset, length } = value;
  if (buffer !== cell.content.buffer && buffer !== cell.lent?.buffer) return value;
  return new Uint8Array(buffer, byteOffset, length);
}

/** Length of a value that is the front of the room already, or -1. */
function lengthIn(room: Buffer, value: unknown): number {
  if (!(value instanceof Uint8Array) || value.buffer !== room.buffer) return -1;
  return value.byteOffset === room.byteOffset && value.length <= room.length ? value.length : -1;
}
