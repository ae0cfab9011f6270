/** Pools of other people that are given tasks that do little or nothing, as fast as each can be made. */
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import { FixedThreadPool } from 'poolifier';
import { Tinypool } from 'tinypool';
import type { Run } from '../scenario.js';

/** Hands in one task. */
type RunTask = (n: number) => Promise<number>;

/** Tasks handed to a thread before it answered the first: batches what it reads per wake-up. */
const TASKS_PER_WORKER = 64;
/** Tasks under way: more only made the pools' queues longer. */
const IN_FLIGHT = 64;
const DESTROY_MAX_MS = 1000;

const NO_OP = new URL('../threads/no-op-task.js', import.meta.url).href;

export class TaskPoolRig {
  readonly #runTask: RunTask;
  readonly #destroy: () => Promise<void>;

  private constructor(runTask: RunTask, destroy: () => Promise<void>) {
    this.#runTask = runTask;
    this.#destroy = destroy;
  }

  /** All threads from the start, many tasks per thread, no records of timing. */
  static piscina(threads: number, workMicros = 0): TaskPoolRig {
    const pool = new Piscina({
      workerData: { workMicros },
      filename: NO_OP,
      minThreads: threads,
      maxThreads: threads,
      concurrentTasksPerWorker: TASKS_PER_WORKER,
      recordTiming: false,
    });
    return new TaskPoolRig(
      (n) => pool.run(n) as Promise<number>,
      () => pool.destroy(),
    );
  }

  static tinypool(threads: number): TaskPoolRig {
    const pool = new Tinypool({
      filename: NO_OP,
      minThreads: threads,
      maxThreads: threads,
      concurrentTasksPerWorker: TASKS_PER_WORKER,
    });
    return new TaskPoolRig(
      (n) => pool.run(n) as Promise<number>,
      () => pool.destroy(),
    );
  }

  /** A fixed pool, events off, the cheapest strategy, no queue of tasks and no statistics. */
  static poolifier(threads: number): TaskPoolRig {
    const file = fileURLToPath(new URL('../threads/poolifier-task.js', import.meta.url));
    const pool = new FixedThreadPool<number, number>(threads, file, {
      enableEvents: false,
      workerChoiceStrategy: 'ROUND_ROBIN',
      enableTasksQueue: false,
    });
    return new TaskPoolRig(
      (n) => pool.execute(n),
      // It waits for ever for a thread that is gone before it listens (poolifier 5.3.2); by then
      // nothing is left to be destroyed.
      () => Promise.race([pool.destroy(), sleep(DESTROY_MAX_MS, undefined)]),
    );
  }

  async run(tasks: number): Promise<Run> {
    let next = 0;
    let sum = 0;
    const lane = async (): Promise<void> => {
      while (next < tasks) {
        const result = await this.#runTask(next++);
        sum += result;
      }
    };
    const startedAt = performance.now();
    await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
    const ms = performance.now() - startedAt;
    const expected = (tasks * (tasks - 1)) / 2;
    return { ms, problems: sum === expected ? [] : [`sum=${sum}, expected=${expected}`] };
  }

  close(): Promise<void> {
    return this.#destroy();
  }
}
