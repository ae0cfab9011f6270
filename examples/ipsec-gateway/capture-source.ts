/** The packets that come in: those of a capture, as often as asked for. */
import { Failure } from '../command/failure.js';
import { openInput } from '../command/input.js';
import type { Input } from '../command/input.js';
import { isKnownLink } from './ip-packet.js';
import { CaptureReader } from './pcap.js';
import type { CaptureFormat } from './pcap.js';

export class CaptureSource {
  readonly #name: string;
  readonly #repeat: number;
  readonly #signal: AbortSignal;
  #input: Input;
  #reader: CaptureReader;
  /** Packets read so far. */
  packets = 0;

  private constructor(
    name: string,
    repeat: number,
    signal: AbortSignal,
    input: Input,
    reader: CaptureReader,
  ) {
    this.#name = name;
    this.#repeat = repeat;
    this.#signal = signal;
    this.#input = input;
    this.#reader = reader;
  }

  /** @throws Failure unless it is a capture of frames that may hold IP packets. */
  static async open(name: string, repeat: number, signal: AbortSignal): Promise<CaptureSource> {
    const [input, reader] = await openReader(name, repeat > 1, signal);
    return new CaptureSource(name, repeat, signal, input, reader);
  }

  get format(): CaptureFormat {
    return this.#reader.format;
  }

  get identity(): Input['identity'] {
    return this.#input.identity;
  }

  /** Bytes of all rounds; undefined when nobody knows. */
  get size(): number | undefined {
    return this.#input.size === undefined ? undefined : this.#input.size * this.#repeat;
  }

  /** Whether it can be read a second time. */
  get comesAgain(): boolean {
    return this.#input.comesAgain;
  }

  /** What is wrong behind the last packet that could be read, if anything is. */
  get damage(): string | undefined {
    return this.#reader.damage;
  }

  async *records(): AsyncGenerator<Uint8Array, void, undefined> {
    for (let round = 0; round < this.#repeat; round++) {
      if (round > 0) {
        await this.close();
        [this.#input, this.#reader] = await openReader(this.#name, true, this.#signal);
      }
      for await (const record of this.#reader.records(this.packets + 1)) {
        this.packets++;
        yield record;
      }
    }
  }

  async close(): Promise<void> {
    await this.#input.close();
  }
}

/** @param again whether it is read more than once. */
async function openReader(
  name: string,
  again: boolean,
  signal: AbortSignal,
): Promise<[Input, CaptureReader]> {
  const input = await openInput(name, signal);
  try {
    if (again && !input.comesAgain) {
      throw new Failure(`--repeat needs a file: what comes from ${name} comes once`);
    }
    const reader = await CaptureReader.open(name, input);
    const { linkType } = reader.format;
    if (isKnownLink(linkType)) return [input, reader];
    throw new Failure(`cannot read ${name}: frames of link type ${linkType} are not known here`);
  } catch (error) {
    await input.close();
    throw error;
  }
}
