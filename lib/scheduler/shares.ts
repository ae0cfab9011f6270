/**
 * Shares among queues of equal priority: weighted round robin.
 *
 * Runs on: the scheduler. Queues of a class take turns. In its turn a queue may have as many events
 * delivered as its weight plus one, times what makes the shortest turn of the class as long as the
 * queue's affinity asks for; a turn that finds no room is resumed in the next pass.
 * Algorithm: deficit round robin with unit cost (M. Shreedhar, G. Varghese, SIGCOMM 1995).
 */
import type { QueueSeat } from './queue-seat.js';

/** Queues of one priority. */
export class ShareClass {
  readonly queues: QueueSeat[];
  /** Some queue has a weight or an affinity; otherwise they go by id. */
  readonly isWeighted: boolean;
  readonly #quanta: number[];
  #turn = 0;
  #budget: number;

  constructor(queues: QueueSeat[]) {
    this.queues = queues;
    this.isWeighted = queues.some((queue) => queue.weight > 0 || queue.affinity > 0);
    const turns = queues.map((queue) => Math.ceil((queue.affinity + 1) / (queue.weight + 1)));
    const longest = Math.max(...turns);
    this.#quanta = queues.map((queue) => (queue.weight + 1) * longest);
    this.#budget = this.#quanta[0]!;
  }

  /** Delivers by turns until no queue has anything that can go. `deliver` is given a queue and the
   *  most events that may go; it returns how many went. */
  serve(deliver: (queue: QueueSeat, most: number) => number): number {
    let sent = 0;
    let idle = 0;
    let turn = this.#turn;
    let budget = this.#budget;
    while (idle < this.queues.length) {
      const queue = this.queues[this.#turn]!;
      const went = queue.levels === 0 ? 0 : deliver(queue, this.#budget);
      sent += went;
      this.#budget -= went;
      // Who is blocked goes on where it was, unless others could use the turn.
      if (went > 0) idle = 0;
      else if (idle++ === 0) [turn, budget] = [this.#turn, this.#budget];
      if (went === 0 || this.#budget === 0) this.#next();
    }
    this.#turn = turn;
    this.#budget = budget;
    return sent;
  }

  #next(): void {
    this.#turn = (this.#turn + 1) % this.queues.length;
    this.#budget = this.#quanta[this.#turn]!;
  }
}

/** Queues in the order of their priorities, then ids, in classes of equal priority. */
export function shareClasses(ranked: QueueSeat[]): ShareClass[] {
  const priorities = [...new Set(ranked.map((queue) => queue.priority))];
  return priorities.map(
    (priority) => new ShareClass(ranked.filter((queue) => queue.priority === priority)),
  );
}
