/**
 * Values that the serialiser of node:v8 does not carry as they should arrive: with views, which it reads as windows of
 * the memory that they lie in; with errors, of which it keeps little; with shared memory, which it refuses.
 *
 * Views arrive with memory of their own. Errors go as `thrown.ts` packs them. Of shared memory, the bytes have the
 * number: the memory itself goes with the cell.
 */
import { Deserializer, Serializer } from 'node:v8';
import { types } from 'node:util';
import { asBytes, lengthOf } from '../crew/bytes.js';
import { CONTAINS, copyWith, isError } from '../crew/carry.js';
import { packThrown, unpackThrown } from '../crew/thrown.js';
import { viewClass, viewOf } from '../crew/views.js';
import { isOfCell } from './cell.js';

/** What follows in the bytes. */
const VIEW = 0;
const SHARED_VIEW = 1;
const SHARED_MEMORY = 2;
const ERROR = 3;
/** What the serialiser is given a view in the place of. */
const REPLACED = CONTAINS.ERRORS | CONTAINS.SHARED_MEMORY;

/** Memory that more than one thread has, as it goes with a cell. */
export type SharedMemory = readonly SharedArrayBuffer[];

/**
 * @param contains what `lookThrough` said of the value.
 * @param shared is given the shared memory in the value.
 * @throws what the serialiser throws.
 */
export function writeSpecial(
  value: unknown,
  contains: number,
  shared: SharedArrayBuffer[],
): Uint8Array {
  const writer = new Writer(shared);
  const isAsItIs = (contains & REPLACED) === 0;
  return writer.write(isAsItIs ? value : copyWith(value, writer.standInFor));
}

/** As `writeSpecial`, for what contains nothing special: `deserialize` of node:v8 reads it. */
export function writePlain(value: unknown): Uint8Array {
  return new PlainWriter().write(value);
}

/** @throws what the deserialiser throws. */
export function readSpecial(content: Uint8Array, shared: SharedMemory): unknown {
  const reader = new Reader(content, shared);
  reader.readHeader();
  return reader.readValue();
}

/** The serialiser does not take something; what else it throws is an error of a getter. */
export class NotCloned extends Error {}

class PlainWriter extends Serializer {
  write(value: unknown): Uint8Array {
    this.writeHeader();
    this.writeValue(value);
    return this.releaseBuffer();
  }

  /** Makes the error that it throws. */
  _getDataCloneError(message: string): Error {
    return new NotCloned(message);
  }

  /** Called for objects of the platform, such as `process.env`. */
  _writeHostObject(_object: object): void {
    throw new NotCloned();
  }
}

class Writer extends PlainWriter {
  readonly #shared: SharedArrayBuffer[];
  /** What views stand in for: they are what the serialiser asks about. */
  readonly #replaced = new Map<object, object>();

  constructor(shared: SharedArrayBuffer[]) {
    super();
    this.#shared = shared;
    // oxlint-disable-next-line eslint/no-underscore-dangle -- Node's name for it.
    (this as unknown as NodeSerializer)._setTreatArrayBufferViewsAsHostObjects(true);
  }

  readonly standInFor = (part: object): object | undefined => {
    if (!isError(part) && !types.isSharedArrayBuffer(part)) return undefined;
    const standIn = new Uint8Array();
    this.#replaced.set(standIn, part);
    return standIn;
  };

  /** Called for views as well. */
  override _writeHostObject(view: object): void {
    if (!ArrayBuffer.isView(view)) throw new NotCloned();
    const replaced = this.#replaced.get(view);
    if (replaced !== undefined) return this.#writeReplaced(replaced);
    const bytes = asBytes(view);
    const { buffer } = bytes;
    const isShared = types.isSharedArrayBuffer(buffer) && !isOfCell(buffer);
    this.writeUint32(isShared ? SHARED_VIEW : VIEW);
    this.writeUint32(viewClass(view));
    if (!isShared) return this.#bytes(bytes);
    this.writeUint32(this.#idOf(buffer));
    this.writeDouble(bytes.byteOffset);
    this.writeDouble(bytes.byteLength);
  }

  #writeReplaced(part: object): void {
    const isShared = types.isSharedArrayBuffer(part);
    this.writeUint32(isShared ? SHARED_MEMORY : ERROR);
    if (isShared) this.writeUint32(this.#idOf(part));
    else this.#bytes(packThrown(part));
  }

  #idOf(memory: SharedArrayBuffer): number {
    const known = this.#shared.indexOf(memory);
    return known >= 0 ? known : this.#shared.push(memory) - 1;
  }

  #bytes(bytes: Uint8Array): void {
    this.writeDouble(lengthOf(bytes));
    this.writeRawBytes(bytes);
  }
}

class Reader extends Deserializer {
  readonly #shared: SharedMemory;

  constructor(content: Uint8Array, shared: SharedMemory) {
    super(content);
    this.#shared = shared;
  }

  _readHostObject(): unknown {
    const what = this.readUint32();
    if (what === ERROR) return unpackThrown(this.#bytes());
    if (what === SHARED_MEMORY) return this.#memory();
    const number = this.readUint32();
    if (what === VIEW) return viewOf(number, this.#bytes().buffer);
    const memory = this.#memory();
    return viewOf(number, memory, this.readDouble(), this.readDouble());
  }

  #memory(): SharedArrayBuffer {
    const { [this.readUint32()]: memory } = this.#shared;
    if (memory === undefined) throw new RangeError('the shared memory of the value is not there');
    return memory;
  }

  #bytes(): Uint8Array {
    return new Uint8Array(this.readRawBytes(this.readDouble()));
  }
}

/** What the types of Node leave out. */
interface NodeSerializer {
  _setTreatArrayBufferViewsAsHostObjects(flag: boolean): void;
}
