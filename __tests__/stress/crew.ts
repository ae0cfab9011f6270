/** The threads of a run: they are hired, terminated at any moment, and replaced. */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { Domain } from '../../lib/index.js';
import type { Board, Orders } from './board.js';
import type { Random } from './random.js';
import type { Topology } from './topology.js';

const ENTRY = new URL('worker.js', import.meta.url);

export class Crew {
  kills = 0;
  readonly #domain: Domain;
  readonly #topology: Topology;
  readonly #board: Board;
  /** By port: who has it, or is about to. */
  readonly #threads: Worker[] = [];
  readonly #exits = new Map<Worker, Promise<unknown>>();
  readonly #errors: Error[] = [];

  constructor(domain: Domain, topology: Topology, board: Board) {
    this.#domain = domain;
    this.#topology = topology;
    this.#board = board;
    const ports = topology.producers + topology.workers + 1;
    // Those who take in come first, so that a run begins with everybody there.
    for (let port = ports - 1; port >= 0; port--) this.#hire(port);
  }

  get size(): number {
    return this.#threads.length;
  }

  /** Terminates a thread; another comes for its port, before or after it is gone. */
  async killOne(random: Random): Promise<void> {
    const port = random.below(this.#threads.length);
    const victim = this.#threads[port]!;
    this.kills++;
    void victim.terminate();
    if (random.onceIn(2)) await this.#exits.get(victim);
    if (random.onceIn(4)) await sleep(random.below(10));
    this.#hire(port);
  }

  /** Resolves when the producers have sent what they began. */
  async producersDone(): Promise<void> {
    const producers = this.#threads.slice(0, this.#topology.producers);
    for (const each of producers) await this.#exits.get(each);
  }

  async allDone(): Promise<void> {
    await Promise.all(this.#exits.values());
  }

  /** @throws what a thread threw. */
  check(): void {
    if (this.#errors.length > 0) throw this.#errors[0]!;
  }

  #hire(port: number): void {
    const attachment = this.#domain.attachment(port);
    const workerData: Orders = { topology: this.#topology, attachment, board: this.#board };
    const worker = new Worker(ENTRY, { workerData });
    worker.on('error', (error) => this.#errors.push(error));
    // Before `bind`: what it held may be found by others from its reclaim on.
    worker.once('exit', () => {
      const hire = Atomics.load(this.#board.holder, port);
      Atomics.store(this.#board.gone, hire, 1);
    });
    this.#exits.set(worker, once(worker, 'exit'));
    this.#domain.bind(port, worker);
    this.#threads[port] = worker;
  }
}
