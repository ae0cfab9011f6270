/** The lines' bytes, whatever a log is packed in: as it is, compressed by gzip, or in UTF-16. */
import { createGunzip } from 'node:zlib';
import { Failure } from '../command/failure.js';
import type { Input } from '../command/input.js';

type Pieces = AsyncGenerator<Uint8Array, void, undefined>;

/** A few hundred lines: as many as make the way to another thread cheap beside the work. */
const PIECE_BYTES = 64 * 1024;
const GZIP = [0x1f, 0x8b];
/** What is not read here, and who reads it. */
const ELSEWHERE = [
  { name: 'xz', reader: 'xzcat', magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a] },
  { name: 'zstd', reader: 'zstdcat', magic: [0x28, 0xb5, 0x2f, 0xfd] },
  { name: 'bzip2', reader: 'bzcat', magic: [0x42, 0x5a, 0x68] },
] as const;
/** As many as tell all of them apart. */
const MAGIC_BYTES = 5;

export class LogReader {
  /** Bytes, of what came out where something was compressed. */
  bytes = 0;
  /** What is wrong behind the last bytes that could be read, if anything is. */
  damage: string | undefined;
  readonly #name: string;
  readonly #input: Input;
  readonly #tell: (note: string) => void;
  readonly #onRead: (bytes: number) => void;

  /**
   * @param tell says what the user may not expect.
   * @param onRead told of each piece as it is in the file.
   */
  constructor(
    name: string,
    input: Input,
    tell: (note: string) => void = () => {},
    onRead: (bytes: number) => void = () => {},
  ) {
    this.#name = name;
    this.#input = input;
    this.#tell = tell;
    this.#onRead = onRead;
  }

  /** A piece is valid until the next is asked for. @throws Failure for what is packed otherwise. */
  async *pieces(): Pieces {
    for await (const piece of this.#plain()) {
      this.bytes += piece.length;
      yield piece;
    }
  }

  async *#plain(): Pieces {
    let [head, pieces] = await peek(this.#raw());
    if (begins(head, GZIP)) {
      this.#tell(`${this.#name} is compressed by gzip, and read as "zcat" gives it`);
      [head, pieces] = await peek(this.#gunzipped(pieces));
    }
    for (const { name, reader, magic } of ELSEWHERE) {
      if (!begins(head, magic)) continue;
      const hint = `"${reader}" can be piped in`;
      throw new Failure(`cannot read ${this.#name}: it is compressed by ${name}; ${hint}`);
    }
    const encoding = encodingOf(head);
    yield* encoding === undefined ? pieces : inUtf8(pieces, encoding);
  }

  async *#raw(): Pieces {
    const buffer = new Uint8Array(PIECE_BYTES);
    for (;;) {
      const length = await this.#input.read(buffer);
      if (length === 0) return;
      this.#onRead(length);
      yield buffer.subarray(0, length);
    }
  }

  /** All that can be decompressed: a file may be cut, or damaged. */
  async *#gunzipped(pieces: Pieces): Pieces {
    const gunzip = createGunzip({ chunkSize: PIECE_BYTES });
    const out: Uint8Array[] = [];
    const over = new Promise<void>((resolve) => {
      gunzip.on('data', (piece: Uint8Array) => out.push(piece));
      gunzip.once('end', resolve).once('error', (error) => {
        this.damage = `cannot read ${this.#name} to its end: ${error.message}`;
        resolve();
      });
    });
    try {
      for await (const piece of pieces) {
        const taken = new Promise((resolve) => gunzip.write(piece, resolve));
        await Promise.race([taken, over]);
        yield* out.splice(0);
        if (gunzip.destroyed || gunzip.readableEnded) break;
      }
      if (gunzip.readableEnded) {
        this.damage = `cannot read ${this.#name} to its end: what follows is not compressed by gzip`;
      } else if (!gunzip.destroyed) gunzip.end();
      await over;
      yield* out.splice(0);
      // A line that ends here is not whole, though it may look so.
      if (this.damage !== undefined) yield Uint8Array.of(0);
    } finally {
      gunzip.destroy();
    }
  }
}

/** The first bytes, fewer only where there are no more; and the pieces, those included. */
async function peek(pieces: Pieces): Promise<[Uint8Array, Pieces]> {
  const first: Uint8Array[] = [];
  let bytes = 0;
  while (bytes < MAGIC_BYTES) {
    const { done, value } = await pieces.next();
    if (done === true) break;
    first.push(value.slice());
    bytes += value.length;
  }
  return [Buffer.concat(first), resumed(first, pieces)];
}

async function* resumed(first: readonly Uint8Array[], pieces: Pieces): Pieces {
  yield* first;
  yield* pieces;
}

function begins(bytes: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, i) => bytes[i] === byte);
}

/** By its mark; without one by its first two characters, every other byte of which is NUL. */
function encodingOf([a, b, c, d]: Uint8Array): 'utf-16le' | 'utf-16be' | undefined {
  if (a === 0xff && b === 0xfe) return 'utf-16le';
  if (a === 0xfe && b === 0xff) return 'utf-16be';
  if (a !== 0 && b === 0 && c !== 0 && d === 0) return 'utf-16le';
  if (a === 0 && b !== 0 && c === 0 && d !== 0) return 'utf-16be';
  return undefined;
}

async function* inUtf8(pieces: Pieces, encoding: string): Pieces {
  const decoder = new TextDecoder(encoding);
  for await (const piece of pieces) yield Buffer.from(decoder.decode(piece, { stream: true }));
  yield Buffer.from(decoder.decode());
}
