/** What the programs of this folder have in common: their workers, and waiting for the end. */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { Domain, DomainStats, PortAttachment } from '../../../lib/index.js';

export type Role =
  | 'produce'
  | 'forward'
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
}

export const TALLY = {
  DONE: 0,
  BROKEN: 1,
  ACCEPTED: 2,
  HOLDING: 3,
  QUIT: 4,
  SUSPECTS: 5,
  ATTACHED: 6,
} as const;
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

export function makeCrew(domain: Domain, events: number): Crew {
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
      const workerData: Orders = { role, attachment, tally, done, locks, last, events };
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

/** Waits until nothing is inside and all credits are back; tells their sum. */
export async function creditsAtRest(domain: Domain): Promise<number> {
  await until(() => domain.stats().inflight === 0);
  return sumOf(domain.stats());
}

export function sumOf({ creditsFree, inflight, ports }: DomainStats): number {
  return ports.reduce((sum, port) => sum + port.credits, creditsFree + inflight);
}

export function report(result: object): void {
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
