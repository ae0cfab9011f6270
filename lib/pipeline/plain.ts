/**
 * Plain values, of which a pack has one encoded array: strings, numbers, and objects and lists of such.
 *
 * A value that is let in is copied on the way, each property read once: whoever made it may change it afterwards. What is
 * not plain, so that MessagePack would change it, goes by another codec, alone.
 */
import { types } from 'node:util';
import { Packr, Unpackr } from 'msgpackr/pack';
import { DEPTH_MAX, mayHaveNamed } from '../crew/carry.js';

/** Stands for a copy of what is not plain. */
export const NOT_PLAIN = Symbol('not plain');

// msgpackr's options of `pack`: the bytes are in the packer's own buffer, which the next call overwrites.
const REUSE_BUFFER = 512;
const RESET_BUFFER = 1024;

/** Bytes that a number, a string's header, or an object's take at most, or nearly so. */
const NUMBER_BYTES = 9;
const HEADER_BYTES = 3;
/** Objects within one value that are compared one by one with each new one. */
const LISTED_MAX = 8;

const SCRATCH_BYTES = 1 << 16;
const scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);

const packer = new Packr({ moreTypes: true });
/** Not the packer, which would read by the structures that it writes by. */
const unpacker = new Unpackr({ mapsAsObjects: true });

/** What the last copy takes when it is encoded, nearly. */
let size = 0;
/** The value itself, and the objects met within it: one met again is not plain, since a copy would make two of it. */
let whole: object | undefined;
const met: (object | undefined)[] = [];
let metCount = 0;
let known: Set<object> | undefined;

/** The bytes that the value copied last takes, as an estimate. */
export function sizeOfPlain(): number {
  return size;
}

/** A copy of a plain value, or NOT_PLAIN. @throws what getters of the value throw. */
export function copyPlain(value: unknown): unknown {
  size = 0;
  if (typeof value !== 'object' || value === null) return copySimple(value);
  whole = value;
  try {
    return copyObject(value, 0);
  } finally {
    whole = undefined;
    if (metCount > 0) forgetMet();
  }
}

/** @throws RangeError when there is no memory for it. */
export function encodePlain(values: readonly unknown[]): Uint8Array {
  const buffer = packer.pack(values, REUSE_BUFFER | RESET_BUFFER) as Buffer & {
    readonly start: number;
    readonly end: number;
  };
  return buffer.subarray(buffer.start, buffer.end);
}

/** @throws what the reader throws. */
export function decodePlain(bytes: Uint8Array): unknown[] {
  const { length } = bytes;
  // In memory of this thread, which nobody else changes meanwhile.
  if (length > SCRATCH_BYTES) return unpacker.unpack(Buffer.from(bytes)) as unknown[];
  scratch.set(bytes);
  return unpacker.unpack(scratch, length) as unknown[];
}

function copySimple(value: unknown): unknown {
  switch (typeof value) {
    case 'string':
      size += value.length + HEADER_BYTES;
      return value.isWellFormed() ? value : NOT_PLAIN;
    case 'number':
      size += NUMBER_BYTES;
      return value === 0 && 1 / value < 0 ? NOT_PLAIN : value;
    case 'boolean':
    case 'undefined':
      size += HEADER_BYTES;
      return value;
    case 'object':
      if (value !== null) return NOT_PLAIN;
      size++;
      return null;
    default:
      return NOT_PLAIN;
  }
}

function copyMember(member: unknown, depth: number): unknown {
  const simple = copySimple(member);
  if (simple !== NOT_PLAIN || typeof member !== 'object') return simple;
  return copyObject(member!, depth);
}

function copyObject(value: object, depth: number): unknown {
  if (depth === DEPTH_MAX || types.isProxy(value)) return NOT_PLAIN;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype) {
    return depth > 0 && isMetAgain(value) ? NOT_PLAIN : copyProperties(value, depth);
  }
  if (prototype !== Array.prototype || !Array.isArray(value)) return NOT_PLAIN;
  return depth > 0 && isMetAgain(value) ? NOT_PLAIN : copyList(value, depth);
}

function copyProperties(value: object, depth: number): unknown {
  // Reads each property once, getters as well.
  const copy = { ...value } as Record<string, unknown>;
  size += HEADER_BYTES;
  for (const key in copy) {
    if (isSpecial(key) || !Object.hasOwn(copy, key)) return NOT_PLAIN;
    size += key.length + 1;
    const member = copy[key];
    const copied = copyMember(member, depth + 1);
    if (copied === NOT_PLAIN) return NOT_PLAIN;
    if (copied !== member) copy[key] = copied;
  }
  return copy;
}

/** Names that msgpackr asks about, or writes otherwise. */
function isSpecial(key: string): boolean {
  return key === '__proto__' || key === 'constructor' || key === 'toJSON';
}

function copyList(list: readonly unknown[], depth: number): unknown {
  if (mayHaveNamed(list)) return NOT_PLAIN;
  size += HEADER_BYTES;
  const { length } = list;
  const copy: unknown[] = [];
  for (let i = 0; i < length; i++) {
    const member = list[i];
    // It has holes.
    if (member === undefined && !(i in list)) return NOT_PLAIN;
    const copied = copyMember(member, depth + 1);
    if (copied === NOT_PLAIN) return NOT_PLAIN;
    copy.push(copied);
  }
  return copy;
}

/** Of an object within the value. */
function isMetAgain(value: object): boolean {
  if (known !== undefined) {
    if (known.has(value)) return true;
    known.add(value);
    return false;
  }
  if (value === whole) return true;
  for (let i = 0; i < metCount; i++) if (met[i] === value) return true;
  met[metCount++] = value;
  if (metCount === LISTED_MAX) known = new Set([whole!, ...(met as object[])]);
  return false;
}

function forgetMet(): void {
  met.fill(undefined, 0, metCount);
  metCount = 0;
  known = undefined;
}
