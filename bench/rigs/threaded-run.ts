/** One run of a producer thread and consumer threads: how long it took, and its check. */
import type { Run } from '../scenario.js';
import type { ConsumerReply, ProducerReply } from '../threads/end-to-end.js';
import { problemsOf, resetFlowTable } from '../workload.js';
import type { RunThread } from './run-thread.js';

export interface Cast {
  readonly producer: RunThread<ProducerReply>;
  readonly consumers: readonly RunThread<ConsumerReply>[];
  /** One word: events that all consumers have taken. */
  readonly taken: Int32Array;
  readonly flowTable: Int32Array;
}

const NS_PER_MS = 1e6;

/** From just before the first event is written until the last one is in a consumer's hands. */
export async function threadedRun(cast: Cast, events: number): Promise<Run> {
  resetFlowTable(cast.flowTable);
  Atomics.store(cast.taken, 0, 0);
  const received = Promise.all(cast.consumers.map((consumer) => consumer.run({ events })));
  const { startedAt } = await cast.producer.run({ events });
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

export async function endCast({ producer, consumers }: Cast): Promise<void> {
  for (const thread of [producer, ...consumers]) await thread.end();
}
