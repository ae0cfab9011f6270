/** Writes a capture of raw IP packets, little-endian. */
import type { OutputTarget } from '../command/output.js';
import {
  FILE_HEADER_BYTES,
  LINK,
  MICROSECONDS,
  NANOSECONDS,
  PACKET_HEADER_BYTES,
  PACKET_MAX,
} from './pcap.js';
import { bytesOf, RECORD_BYTES, stampOf, viewOf } from './record.js';

/** Written at once: a call of the system for each packet would take longer than its encryption. */
const BATCH_BYTES = 256 * 1024;

export class CaptureWriter {
  readonly #output: OutputTarget;
  readonly #batch = new Uint8Array(BATCH_BYTES);
  #filled = 0;

  /** @param nanoseconds whether the fractions of the records are those. */
  constructor(output: OutputTarget, nanoseconds: boolean) {
    this.#output = output;
    const view = viewOf(this.#batch);
    view.setUint32(0, nanoseconds ? NANOSECONDS : MICROSECONDS, true);
    view.setUint16(4, 2, true);
    view.setUint16(6, 4, true);
    view.setUint32(16, PACKET_MAX, true);
    view.setUint32(20, LINK.RAW, true);
    this.#filled = FILE_HEADER_BYTES;
  }

  /** Resolves when the record's bytes may be reused. */
  async write(record: Uint8Array): Promise<void> {
    const length = record.length - RECORD_BYTES;
    if (this.#filled + PACKET_HEADER_BYTES + length > BATCH_BYTES) await this.flush();
    const { seconds, fraction } = stampOf(record);
    const view = new DataView(this.#batch.buffer, this.#filled);
    view.setUint32(0, seconds, true);
    view.setUint32(4, fraction, true);
    view.setUint32(8, length, true);
    view.setUint32(12, length, true);
    this.#batch.set(bytesOf(record), this.#filled + PACKET_HEADER_BYTES);
    this.#filled += PACKET_HEADER_BYTES + length;
  }

  async flush(): Promise<void> {
    await this.#output.write(this.#batch.subarray(0, this.#filled));
    this.#filled = 0;
  }
}
