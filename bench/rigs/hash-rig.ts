/** A producer thread that hashes flows to a ring per consumer thread: balancing by hand. */
import type { Run } from '../scenario.js';
import type { ConsumerReply, ProducerReply } from '../threads/end-to-end.js';
import { newHandRing } from '../threads/hand-ring.js';
import type { HashConsumerData } from '../threads/hash-consumer.js';
import type { HashProducerData } from '../threads/hash-producer.js';
import { newFlowTable } from '../workload.js';
import { EVENTS_LIMIT } from './end-to-end-rig.js';
import { RunThread } from './run-thread.js';
import { endCast, threadedRun } from './threaded-run.js';
import type { Cast } from './threaded-run.js';

export class HashRig {
  readonly #cast: Cast;

  private constructor(cast: Cast) {
    this.#cast = cast;
  }

  /** All rings together hold as many events as may be under way in softdlb. */
  static async open(consumerCount: number): Promise<HashRig> {
    const entries = EVENTS_LIMIT / consumerCount;
    const rings = Array.from({ length: consumerCount }, () => newHandRing(entries));
    const taken = new Int32Array(new SharedArrayBuffer(4));
    const flowTable = newFlowTable();
    const data: HashProducerData = { rings };
    const producer = await RunThread.start<ProducerReply>('hash-producer.js', data);
    const consumers: RunThread<ConsumerReply>[] = [];
    for (const ring of rings) {
      const own: HashConsumerData = { ring, taken, flowTable };
      consumers.push(await RunThread.start('hash-consumer.js', own));
    }
    return new HashRig({ producer, consumers, taken, flowTable });
  }

  run(events: number): Promise<Run> {
    return threadedRun(this.#cast, events);
  }

  close(): Promise<void> {
    return endCast(this.#cast);
  }
}
