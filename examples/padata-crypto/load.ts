/** What is encrypted in a run: units with numbers, where they come from and where they go. */
import type { CtrContext } from './ctr.js';
import type { PacketContext } from './packet.js';
import type { Seal } from './seal.js';

export interface Load {
  /** One word for tables and JSON. */
  readonly name: 'packets' | 'file';
  readonly title: string;
  /** What one unit is called. */
  readonly unit: 'packet' | 'chunk';
  readonly units: number;
  /** Bytes of input, all units together. */
  readonly bytes: number;
  /** Room that one unit needs, input or result. */
  readonly room: number;
  /** Units that the batched Piscina contestant puts in one task; 1: there is no such contestant. */
  readonly batch: number;
  readonly rounds: number;
  readonly packets?: PacketContext;
  readonly chunks?: CtrContext;
  /** softdlb's module. */
  readonly module: URL;
  /** Writes the input of a unit to the front of the buffer; returns its length. */
  readonly fill: (buffer: Uint8Array, number: number) => number;
  /** The work on the thread that calls it. */
  readonly seal: Seal;
  close(): void;
}

/** What a contestant writes its results to: all of them, in order. */
export class Output {
  readonly #bytes: Uint8Array;
  readonly #room: number;

  constructor(load: Load) {
    this.#bytes = new Uint8Array(load.units * load.room);
    this.#room = load.room;
  }

  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** Takes the result of unit `number`. */
  put(result: Uint8Array, number: number): void {
    this.#bytes.set(result, number * this.#room);
  }

  clear(): void {
    this.#bytes.fill(0);
  }
}
