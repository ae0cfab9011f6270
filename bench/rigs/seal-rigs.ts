/** Three ways to seal packets on two threads: softdlb, Piscina, and without any distribution. */
import { Piscina } from 'piscina';
import { createPadata } from '../../lib/index.js';
import type { Padata } from '../../lib/index.js';
import type { AloneData } from '../threads/seal-alone.js';
import type { SealMemory, SealTask } from '../threads/seal-task.js';
import { RunThread } from './run-thread.js';
import type { ResultCheck, SealPackets, SealRun } from './seal-packets.js';

export interface SealRig {
  run(packets: number): Promise<SealRun>;
  close(): Promise<void>;
}

const END = -1;
/** As many packets are in flight as softdlb's pool allows by default. */
const PLACES = 1024;
/** Measured for the crypto example: of 1, 2, 8, 32 and 128 the fastest. */
const TASKS_PER_THREAD = 32;

export class PadataSealRig implements SealRig {
  readonly #packets: SealPackets;
  readonly #pool: Padata;

  private constructor(packets: SealPackets, pool: Padata) {
    this.#packets = packets;
    this.#pool = pool;
  }

  static async open(packets: SealPackets, workers: number): Promise<PadataSealRig> {
    const module = new URL('../threads/seal-job.js', import.meta.url);
    const { key: context, room: bytes } = packets;
    return new PadataSealRig(packets, await createPadata({ module, bytes, workers, context }));
  }

  run(count: number): Promise<SealRun> {
    const packets = this.#packets;
    return packets.time(count, async (check) => {
      await this.#pool.run(
        (buffer, number) => (number < count ? packets.fill(buffer) : END),
        (result, number) => check.put(result, number),
      );
    });
  }

  close(): Promise<void> {
    return this.#pool.close();
  }
}

/** Data in shared memory, results put back in order, `batch` packets a task. */
export class PiscinaSealRig implements SealRig {
  readonly #packets: SealPackets;
  readonly #batch: number;
  readonly #pool: Piscina;
  readonly #views: readonly Uint8Array[];

  constructor(packets: SealPackets, workers: number, batch: number) {
    this.#packets = packets;
    this.#batch = batch;
    const memory = sealMemory(packets);
    this.#views = viewsOf(memory);
    this.#pool = new Piscina({
      filename: new URL('../threads/seal-task.js', import.meta.url).href,
      workerData: memory,
      minThreads: workers,
      maxThreads: workers,
      concurrentTasksPerWorker: TASKS_PER_THREAD,
      idleTimeout: Infinity,
      recordTiming: false,
    });
  }

  run(count: number): Promise<SealRun> {
    return this.#packets.time(count, (check) => this.#play(count, check));
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }

  #play(count: number, check: ResultCheck): Promise<void> {
    const batch = this.#batch;
    const done = new Uint8Array(Math.ceil(count / batch));
    let submitted = 0;
    let delivered = 0;
    return new Promise((resolve, reject) => {
      const submit = (): void => {
        while (submitted < done.length && (submitted - delivered) * batch < PLACES) {
          this.#submit(submitted++, count).then(finish, reject);
        }
      };
      const finish = (task: number): void => {
        done[task] = 1;
        for (; done[delivered] === 1; delivered++) this.#deliver(delivered, count, check);
        if (delivered === done.length) resolve();
        else submit();
      };
      submit();
    });
  }

  async #submit(task: number, count: number): Promise<number> {
    const order = this.#order(task, count);
    for (let i = 0; i < order.count; i++) this.#packets.fill(this.#place(order.first + i));
    await this.#pool.run(order);
    return task;
  }

  #deliver(task: number, count: number, check: ResultCheck): void {
    const order = this.#order(task, count);
    for (let n = order.first; n < order.first + order.count; n++) check.put(this.#place(n), n);
  }

  #order(task: number, count: number): SealTask {
    const first = task * this.#batch;
    return { first, count: Math.min(this.#batch, count - first) };
  }

  #place(number: number): Uint8Array {
    return this.#views[number % PLACES]!;
  }
}

/** Threads that take every n-th packet: what two cores can do when nothing has to be handed over. */
export class AloneSealRig implements SealRig {
  readonly #packets: SealPackets;
  readonly #threads: readonly RunThread<void>[];
  readonly #views: readonly Uint8Array[];

  private constructor(
    packets: SealPackets,
    threads: readonly RunThread<void>[],
    views: readonly Uint8Array[],
  ) {
    this.#packets = packets;
    this.#threads = threads;
    this.#views = views;
  }

  static async open(packets: SealPackets, count: number): Promise<AloneSealRig> {
    const memory = sealMemory(packets);
    const source = new SharedArrayBuffer(packets.packetBytes);
    packets.fill(new Uint8Array(source));
    const threads: RunThread<void>[] = [];
    for (let thread = 0; thread < count; thread++) {
      const data: AloneData = { ...memory, source, thread, threads: count };
      threads.push(await RunThread.start('seal-alone.js', data));
    }
    return new AloneSealRig(packets, threads, viewsOf(memory));
  }

  run(count: number): Promise<SealRun> {
    return this.#packets.time(count, async (check) => {
      await Promise.all(this.#threads.map((thread) => thread.run({ events: count })));
      for (let n = 0; n < count; n++) check.put(this.#views[n % PLACES]!, n);
    });
  }

  async close(): Promise<void> {
    for (const thread of this.#threads) await thread.end();
  }
}

function sealMemory({ key, packetBytes, room }: SealPackets): SealMemory {
  return { key, packetBytes, room, bytes: new SharedArrayBuffer(PLACES * room) };
}

function viewsOf({ bytes, room }: SealMemory): Uint8Array[] {
  return Array.from({ length: PLACES }, (_, at) => new Uint8Array(bytes, at * room, room));
}
