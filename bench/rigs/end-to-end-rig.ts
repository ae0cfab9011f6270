/**
 * One producer thread, a scheduler worker and consumer threads that stay through all repetitions,
 * so that what is measured is the compiled code and not its compilation.
 */
import { openDevice } from '../../lib/index.js';
import type { Device, DomainSpec } from '../../lib/index.js';
import type { Run } from '../scenario.js';
import type {
  ConsumerData,
  ConsumerReply,
  ProducerData,
  ProducerReply,
} from '../threads/end-to-end.js';
import { newFlowTable, problemsOf, resetFlowTable } from '../workload.js';
import { RunThread } from './run-thread.js';

/** Enough events on their way that no thread runs dry while another has the core. */
export const EVENTS_LIMIT = 8192;
/** A refused producer sleeps until it may send this many: a wake-up for eight bursts. */
export const WISH = 256;

const NS_PER_MS = 1e6;

export interface EndToEndOptions {
  readonly consumers: number;
  /** CQ depth of each consumer's port; undefined: what the device chooses. */
  readonly dequeueDepth: number | undefined;
}

type Producer = RunThread<ProducerReply>;
type Consumer = RunThread<ConsumerReply>;

export class EndToEndRig {
  readonly #device: Device;
  readonly #producer: Producer;
  readonly #consumers: readonly Consumer[];
  readonly #taken: Int32Array;
  readonly #flowTable: Int32Array;

  private constructor(
    device: Device,
    producer: Producer,
    consumers: readonly Consumer[],
    shared: Omit<ConsumerData, 'attachment'>,
  ) {
    this.#device = device;
    this.#producer = producer;
    this.#consumers = consumers;
    this.#taken = shared.taken;
    this.#flowTable = shared.flowTable;
  }

  static async open(options: EndToEndOptions): Promise<EndToEndRig> {
    const device = await openDevice();
    const domain = await device.createDomain(domainSpec(options));
    const shared = {
      taken: new Int32Array(new SharedArrayBuffer(4)),
      flowTable: newFlowTable(),
    };
    const producerData: ProducerData = { attachment: domain.attachment(0), wish: WISH };
    const producer: Producer = await RunThread.start('producer.js', producerData);
    const consumers: Consumer[] = [];
    for (let id = 1; id <= options.consumers; id++) {
      const data: ConsumerData = { attachment: domain.attachment(id), ...shared };
      consumers.push(await RunThread.start('consumer.js', data));
    }
    await domain.start();
    return new EndToEndRig(device, producer, consumers, shared);
  }

  /** From just before the first event is written until the last one is in a consumer's hands. */
  async run(events: number): Promise<Run> {
    resetFlowTable(this.#flowTable);
    Atomics.store(this.#taken, 0, 0);
    const received = Promise.all(this.#consumers.map((consumer) => consumer.run({ events })));
    const { startedAt } = await this.#producer.run({ events });
    const replies = await received;
    const tallies = replies.map(({ tally }) => tally);
    const last = replies.find(({ finishedAt }) => finishedAt !== undefined);
    // Without a last event the check fails as well, and the time means nothing.
    const finishedAt = last?.finishedAt ?? process.hrtime.bigint();
    return {
      ms: Number(finishedAt - startedAt) / NS_PER_MS,
      problems: problemsOf(events, tallies, true),
    };
  }

  async close(): Promise<void> {
    for (const thread of [this.#producer, ...this.#consumers]) await thread.end();
    await this.#device.close();
  }
}

/** Port 0 is the producer's, the others are the consumers'. */
function domainSpec({ consumers, dequeueDepth }: EndToEndOptions): DomainSpec {
  const depth = dequeueDepth === undefined ? {} : { dequeueDepth };
  const consumerPort = { links: [0], ...depth };
  return {
    eventsLimit: EVENTS_LIMIT,
    queues: [{ type: 'atomic' }],
    ports: [{}, ...Array.from({ length: consumers }, () => consumerPort)],
  };
}
