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
import { BURST, newFlowTable } from '../workload.js';
import { RunThread } from './run-thread.js';
import { endCast, threadedRun } from './threaded-run.js';
import type { Cast } from './threaded-run.js';

/** Enough events on their way that no thread runs dry while another has the core. */
export const EVENTS_LIMIT = 8192;
/** A refused producer sleeps until it may send this many: a wake-up for eight bursts. */
export const WISH = 256;

export interface EndToEndOptions {
  readonly consumers: number;
  /** CQ depth of each consumer's port; undefined: what the device chooses. */
  readonly dequeueDepth: number | undefined;
  /** Events of one enqueue and at most of one dequeue; default 32. */
  readonly burst?: number;
  /** Microseconds that a consumer is busy with each event; default none. */
  readonly workMicros?: number;
}

export class EndToEndRig {
  readonly #device: Device;
  readonly #cast: Cast;

  private constructor(device: Device, cast: Cast) {
    this.#device = device;
    this.#cast = cast;
  }

  static async open(options: EndToEndOptions): Promise<EndToEndRig> {
    const device = await openDevice();
    const domain = await device.createDomain(domainSpec(options));
    const shared = {
      taken: new Int32Array(new SharedArrayBuffer(4)),
      flowTable: newFlowTable(),
    };
    const { burst = BURST, workMicros = 0 } = options;
    const producerData: ProducerData = { attachment: domain.attachment(0), wish: WISH, burst };
    const producer = await RunThread.start<ProducerReply>('producer.js', producerData);
    const consumers: RunThread<ConsumerReply>[] = [];
    for (let id = 1; id <= options.consumers; id++) {
      const own = { attachment: domain.attachment(id), burst, workMicros };
      const data: ConsumerData = { ...own, ...shared };
      consumers.push(await RunThread.start('consumer.js', data));
    }
    await domain.start();
    return new EndToEndRig(device, { producer, consumers, ...shared });
  }

  run(events: number): Promise<Run> {
    return threadedRun(this.#cast, events);
  }

  async close(): Promise<void> {
    await endCast(this.#cast);
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
