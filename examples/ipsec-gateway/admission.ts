/** What the tunnel takes: for the gateway to refuse, and for its check to expect. */
import { IP_PACKET_MAX, sealedLength } from './esp.js';
import { findPacket } from './ip-packet.js';
import type { IpPacket } from './ip-packet.js';
import { bytesOf, originalLengthOf } from './record.js';

/**
 * The IP packet in a record's frame; undefined when it carries something else.
 * @throws Error for a packet that is wrong, not all there, or too long.
 */
export function admit(record: Uint8Array, linkType: number): IpPacket | undefined {
  const frame = bytesOf(record);
  const original = originalLengthOf(record);
  if (frame.length < original) {
    throw new Error(`cut short: ${frame.length} of ${original} bytes were captured`);
  }
  const packet = findPacket(frame, linkType);
  const length = packet?.bytes.length ?? 0;
  if (sealedLength(length) > IP_PACKET_MAX) {
    throw new Error(`too long for a tunnel: ${length} bytes`);
  }
  return packet;
}
