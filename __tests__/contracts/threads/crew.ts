/** What the programs of this folder have in common: their workers, and waiting for the end. */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { Domain, DomainStats, PortAttachment } from '../../../lib/index.js';

export type Role =
  | 'produce'
  | 'forward'
  | 'mortal'
  | 'exclusive'
  | 'complete'
  | 'completeLate'
  | 'hold'
  | 'echo';

/** What a worker is told. All words are shared. */
export interface Orders {
  readonly role: Role;
  readonly attachment: PortAttachment;
  /** TALLY words that all workers of a program share. */
  readonly tally: Int32Array;
  /** Per payload, how often it was completed. */
  readonly done: Int32Array;
  /** Per queue and flow: who holds it (port + 1), and the last payload seen. */
  readonly locks: Int32Array;
  readonly last: Int32Array;
  readonly events: number;
  /** Whether queue 0 is atomic: then its flows are locked as well. */
  readonly firstIsAtomic: boolean;
}

export const TALLY = {
  DONE: 0,
  BROKEN: 1,
  ACCEPTED: 2,
  HOLDING: 3,
  QUIT: 4,
  SUSPECTS: 5,
  ATTACHED: 6,
  /** Bursts sent on by workers that do not hold the first event. */
  OVERTOOK: 7,
} as const;
/** In HOLDING: a mortal worker is asked to keep its next burst. */
export const HOLD = -1;
export const FLOWS = 61;

export function shared(words: number): Int32Array {
  return new Int32Array(new SharedArrayBuffer(words * 4));
}

export interface Crew {
  readonly tally: Int32Array;
  readonly done: Int32Array;
  /** Starts a worker on a port, bound to it. */
  hire(role: Role, port: number): Worker;
  /** Resolves when every worker has exited by itself. */
  exited(): Promise<void>;
}

export function makeCrew(domain: Domain, events: number, firstIsAtomic = true): Crew {
  const tally = shared(8);
  const done = shared(events);
  const locks = shared(2 * FLOWS);
  const last = shared(2 * FLOWS).fill(-1);
  const exits: Promise<unknown>[] = [];
  return {
    tally,
    done,
    hire(role, port) {
      const attachment = domain.attachment(port);
      const shares = { tally, done, locks, last };
      const workerData: Orders = { role, attachment, ...shares, events, firstIsAtomic };
      const worker = new Worker(new URL('worker.js', import.meta.url), { workerData });
      exits.push(once(worker, 'exit'));
      domain.bind(port, worker);
      return worker;
    },
    async exited() {
      await Promise.all(exits);
    },
  };
}

/** Looks until it is so. A time-out belongs to whoever runs the program. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await sleep(1);
}

/** Waits until nothing is inside and nothing moves any more; tells the sum of all credits then. */
export async function creditsAtRest(domain: Domain): Promise<number> {
  let before = '';
  for (;;) {
    const stats = domain.stats();
    const now = JSON.stringify({ ...stats, passes: 0 });
    if (stats.inflight === 0 && now === before) return sumOf(stats);
    before = now;
    await sleep(2);
  }
}

/** The sum of all levels that say that something is inside. */
export function levelsOf({ inflight, ports, queues }: DomainStats): number {
  let sum = inflight;
  for (const port of ports) sum += port.inflight + port.enqueueUsed + port.cqUsed;
  for (const queue of queues) {
    sum += queue.inflight + queue.pinned.length;
    for (const used of queue.iqUsed) sum += used;
  }
  return sum;
}

export function sumOf({ creditsFree, inflight, ports }: DomainStats): number {
  return ports.reduce((sum, port) => sum + port.credits, creditsFree + inflight);
}

export function report(result: object): void {
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
