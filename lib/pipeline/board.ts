/**
 * Shared words beside the events: what is no longer wanted, what each worker is at, what it has counted.
 *
 *   words 0..1023      one per session, written by the main thread: bit 0 says that its items are not wanted, the
 *                      bits above count the runs and calls that have had it
 *   words 1024..1279   groups that the flows of each stage are folded into, 0: none; written by the main thread, while
 *                      nothing is in flight
 *   then per seat      its line, written by its worker:
 *     word 0           BEAT: 0, or the stage of the call in hand and a count that moves with each call
 *     from word 2      doubles: per stage one of each of COUNTS, the last of them how many items a pack should have
 *   the last word      blocks of ids that were taken: `BlockIds` of the mempool
 *
 * Plain accesses, but of the last word: nothing is handed over by these words. Who reads sees some value of late, and the
 * counts of a worker are final when its last event has come out.
 */

export const SESSIONS = 1024;
/** Session of those for whom there is no word of their own. */
export const NO_SESSION = 0;
const UNWANTED = 1;

/** What a worker counts per stage. */
export const COUNTS = {
  HANDLED: 0,
  ERRORS: 1,
  RETRIES: 2,
  REDELIVERIES: 3,
  ENDED: 4,
  DROPPED: 5,
  DEAD_LETTERS: 6,
  /** Packs taken, and the items in them. */
  PACKS: 7,
  ITEMS: 8,
} as const;
/** Beside the counts of a stage. */
const PACK = 9;
const COUNTS_PER_STAGE = 10;
/** Of the main thread's line: from here on, groups by stage. */
const GROUPS_AT = SESSIONS;
const STAGES_MAX = 256;
const WORDS = SESSIONS + STAGES_MAX;
/** 128 bytes, in doubles. */
const LINE_DOUBLES = 16;
const STAGE_BITS = 8;

export class Board {
  readonly memory: SharedArrayBuffer;
  /** See `BlockIds`. */
  readonly blocks: Int32Array;
  readonly #words: Int32Array;
  readonly #doubles: Float64Array;
  readonly #seatDoubles: number;

  constructor(seats: number, stages: number, memory?: SharedArrayBuffer) {
    this.#seatDoubles = seatDoubles(stages);
    const bytes = (WORDS / 2 + seats * this.#seatDoubles + 1) * 8;
    this.memory = memory ?? new SharedArrayBuffer(bytes);
    this.#words = new Int32Array(this.memory);
    this.#doubles = new Float64Array(this.memory);
    this.blocks = this.#words.subarray(-1);
  }

  /** Whether the items of the session are still wanted. */
  isWanted(session: number): boolean {
    return (this.#words[session]! & UNWANTED) === 0;
  }
  /** Changes when the session is given to another run or call. */
  ownerOf(session: number): number {
    return this.#words[session]! | UNWANTED;
  }
  cancel(session: number): void {
    if (session !== NO_SESSION) this.#words[session]! |= UNWANTED;
  }
  /** It has another owner from now on, whose items are wanted. */
  renew(session: number): void {
    if (session !== NO_SESSION) this.#words[session] = (this.#words[session]! | UNWANTED) + 1;
  }

  /** Says that a call of the stage begins. */
  beginCall(seat: number, stage: number, call: number): void {
    this.#words[this.#seatAt(seat) * 2] = (call << STAGE_BITS) | (stage + 1);
  }
  endCall(seat: number): void {
    this.#words[this.#seatAt(seat) * 2] = 0;
  }
  beat(seat: number): number {
    return this.#words[this.#seatAt(seat) * 2]!;
  }

  add(seat: number, stage: number, count: number, by: number): void {
    this.#doubles[this.#countAt(seat, stage, count)]! += by;
  }
  /** The group of a flow of this stage: what its events have as their flow. */
  groupOf(stage: number, flow: number): number {
    const groups = this.#words[GROUPS_AT + stage]!;
    return groups === 0 ? flow : flow % groups;
  }
  isCoarse(stage: number): boolean {
    return this.#words[GROUPS_AT + stage]! > 0;
  }
  fold(stage: number, groups: number): void {
    this.#words[GROUPS_AT + stage] = groups;
  }

  /** Items that this seat would like to find in a pack for the stage. */
  wish(seat: number, stage: number, items: number): void {
    this.#doubles[this.#countAt(seat, stage, PACK)] = items;
  }
  /** The fewest that a seat has wished for; 0: none has wished yet. */
  wished(seats: number, stage: number): number {
    let least = 0;
    for (let seat = 0; seat < seats; seat++) {
      const wish = this.#doubles[this.#countAt(seat, stage, PACK)]!;
      if (wish > 0 && (least === 0 || wish < least)) least = wish;
    }
    return least;
  }
  /** Sum over all seats. */
  total(seats: number, stage: number, count: number): number {
    let sum = 0;
    for (let seat = 0; seat < seats; seat++)
      sum += this.#doubles[this.#countAt(seat, stage, count)]!;
    return sum;
  }

  #seatAt(seat: number): number {
    return WORDS / 2 + seat * this.#seatDoubles;
  }
  #countAt(seat: number, stage: number, count: number): number {
    return this.#seatAt(seat) + 1 + stage * COUNTS_PER_STAGE + count;
  }
}

/** The stage of a beat, -1 when there is no call in hand. */
export function stageOfBeat(beat: number): number {
  return (beat & ((1 << STAGE_BITS) - 1)) - 1;
}

function seatDoubles(stages: number): number {
  return Math.ceil((1 + stages * COUNTS_PER_STAGE) / LINE_DOUBLES) * LINE_DOUBLES;
}
