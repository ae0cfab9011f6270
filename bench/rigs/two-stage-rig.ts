/** A source that is its own sink, the scheduler worker, and workers that do both stages. */
import { openDevice } from '../../lib/index.js';
import type { Device, DomainSpec } from '../../lib/index.js';
import type { Run } from '../scenario.js';
import type { SourceData, SourceReply, StageData } from '../threads/two-stages.js';
import { newFlowTable, problemsOf, resetFlowTable } from '../workload.js';
import { EVENTS_LIMIT } from './end-to-end-rig.js';
import { RunThread } from './run-thread.js';

interface Cast {
  readonly source: RunThread<SourceReply>;
  readonly workers: readonly RunThread<number>[];
  readonly finished: Int32Array;
  readonly flowTable: Int32Array;
}

const STAGES = 2;

export class TwoStageRig {
  readonly #device: Device;
  readonly #cast: Cast;

  private constructor(device: Device, cast: Cast) {
    this.#device = device;
    this.#cast = cast;
  }

  static async open(workerCount: number, dequeueDepth: number): Promise<TwoStageRig> {
    const device = await openDevice();
    const domain = await device.createDomain(domainSpec(workerCount, dequeueDepth));
    const finished = new Int32Array(new SharedArrayBuffer(4));
    const flowTable = newFlowTable();
    const data: SourceData = { attachment: domain.attachment(0), finished, flowTable };
    const source = await RunThread.start<SourceReply>('stage-source.js', data);
    const workers: RunThread<number>[] = [];
    for (let id = 1; id <= workerCount; id++) {
      const own: StageData = { attachment: domain.attachment(id), finished };
      workers.push(await RunThread.start('stage-worker.js', own));
    }
    await domain.start();
    return new TwoStageRig(device, { source, workers, finished, flowTable });
  }

  /** Until the last event is back at its source. */
  async run(events: number): Promise<Run> {
    const { source, workers, finished, flowTable } = this.#cast;
    resetFlowTable(flowTable);
    Atomics.store(finished, 0, 0);
    const forwarded = Promise.all(workers.map((worker) => worker.run({ events })));
    const { ms, tally } = await source.run({ events });
    const steps = (await forwarded).reduce((sum, count) => sum + count, 0);
    const problems = problemsOf(events, [tally], true);
    const expected = events * STAGES;
    if (steps !== expected) problems.push(`forwarded=${steps}, expected=${expected}`);
    return { ms, problems };
  }

  async close(): Promise<void> {
    const { source, workers } = this.#cast;
    for (const thread of [source, ...workers]) await thread.end();
    await this.#device.close();
  }
}

function domainSpec(workerCount: number, dequeueDepth: number): DomainSpec {
  const worker = { links: [0, 1], dequeueDepth };
  return {
    eventsLimit: EVENTS_LIMIT,
    queues: [
      { type: 'atomic' },
      { type: 'ordered', sequences: EVENTS_LIMIT },
      { type: 'directed', priority: 0 },
    ],
    ports: [{ links: [2], dequeueDepth }, ...Array.from({ length: workerCount }, () => worker)],
  };
}
