/** Poisson arrivals at half of what the workers can do, some of them long. */
import { openDevice } from '../../lib/index.js';
import type { Device } from '../../lib/index.js';
import { LONG_EVERY, LONG_MICROS, SHORT_MICROS, isLong } from '../threads/late-binding.js';
import type { LateData } from '../threads/late-binding.js';
import { RunThread } from './run-thread.js';

const WORKERS = 2;
const LOAD = 0.5;
const EVENTS_LIMIT = 8192;
const SEED = 20;
const MICROS_PER_MS = 1000;

type Shared = Omit<LateData, 'attachment'>;

export class LateBindingRig {
  readonly #device: Device;
  readonly #threads: readonly RunThread<void>[];
  readonly #shared: Shared;

  private constructor(device: Device, threads: readonly RunThread<void>[], shared: Shared) {
    this.#device = device;
    this.#threads = threads;
    this.#shared = shared;
  }

  /** @param dequeueDepth undefined: what the device chooses. */
  static async open(events: number, dequeueDepth: number | undefined): Promise<LateBindingRig> {
    const device = await openDevice();
    const worker = { links: [0], ...(dequeueDepth === undefined ? {} : { dequeueDepth }) };
    const domain = await device.createDomain({
      eventsLimit: EVENTS_LIMIT,
      queues: [{ type: 'parallel' }],
      ports: [{}, ...Array.from({ length: WORKERS }, () => worker)],
    });
    const shared: Shared = {
      due: arrivals(events),
      sentAt: new Float64Array(new SharedArrayBuffer(events * 8)),
      lateness: new Float64Array(new SharedArrayBuffer(events * 8)),
      done: new Int32Array(new SharedArrayBuffer(4)),
    };
    const threads: RunThread<void>[] = [];
    for (let id = 0; id <= WORKERS; id++) {
      const data: LateData = { attachment: domain.attachment(id), ...shared };
      const entry = id === 0 ? 'late-producer.js' : 'late-consumer.js';
      threads.push(await RunThread.start(entry, data));
    }
    await domain.start();
    return new LateBindingRig(device, threads, shared);
  }

  /** How late the short events began, in microseconds, sorted; empty when some did not come. */
  async run(): Promise<Float64Array> {
    const { lateness, done } = this.#shared;
    const events = lateness.length;
    lateness.fill(-1);
    Atomics.store(done, 0, 0);
    await Promise.all(this.#threads.map((thread) => thread.run({ events })));
    if (lateness.some((late) => late < 0)) return new Float64Array();
    return lateness
      .filter((_, n) => !isLong(n))
      .map((ms) => ms * MICROS_PER_MS)
      .toSorted();
  }

  async close(): Promise<void> {
    for (const thread of this.#threads) await thread.end();
    await this.#device.close();
  }
}

/** When each event is due, in milliseconds: the gaps are exponential, the same in each run. */
function arrivals(events: number): Float64Array {
  const meanWork = (LONG_MICROS + (LONG_EVERY - 1) * SHORT_MICROS) / LONG_EVERY;
  const meanGap = meanWork / WORKERS / LOAD / MICROS_PER_MS;
  const due = new Float64Array(new SharedArrayBuffer(events * 8));
  let state = SEED;
  let now = 0;
  for (let n = 0; n < events; n++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    now -= Math.log((state + 1) / 2 ** 32) * meanGap;
    due[n] = now;
  }
  return due;
}
