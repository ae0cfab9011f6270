/**
 * Empties a stopped domain: every event that is inside, exactly once.
 *
 * Runs on: the scheduler, when the rings have been fenced and taken in.
 */
import { LEVELS, OPAQUE_SHIFT, QE_WORDS } from '../eventdev/event.js';
import { ENTRY_WORDS, HISTORY, PLACE, WINDOW } from '../memory/scheduler-layout.js';
import { unparkOldest } from './flows.js';
import { completeOldest, heldBy } from './history.js';
import type { Machine } from './machine.js';
import type { PortSeat } from './port-seat.js';
import type { Lane, QueueSeat } from './queue-seat.js';

const WITHOUT_OPAQUE = (1 << OPAQUE_SHIFT) - 1;

/** Takes all events out, those that were handed out first, and zeroes what counted them. */
export class Flush {
  readonly #machine: Machine;
  readonly #out: Int32Array;
  #length = 0;

  constructor(machine: Machine) {
    this.#machine = machine;
    this.#out = new Int32Array(machine.inside * QE_WORDS);
  }

  /** Takes what a port holds. Returns how many events. */
  port(port: PortSeat): number {
    const { pieces } = this.#machine;
    const before = this.#length;
    while (heldBy(port) > 0) {
      const entry = completeOldest(this.#machine, port);
      this.#put(entry);
      if (pieces !== null) flushPieces(this.#machine, entry + HISTORY.PIECES, this.#put);
    }
    return (this.#length - before) / QE_WORDS;
  }

  /** Takes what waits on a queue; no port holds anything any more. Returns how many events. */
  queue(queue: QueueSeat): number {
    const before = this.#length;
    for (const lane of queue.lanes) {
      flushWindow(this.#machine, lane, this.#put);
      for (let level = 0; level < LEVELS; level++) {
        flushLevel(this.#machine, lane, level, this.#put);
      }
      lane.levels = 0;
    }
    queue.levels = 0;
    return (this.#length - before) / QE_WORDS;
  }

  /** The events, four words each. Their credits are free. */
  finish(): Int32Array {
    const machine = this.#machine;
    const count = this.#length / QE_WORDS;
    machine.readyCount = 0;
    machine.free += count;
    machine.inside -= count;
    return this.#out.subarray(0, this.#length);
  }

  readonly #put = (entry: number): void => {
    const { m } = this.#machine;
    const out = this.#out;
    const at = this.#length;
    out[at] = m[entry]!;
    out[at + 1] = m[entry + 1]! & WITHOUT_OPAQUE;
    out[at + 2] = m[entry + 2]!;
    out[at + 3] = m[entry + 3]!;
    this.#length = at + QE_WORDS;
  };
}

/** Events that wait for an older one; the older ones were held by ports. */
function flushWindow(machine: Machine, lane: Lane, put: (entry: number) => void): void {
  const { window } = lane;
  if (window === null) return;
  window.each((place) => {
    if (machine.pieces !== null) flushPieces(machine, place + WINDOW.PIECES, put);
    if (machine.m[place + WINDOW.STATE]! === PLACE.EVENT) put(place);
  });
  window.reset();
  lane.ready = false;
}

function flushPieces(machine: Machine, owner: number, put: (entry: number) => void): void {
  const { pieces } = machine;
  for (let node = pieces!.shift(owner); node >= 0; node = pieces!.shift(owner)) put(node);
}

function flushLevel(
  machine: Machine,
  lane: Lane,
  level: number,
  put: (entry: number) => void,
): void {
  const { parking, storage } = machine;
  const list = lane.list + level;
  for (let node = parking.front(list); node >= 0; node = parking.front(list)) {
    put(node);
    parking.popFront(list);
  }
  // No port holds a flow any more, so all blocked ones are nobody's.
  for (;;) {
    const record = lane.flows === null ? -1 : parking.blocked(lane.index, level, parking.nobody);
    if (record < 0) break;
    put(parking.first(record, level));
    unparkOldest(machine, record, level);
  }
  for (let entry = storage.run(list); entry >= 0; entry = storage.run(list)) {
    const end = storage.runEnd;
    for (; entry < end; entry += ENTRY_WORDS) put(entry);
    storage.drop(list, end);
  }
}
