/**
 * Stage 2, atomic by association: the sequence number.
 *
 * The counters are in memory that all workers share, and are read and written like any variable: the
 * stage is atomic, so an association is with one worker at a time. A packet whose thread died between
 * the count and the result is counted again: a number may be missed then, but none is used twice, and
 * that is what ESP asks for.
 */
import type { SetupContext } from '../../../lib/index.js';
import { associationOf, setSequence } from '../record.js';

export interface SequenceContext {
  /** A word for each association. */
  readonly counters: SharedArrayBuffer;
}

const LAST = 0xffff_ffff;
let counters: Uint32Array = new Uint32Array();

export function setup({ context }: SetupContext<SequenceContext>): void {
  counters = new Uint32Array(context.counters);
}

/** The flow of a packet at this stage. */
export function association(record: Uint8Array): number {
  return associationOf(record);
}

export function sequence(record: Uint8Array): Uint8Array {
  const at = associationOf(record);
  const last = counters[at]!;
  // A key may not see a number twice; IKE would have agreed upon a new key long before.
  if (last === LAST) throw new Error('its association has used up its sequence numbers');
  counters[at] = last + 1;
  setSequence(record, last + 1);
  return record;
}
