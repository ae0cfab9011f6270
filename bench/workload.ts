/**
 * What flows through every scenario: numbered events spread over flows, and the proof that all of
 * them arrived, once each, every flow in order.
 */
import { EventBurst, SCHED } from '../lib/index.js';

/** Events of one enqueue and one dequeue: the burst of DPDK's own tests. */
export const BURST = 32;
export const FLOWS = 1024;
/** Each flow's word has a cache line of its own: consumers on two cores write them by turns. */
const WORDS_PER_FLOW = 16;

const WORDS = 4;
const FLOW_MASK = 0xf_ffff;

/** The second word of every event: NEW, of normal priority, for queue 0. */
const SECOND_WORD = secondWord();

function secondWord(): number {
  const burst = new EventBurst(1);
  burst.pushNew(0, 0, SCHED.ATOMIC, 0);
  return burst.words[1]!;
}

/** Word by word, as the C program writes its structs. Makes the burst the events `first` .. `first + count - 1` for queue 0. `flows` is a power of 2. */
export function writeEvents(
  burst: EventBurst,
  first: number,
  count: number,
  flows: number = FLOWS,
): void {
  const { words } = burst;
  let at = 0;
  for (let n = first; n < first + count; n++, at += WORDS) {
    words[at] = n & (flows - 1);
    words[at + 1] = SECOND_WORD;
    words[at + 2] = n;
    words[at + 3] = 0;
  }
  burst.length = count;
}

/** What one consumer saw of a run. */
export interface Tally {
  readonly received: number;
  /** Of the payloads, modulo 2^32. */
  readonly sum: number;
  /** Events that were not the next one of their flow. */
  readonly misplaced: number;
}

/** The number last seen of each flow. Plain reads will do: whoever is given an atomic flow sees
 *  what its last holder wrote. */
export function newFlowTable(
  flows: number = FLOWS,
  wordsPerFlow: number = WORDS_PER_FLOW,
): Int32Array {
  return new Int32Array(new SharedArrayBuffer(flows * wordsPerFlow * 4));
}

/** To be called before a run: event `flow` is the first of its flow. */
export function resetFlowTable(table: Int32Array, flows: number = FLOWS): void {
  const stride = table.length / flows;
  for (let flow = 0; flow < flows; flow++) table[flow * stride] = flow - flows;
}

/** A consumer's side of the check. */
export class Arrivals {
  readonly #table: Int32Array;
  readonly #flows: number;
  readonly #stride: number;
  received = 0;
  #sum = 0;
  #misplaced = 0;

  constructor(table: Int32Array, flows: number = FLOWS) {
    this.#table = table;
    this.#flows = flows;
    this.#stride = table.length / flows;
  }

  take(burst: EventBurst): void {
    const table = this.#table;
    const flows = this.#flows;
    const stride = this.#stride;
    const { words, length } = burst;
    let sum = this.#sum;
    let misplaced = 0;
    for (let word = 0; word < length * WORDS; word += WORDS) {
      const n = words[word + 2]!;
      const at = (words[word]! & FLOW_MASK) * stride;
      if (table[at] !== n - flows) misplaced++;
      table[at] = n;
      sum = (sum + n) | 0;
    }
    this.#sum = sum;
    this.#misplaced += misplaced;
    this.received += length;
  }

  /** The same for an event that comes by another way. */
  takeOne(flow: number, n: number): void {
    const at = flow * this.#stride;
    if (this.#table[at] !== n - this.#flows) this.#misplaced++;
    this.#table[at] = n;
    this.#sum = (this.#sum + n) | 0;
    this.received++;
  }

  /** What was seen since the last call. */
  tally(): Tally {
    const tally = { received: this.received, sum: this.#sum, misplaced: this.#misplaced };
    this.received = 0;
    this.#sum = 0;
    this.#misplaced = 0;
    return tally;
  }
}

/** What is wrong with a run of `events` events; nothing if it is empty. */
export function problemsOf(
  events: number,
  tallies: readonly Tally[],
  keepsOrder: boolean,
): string[] {
  const total = (of: keyof Tally): number => tallies.reduce((sum, tally) => sum + tally[of], 0);
  const sum = Number(BigInt.asIntN(32, (BigInt(events) * BigInt(events - 1)) / 2n));
  const problems: string[] = [];
  if (total('received') !== events) problems.push(`received=${total('received')}, sent=${events}`);
  if ((total('sum') | 0) !== sum) problems.push(`payload sum=${total('sum') | 0}, sent=${sum}`);
  if (keepsOrder && total('misplaced') > 0) problems.push(`out of order=${total('misplaced')}`);
  return problems;
}
