/** The domain of a pool, as a specification for the control plane. */
import type { DomainSpec, PortSpec } from '../eventdev/spec.js';
import { DEQUEUE_DEPTH_MAX } from '../eventdev/limits.js';
import { bufferBytes } from './job-buffer.js';
import type { PadataSettings } from './options.js';
import { JOBS_QUEUE, RESULTS_QUEUE } from './seat.js';

/**
 *   port 0 ──NEW──▶ [0 jobs: ordered] ──▶ ports 1..n ──FORWARD──▶ [1 results: directed] ──▶ port 0
 *
 * Buffers are what limits the jobs in flight. Credits come back a pass after the buffer is free
 * again, so there are twice as many: a job with a buffer does not wait for a credit.
 */
export function padataSpec(settings: PadataSettings): DomainSpec {
  const { name, jobs, bytes, workers } = settings;
  const window = powerOfTwoFrom(jobs);
  const submit: PortSpec = {
    name: `${name}-submit`,
    links: [RESULTS_QUEUE],
    dequeueDepth: Math.min(window, DEQUEUE_DEPTH_MAX),
  };
  const seats = Array.from({ length: workers }, (_, seat) => ({
    name: `${name}-${seat}`,
    links: [JOBS_QUEUE],
  }));
  return {
    name,
    eventsLimit: 2 * jobs,
    queues: [
      { name: 'jobs', type: 'ordered', sequences: window },
      { name: 'results', type: 'directed' },
    ],
    ports: [submit, ...seats],
    // All of them are the submitting port's, from the start: nothing to hold back.
    buffers: { count: jobs, bytes: bufferBytes(bytes), reserve: 0 },
  };
}

function powerOfTwoFrom(least: number): number {
  return 2 ** Math.ceil(Math.log2(least));
}
