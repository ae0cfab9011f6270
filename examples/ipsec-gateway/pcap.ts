/**
 * Capture files, as libpcap writes them: a header of 24 bytes, then per packet 16 bytes and what was
 * captured. Written in the byte order of the machine that captured, which the magic number tells, as
 * it tells whether times are in micro- or nanoseconds.
 */
import { Failure } from '../command/failure.js';
import type { Input } from '../command/input.js';
import { makeRecord, viewOf } from './record.js';

export const LINK = {
  NULL: 0,
  ETHERNET: 1,
  /** Raw IP has three numbers, by operating system. */
  RAW_BSD: 12,
  RAW_OPENBSD: 14,
  RAW: 101,
  LINUX_COOKED: 113,
  IPV4: 228,
  IPV6: 229,
  LINUX_COOKED_2: 276,
} as const;

export const MICROSECONDS = 0xa1b2_c3d4;
export const NANOSECONDS = 0xa1b2_3c4d;
/** What newer programs write instead; its blocks are another format altogether. */
const PCAPNG = 0x0a0d_0d0a;
export const FILE_HEADER_BYTES = 24;
export const PACKET_HEADER_BYTES = 16;
/** The upper bits of the link type's word say whether frames end in a checksum. */
const LINK_TYPE = 0xffff;
/** The largest that libpcap itself takes; beyond it the file is damaged, or is none. */
export const PACKET_MAX = 262_144;
const READ_BYTES = 256 * 1024;

export interface CaptureFormat {
  readonly linkType: number;
  readonly nanoseconds: boolean;
  readonly littleEndian: boolean;
}

/** Reads captures packet by packet. */
export class CaptureReader {
  readonly format: CaptureFormat;
  readonly #name: string;
  readonly #source: Buffered;
  /** The packet that the file ends in the middle of, if it does. */
  cutIn: number | undefined;

  private constructor(name: string, source: Buffered, format: CaptureFormat) {
    this.#name = name;
    this.#source = source;
    this.format = format;
  }

  /** @throws Failure unless it begins as a capture does. */
  static async open(name: string, input: Input): Promise<CaptureReader> {
    const source = new Buffered(input);
    const header = await source.take(FILE_HEADER_BYTES);
    return new CaptureReader(name, source, readFormat(name, header));
  }

  /**
   * The packets as records, numbered from `first` on.
   * @throws Failure where the file is damaged; one that merely ends too early sets `cutIn`.
   */
  async *records(first = 1): AsyncGenerator<Uint8Array, void, undefined> {
    const { littleEndian } = this.format;
    for (let number = first; ; number++) {
      const header = await this.#source.take(PACKET_HEADER_BYTES);
      if (header.length === 0) return;
      const view = viewOf(header);
      const word = (at: number): number =>
        at < header.length ? view.getUint32(at, littleEndian) : 0;
      const captured = header.length < PACKET_HEADER_BYTES ? 0 : word(8);
      if (captured > PACKET_MAX) throw this.#damaged(number, captured);
      const stamp = { seconds: word(0), fraction: word(4) };
      const original = word(12);
      const bytes = await this.#source.take(captured);
      if (header.length < PACKET_HEADER_BYTES || bytes.length < captured) {
        this.cutIn = number;
        return;
      }
      yield makeRecord(stamp, original, number, bytes);
    }
  }

  #damaged(number: number, captured: number): Failure {
    return new Failure(
      `cannot read ${this.#name}: packet ${number} claims ${captured} bytes, the most is ${PACKET_MAX}`,
    );
  }
}

function readFormat(name: string, header: Uint8Array): CaptureFormat {
  if (header.length < FILE_HEADER_BYTES) throw new Failure(`cannot read ${name}: not a capture`);
  const view = viewOf(header);
  if (view.getUint32(0) === PCAPNG) {
    throw new Failure(`cannot read ${name}: it is pcapng; "editcap -F pcap" converts it`);
  }
  for (const littleEndian of [true, false]) {
    const magic = view.getUint32(0, littleEndian);
    if (magic !== MICROSECONDS && magic !== NANOSECONDS) continue;
    const linkType = view.getUint32(20, littleEndian) & LINK_TYPE;
    return { linkType, nanoseconds: magic === NANOSECONDS, littleEndian };
  }
  throw new Failure(`cannot read ${name}: not a capture`);
}

/** An input in pieces of any size. */
class Buffered {
  readonly #input: Input;
  readonly #buffer = new Uint8Array(READ_BYTES);
  #from = 0;
  #to = 0;

  constructor(input: Input) {
    this.#input = input;
  }

  /** That many bytes, less at the end only. Valid until the next call. */
  async take(bytes: number): Promise<Uint8Array> {
    // A packet that is in the buffer, as nearly all are, costs no turn of the event loop.
    if (this.#to - this.#from < bytes) await this.#fill(bytes);
    const taken = this.#buffer.subarray(this.#from, Math.min(this.#to, this.#from + bytes));
    this.#from += taken.length;
    return taken;
  }

  async #fill(bytes: number): Promise<void> {
    this.#buffer.copyWithin(0, this.#from, this.#to);
    this.#to -= this.#from;
    this.#from = 0;
    while (this.#to < Math.min(bytes, READ_BYTES)) {
      const read = await this.#input.read(this.#buffer.subarray(this.#to));
      if (read === 0) return;
      this.#to += read;
    }
  }
}
