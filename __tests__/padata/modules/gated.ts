/** Jobs that do what their first byte says, and can be held at gates that the test opens. */
import { threadId } from 'node:worker_threads';
import type { Job, JobResult, ModuleFunctions, SerialJob } from '../../../lib/padata/index.js';

/** First byte of a job; the second is its operand. */
export const DO = {
  /** Answers with the id of its thread. */
  TELL: 0,
  /** Blocks until the gate is open. */
  WAIT: 1,
  /** Returns a promise, which waits for the gate. */
  LATER: 2,
  THROW: 3,
  NONE: 4,
  PIECES: 5,
  /** Ends its thread as often as the operand says. */
  EXIT: 6,
  /** Rejects, later. */
  REJECT: 7,
} as const;

/** Shared with the test: gates, then what the module counts, then the log of the serial function. */
export interface Gated {
  readonly words: SharedArrayBuffer;
}
export const GATES = 16;
/** Jobs that wait at a gate, sum over all. */
export const AT_GATE = 16;
/** Serial functions that run now, and how many ran at once at most. */
export const INSIDE = 17;
export const INSIDE_MOST = 18;
export const LOGGED = 19;
export const RUNS = 20;
export const LOG = 32;
/** Stream, number, thread, error or not. */
export const LOG_WORDS = 4;

export function setup({ words }: Gated): ModuleFunctions {
  const shared = new Int32Array(words);
  return {
    parallel: (job) => act(shared, job),
    serial: (job) => log(shared, job),
    range: () => new Promise(() => {}),
  };
}

function act(shared: Int32Array, job: Job): JobResult | Promise<JobResult> {
  const [what = 0, operand = 0] = job.data;
  Atomics.add(shared, RUNS, 1);
  switch (what) {
    case DO.WAIT:
      Atomics.add(shared, AT_GATE, 1);
      while (Atomics.load(shared, operand) === 0) Atomics.wait(shared, operand, 0);
      return tell();
    case DO.LATER:
      Atomics.add(shared, AT_GATE, 1);
      return opened(shared, operand).then(tell);
    case DO.THROW:
      throw new Error('a job threw');
    case DO.NONE:
      return false;
    case DO.PIECES:
      return Array.from({ length: operand }, (_, i) => Uint8Array.of(job.number, i));
    case DO.EXIT:
      if (job.attempt < operand) process.exit(5);
      return tell();
    case DO.REJECT:
      return Promise.resolve().then(() => Promise.reject(new Error('a job rejected')));
    default:
      return tell();
  }
}

/** Not 0xff, which `serial` refuses. */
function tell(): Uint8Array {
  return Uint8Array.of(threadId % 0xff);
}

async function opened(shared: Int32Array, gate: number): Promise<void> {
  while (Atomics.load(shared, gate) === 0) await new Promise((resolve) => setTimeout(resolve, 1));
}

async function log(shared: Int32Array, job: SerialJob): Promise<void> {
  const inside = Atomics.add(shared, INSIDE, 1) + 1;
  if (inside > Atomics.load(shared, INSIDE_MOST)) Atomics.store(shared, INSIDE_MOST, inside);
  await new Promise((resolve) => setImmediate(resolve));
  const at = LOG + Atomics.add(shared, LOGGED, 1) * LOG_WORDS;
  shared.set([job.stream, job.number, threadId, job.error === undefined ? 0 : 1], at);
  Atomics.sub(shared, INSIDE, 1);
  if (job.error === undefined && job.result[0] === 0xff) throw new Error('serial refused');
}
