/** Stage 1, ordered: which security association a frame belongs to; what cannot be forwarded. */
import type { SetupContext, StageContext } from '../../../lib/index.js';
import { IP_PACKET_MAX, sealedLength } from '../esp.js';
import { findPacket } from '../ip-packet.js';
import {
  bytesOf,
  copyKnowledge,
  originalLengthOf,
  RECORD_BYTES,
  setAssociation,
} from '../record.js';

export interface ClassifyContext {
  readonly linkType: number;
  readonly associations: number;
}

let linkType = 0;
let associations = 1;

export function setup({ context }: SetupContext<ClassifyContext>): void {
  ({ linkType, associations } = context);
}

/** Nothing for frames that are not IP. Throws for packets that are wrong, or not all there. */
export function classify(record: Uint8Array, context: StageContext): Uint8Array | undefined {
  const frame = bytesOf(record);
  const original = originalLengthOf(record);
  if (frame.length < original) {
    throw new Error(`cut short: ${frame.length} of ${original} bytes were captured`);
  }
  const packet = findPacket(frame, linkType);
  if (packet === undefined) return undefined;
  const { length } = packet.bytes;
  if (sealedLength(length) > IP_PACKET_MAX)
    throw new Error(`too long for a tunnel: ${length} bytes`);
  const result = context.output(RECORD_BYTES + length).subarray(0, RECORD_BYTES + length);
  copyKnowledge(record, result);
  setAssociation(result, packet.flow % associations);
  result.set(packet.bytes, RECORD_BYTES);
  return result;
}
