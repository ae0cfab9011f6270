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
  /** As NULL, of OpenBSD. */
  LOOP: 108,
  LINUX_COOKED: 113,
  IPV4: 228,
  IPV6: 229,
  LINUX_COOKED_2: 276,
} as const;

export const MICROSECONDS = 0xa1b2_c3d4;
export const NANOSECONDS = 0xa1b2_3c4d;
/** What newer programs write instead; its blocks are another format altogether. */
const PCAPNG = [0x0a, 0x0d, 0x0d, 0x0a] as const;
const GZIP = [0x1f, 0x8b] as const;
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
  /** What is wrong behind the last packet that could be read, if anything is. */
  damage: string | undefined;

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
   * The packets as records, numbered from `first` on. Where the file ends in the middle of one, or
   * makes no sense any more, they end, and `damage` says why.
   * @throws Failure when it makes no sense from the first one on.
   */
  async *records(first = 1): AsyncGenerator<Uint8Array, void, undefined> {
    const { littleEndian } = this.format;
    let number = first;
    for (; ; number++) {
      const header = await this.#source.take(PACKET_HEADER_BYTES);
      if (header.length === 0) return;
      if (header.length < PACKET_HEADER_BYTES) break;
      const view = viewOf(header);
      const stamp = {
        seconds: view.getUint32(0, littleEndian),
        fraction: view.getUint32(4, littleEndian),
      };
      const captured = view.getUint32(8, littleEndian);
      const original = view.getUint32(12, littleEndian);
      if (captured > PACKET_MAX) {
        const claim = `packet ${number} claims ${captured} bytes, the most is ${PACKET_MAX}`;
        if (number === first) throw new Failure(`cannot read ${this.#name}: ${claim}`);
        this.damage = `cannot read ${this.#name} to its end: ${claim}`;
        return;
      }
      const bytes = await this.#source.take(captured);
      if (bytes.length < captured) break;
      yield makeRecord(stamp, original, number, bytes);
    }
    this.damage = `${this.#name} ends in the middle of packet ${number}, which is left out`;
  }
}

function readFormat(name: string, header: Uint8Array): CaptureFormat {
  const refusal = (why: string): Failure => new Failure(`cannot read ${name}: ${why}`);
  if (header.length === 0) throw refusal('not a capture: it is empty');
  const begins = (...bytes: number[]): boolean => bytes.every((byte, i) => header[i] === byte);
  if (begins(...PCAPNG)) throw refusal('it is pcapng; "editcap -F pcap" converts it');
  if (begins(...GZIP)) throw refusal('it is compressed by gzip; "zcat" can be piped in');
  if (header.length < FILE_HEADER_BYTES) throw refusal('not a capture: it is too short');
  const view = viewOf(header);
  for (const littleEndian of [true, false]) {
    const magic = view.getUint32(0, littleEndian);
    if (magic !== MICROSECONDS && magic !== NANOSECONDS) continue;
    const [major, minor] = [4, 6].map((at) => view.getUint16(at, littleEndian));
    if (major !== 2) throw refusal(`version ${major}.${minor} of the format is not known here`);
    const linkType = view.getUint32(20, littleEndian) & LINK_TYPE;
    return { linkType, nanoseconds: magic === NANOSECONDS, littleEndian };
  }
  throw refusal('not a capture');
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
