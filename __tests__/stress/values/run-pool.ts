/** As `run`, for a pool of padata: submissions and a run of jobs that do odd things, and a break at the end. */
import { setTimeout as sleep } from 'node:timers/promises';
import { DlbError, createPadata } from '../../../lib/index.js';
import type { Padata } from '../../../lib/index.js';
import { Threads } from '../../pipeline/threads.js';
import { Random } from '../random.js';
import { makeOdd } from './deeds.js';
import { deedOf } from './plan.js';
import { readJob } from './pool-job.js';
import type { PoolJob } from './pool-job.js';
import type { Report } from './run.js';
import { settles, STUCK_MS } from './settles.js';

const JOBS = 80;
const BYTES = 512;
const ATTEMPTS = 2;
const WATCHDOG_MS = 500;
/** Each ends `ATTEMPTS` threads. */
const LETHAL_MAX = 2;

export async function runPool(seed: number): Promise<Report> {
  const random = new Random(seed);
  const wrong: string[] = [];
  using threads = new Threads();
  const pool = await createPadata({
    module: new URL('pool-job.js', import.meta.url),
    bytes: BYTES,
    workers: 2,
    jobs: random.pick([4, 64]),
    concurrency: random.pick([1, 8]),
    attempts: ATTEMPTS,
    timeoutMs: WATCHDOG_MS,
    overdue: 'fail',
  });
  const [scheduler] = threads.present;
  const isBroken = random.onceIn(3);
  const jobs = jobsOf(random);
  const submitted = jobs.map(async (job) => check(job, await outcomeOf(pool, job), isBroken));
  const ran = runInOrder(pool, jobs);
  if (isBroken) {
    await sleep(random.below(300));
    if (random.onceIn(2)) void scheduler!.terminate();
    else void pool.close({ timeoutMs: 20 }).catch(() => {});
  }
  const told = Promise.all([...submitted, ran]);
  if (!(await settles(told))) wrong.push(`stuck: ${JSON.stringify(pool.stats())}`);
  else for (const lines of await told) wrong.push(...lines);
  if (!(await settles(pool.close({ timeoutMs: 2000 })))) wrong.push('close is pending');
  for (let i = 0; i < STUCK_MS / 20 && threads.present.length > 0; i++) await sleep(20);
  if (threads.present.length > 0) wrong.push(`threads left: ${threads.present.length}`);
  const shape = `padata, ${isBroken ? 'broken' : 'orderly'}`;
  return { seed, shape, wrong, counts: { jobs: JOBS, crashes: pool.stats().crashes } };
}

function jobsOf(random: Random): PoolJob[] {
  let lethal = LETHAL_MAX;
  return Array.from({ length: JOBS }, (_, id): PoolJob => {
    if (!random.onceIn(3)) return { id };
    const deed = deedOf(random, ['auto'], lethal > 0);
    if (deed.what === 'die' || deed.what === 'hang') lethal--;
    return { id, deed };
  });
}

/** What `submit` resolves to, or the error that it rejects with. */
async function outcomeOf(pool: Padata, job: PoolJob): Promise<unknown> {
  try {
    return await pool.submit(bytesOf(job));
  } catch (error) {
    return error instanceof Error ? error : new Error('rejected with something else');
  }
}

/** What is wrong with an outcome, a line each. */
async function check(job: PoolJob, outcome: unknown, isBroken: boolean): Promise<string[]> {
  const { id, deed } = job;
  if (outcome instanceof Error) {
    const isOfJob = outcome instanceof DlbError && outcome.code === 'ERR_DLB_JOB_FAILED';
    if (isBroken && !isOfJob) return [];
    if (!isOfJob) return [`job ${id} failed with ${outcome.message}`];
    return deed === undefined ? [`the honest job ${id} failed: ${outcome.message}`] : [];
  }
  if (deed === undefined) {
    const isRight = outcome instanceof Uint8Array && readJob(outcome).id === id;
    return isRight ? [] : [`the honest job ${id} became ${String(outcome)}`];
  }
  if (deed.what !== 'return') return [`job ${id}, ${deed.what} at ${deed.at}, has a result`];
  const value = await Promise.resolve()
    .then(() => makeOdd(deed))
    .catch(() => new Error('none'));
  if (!ArrayBuffer.isView(value)) return [];
  const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  const isSame = outcome instanceof Uint8Array && Buffer.compare(outcome, bytes) === 0;
  return isSame ? [] : [`job ${id} has other bytes than its function returned`];
}

/** The same jobs as a run on a stream of their own: each is told of once, in order. */
async function runInOrder(pool: Padata, jobs: readonly PoolJob[]): Promise<string[]> {
  const wrong: string[] = [];
  const seen: number[] = [];
  try {
    await pool.stream().run(jobs.map(bytesOf), (_, number) => void seen.push(number), {
      onError: (_, number) => void seen.push(number),
    });
  } catch (error) {
    return error instanceof DlbError ? [] : [`the run failed: ${String(error)}`];
  }
  for (let i = 1; i < seen.length; i++) {
    const isPiece = seen[i] === seen[i - 1];
    if (seen[i]! < seen[i - 1]! || (isPiece && jobs[seen[i]!]!.deed === undefined)) {
      wrong.push(`job ${seen[i]} of the run came after ${seen[i - 1]}`);
    }
  }
  const told = new Set(seen);
  for (const { id, deed } of jobs) {
    if (deed === undefined && !told.has(id)) wrong.push(`nothing was told of job ${id} of the run`);
  }
  return wrong;
}

function bytesOf(job: PoolJob): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(job));
}
