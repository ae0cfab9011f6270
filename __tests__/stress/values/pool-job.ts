/** The functions of the fuzzed pool: what they do stands in the job's bytes, as JSON. */
import type { Job, ParallelFunction, SerialJob } from '../../../lib/index.js';
import { makeOdd } from './deeds.js';
import type { Deed } from './deeds.js';

export interface PoolJob {
  readonly id: number;
  readonly deed?: Deed;
}

export function readJob(bytes: Uint8Array): PoolJob {
  return JSON.parse(Buffer.from(bytes).toString()) as PoolJob;
}

export const parallel: ParallelFunction = (job: Job) => {
  const { deed } = readJob(job.data);
  if (deed === undefined) return undefined;
  const { what, at, isLater } = deed;
  if (what === 'return' || what === 'throw') {
    const give = (): never => {
      const odd = makeOdd(deed);
      // oxlint-disable-next-line typescript/only-throw-error -- as functions may.
      if (what === 'throw') throw odd;
      return odd as never;
    };
    return isLater ? Promise.resolve().then(give) : give();
  }
  // oxlint-disable-next-line unicorn/no-thenable -- what a function may return.
  if (at === 'then') return { then: () => end(what) } as never;
  if (at === 'getter') return trapped(what) as never;
  if (at === 'await') return Promise.resolve().then(() => end(what));
  return end(what);
};

export function serial(job: SerialJob): void {
  if (job.error === undefined && readJob(job.result).deed?.at === 'key') throw new Error('serial');
}

/** Pieces that run user code when they are looked at. What bytes say of themselves is not asked for. */
function trapped(what: Deed['what']): unknown {
  return Object.defineProperty([0], 0, { get: () => end(what) });
}

function end(what: Deed['what']): never {
  if (what === 'die') process.exit(7);
  if (what === 'hang') for (;;);
  throw new Error('user code fails');
}
