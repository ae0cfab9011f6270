/**
 * What travels from stage to stage: one packet, and before it what is known about it. Bytes all the
 * way, so that no stage serialises anything.
 *
 *   0  seconds                     12  number: its place in the input, from 1
 *   4  fraction of the second      16  association, known after `classify`
 *   8  original length             20  sequence number, known after `sequence`
 *   24 the bytes: a frame at first, its IP packet after `classify`, an ESP packet after `seal`
 */
export const RECORD_BYTES = 24;

const SECONDS = 0;
const FRACTION = 4;
const ORIGINAL = 8;
const NUMBER = 12;
const ASSOCIATION = 16;
const SEQUENCE = 20;

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export interface Stamp {
  readonly seconds: number;
  /** Micro- or nanoseconds, as the capture has them. */
  readonly fraction: number;
}

/** @param originalLength what was on the wire; a capture may hold less of it. */
export function makeRecord(
  stamp: Stamp,
  originalLength: number,
  number: number,
  bytes: Uint8Array,
): Uint8Array {
  const record = new Uint8Array(RECORD_BYTES + bytes.length);
  const view = viewOf(record);
  view.setUint32(SECONDS, stamp.seconds);
  view.setUint32(FRACTION, stamp.fraction);
  view.setUint32(ORIGINAL, originalLength);
  view.setUint32(NUMBER, number);
  record.set(bytes, RECORD_BYTES);
  return record;
}

export function bytesOf(record: Uint8Array): Uint8Array {
  return record.subarray(RECORD_BYTES);
}

export function stampOf(record: Uint8Array): Stamp {
  const view = viewOf(record);
  return { seconds: view.getUint32(SECONDS), fraction: view.getUint32(FRACTION) };
}

export function originalLengthOf(record: Uint8Array): number {
  return viewOf(record).getUint32(ORIGINAL);
}

export function numberOf(record: Uint8Array): number {
  return viewOf(record).getUint32(NUMBER);
}

export function associationOf(record: Uint8Array): number {
  return viewOf(record).getUint32(ASSOCIATION);
}

export function sequenceOf(record: Uint8Array): number {
  return viewOf(record).getUint32(SEQUENCE);
}

export function setAssociation(record: Uint8Array, association: number): void {
  viewOf(record).setUint32(ASSOCIATION, association);
}

export function setSequence(record: Uint8Array, sequence: number): void {
  viewOf(record).setUint32(SEQUENCE, sequence);
}

/** Copies what is known about a packet from one record to another. */
export function copyKnowledge(from: Uint8Array, to: Uint8Array): void {
  to.set(from.subarray(0, RECORD_BYTES));
}
