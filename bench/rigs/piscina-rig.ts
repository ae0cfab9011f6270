/** A Piscina pool that is given tasks that do nothing. */
import { Piscina } from 'piscina';
import type { Run } from '../scenario.js';

/** Tasks handed to a thread before it answered the first: batches what it reads per wake-up. */
const TASKS_PER_WORKER = 64;
/** Tasks under way: more only made its queue longer. */
const IN_FLIGHT = 64;

export class PiscinaRig {
  readonly #pool: Piscina;

  constructor(threads: number) {
    this.#pool = new Piscina({
      filename: new URL('../threads/no-op-task.js', import.meta.url).href,
      minThreads: threads,
      maxThreads: threads,
      concurrentTasksPerWorker: TASKS_PER_WORKER,
      recordTiming: false,
    });
  }

  async run(tasks: number): Promise<Run> {
    let next = 0;
    let sum = 0;
    const lane = async (): Promise<void> => {
      while (next < tasks) {
        const result = (await this.#pool.run(next++)) as number;
        sum += result;
      }
    };
    const startedAt = performance.now();
    await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
    const ms = performance.now() - startedAt;
    const expected = (tasks * (tasks - 1)) / 2;
    return { ms, problems: sum === expected ? [] : [`sum=${sum}, expected=${expected}`] };
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }
}
