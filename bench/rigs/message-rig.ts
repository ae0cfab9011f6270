/** The main thread posts events to one thread, without softdlb. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Run } from '../scenario.js';
import type { SinkData, SinkReport } from '../threads/message-sink.js';
import { BURST, FLOWS, newFlowTable, problemsOf, resetFlowTable } from '../workload.js';
import type { Tally } from '../workload.js';
import { EVENTS_LIMIT } from './end-to-end-rig.js';

/** How events become a message. */
export interface Packing {
  readonly eventsPerMessage: number;
  readonly pack: (first: number) => unknown;
}

const QE_WORDS = 4;

export const OBJECT: Packing = {
  eventsPerMessage: 1,
  pack: (n) => ({ flow: n % FLOWS, payload: n }),
};

export const OBJECTS: Packing = {
  eventsPerMessage: BURST,
  pack: (first) =>
    Array.from({ length: BURST }, (_, i) => ({ flow: (first + i) % FLOWS, payload: first + i })),
};

/** 16 bytes an event in one typed array: the fastest form that was found. */
export function words(): Packing {
  const block = new Int32Array(BURST * QE_WORDS);
  const pack = (first: number): Int32Array => {
    for (let i = 0; i < BURST; i++) {
      block[i * QE_WORDS] = (first + i) % FLOWS;
      block[i * QE_WORDS + 2] = first + i;
    }
    return block;
  };
  return { eventsPerMessage: BURST, pack };
}

export class MessageRig {
  readonly #packing: Packing;
  readonly #worker: Worker;
  readonly #flowTable: Int32Array;
  /** What the receiver reported of this run. */
  #seen = 0;
  #tally: Tally | undefined;
  #wake: () => void = () => {};

  private constructor(packing: Packing, worker: Worker, flowTable: Int32Array) {
    this.#packing = packing;
    this.#worker = worker;
    this.#flowTable = flowTable;
    worker.on('message', ({ seen, tally }: SinkReport) => {
      this.#seen += seen;
      this.#tally = tally;
      this.#wake();
    });
  }

  static async open(packing: Packing): Promise<MessageRig> {
    const workerData: SinkData = { flowTable: newFlowTable() };
    const entry = new URL('../threads/message-sink.js', import.meta.url);
    const worker = new Worker(entry, { workerData });
    await once(worker, 'online');
    return new MessageRig(packing, worker, workerData.flowTable);
  }

  /** Until the receiver's tally is back. At most as many events are on their way as in softdlb. */
  async run(wanted: number): Promise<Run> {
    const { eventsPerMessage, pack } = this.#packing;
    const events = Math.ceil(wanted / eventsPerMessage) * eventsPerMessage;
    resetFlowTable(this.#flowTable);
    this.#seen = 0;
    this.#tally = undefined;
    const startedAt = performance.now();
    for (let sent = 0; sent < events;) {
      while (sent - this.#seen < EVENTS_LIMIT && sent < events) {
        this.#worker.postMessage(pack(sent));
        sent += eventsPerMessage;
      }
      if (sent < events) await this.#report();
    }
    this.#worker.postMessage('tally');
    while (this.#tally === undefined) await this.#report();
    const ms = performance.now() - startedAt;
    return { ms, problems: problemsOf(events, [this.#tally], true) };
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #report(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
