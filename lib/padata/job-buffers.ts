/** A worker's views of the pool's buffers, each made when it is first met. */
import type { Port } from '../port/index.js';
import { JobBuffer } from './job-buffer.js';

export class JobBuffers {
  readonly #port: Port;
  readonly #handles: Int32Array;
  readonly #bytes: number;
  readonly #known: (JobBuffer | undefined)[];

  /** @param handles of all buffers, by slot. */
  constructor(port: Port, handles: Int32Array, bytes: number) {
    this.#port = port;
    this.#handles = handles;
    this.#bytes = bytes;
    this.#known = Array.from<JobBuffer | undefined>({ length: handles.length });
  }

  at(slot: number): JobBuffer {
    return this.#known[slot] ?? this.#meet(slot);
  }

  #meet(slot: number): JobBuffer {
    const view = this.#port.buffers!.view(this.#handles[slot]!);
    return (this.#known[slot] = new JobBuffer(slot, view, this.#bytes));
  }
}
