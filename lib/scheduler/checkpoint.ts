/**
 * The checkpoint: what of the machine's private state a recovery needs, in scheduler memory.
 *
 * Runs on: the scheduler, once per pass that visits ports. Writes: the areas of scheduler memory.
 * Two areas are written by turns and one word says which counts, so a scheduler that dies leaves one
 * that is whole. It stands between intake and delivery: what rings had before it was taken in, what
 * they have after it was not; what was delivered after it is found where it went. So a recovery takes
 * the rings in from here once more, and leaves out what the dead scheduler had taken in after.
 */
import {
  AREA,
  PORT_MARK,
  PORT_MARK_WORDS,
  WINDOW_MARK,
  WINDOW_MARK_WORDS,
} from '../memory/scheduler-layout.js';
import type { Machine } from './machine.js';
import { Window } from './window.js';

export class Checkpoint {
  readonly #machine: Machine;
  /** Windows that have one order, by lane. */
  readonly #windows: readonly { readonly lane: number; readonly window: Window }[];
  #area = 0;
  #isOpen = false;
  /** Bit per port whose marks one of the areas does not have yet: those visited since the last
   *  checkpoint, and since the one before it. */
  #nowLow = -1;
  #nowHigh = -1;
  #lastLow = -1;
  #lastHigh = -1;

  /** To be made when the machine has all its parts; makes the first checkpoint. */
  constructor(machine: Machine) {
    this.#machine = machine;
    this.#windows = machine.lanes.flatMap((lane) =>
      lane.window instanceof Window ? [{ lane: lane.index, window: lane.window }] : [],
    );
    this.commit();
  }

  /** Ports are going to be visited: bit per port 0-31 and 32-63. */
  open(low: number, high: number): void {
    this.#nowLow |= low;
    this.#nowHigh |= high;
    if (this.#isOpen) return;
    this.#isOpen = true;
    const { m, at, sequence } = this.#machine;
    const area = at.areas[this.#area]!;
    m[area + AREA.FROM] = sequence;
    m[area + AREA.IS_OPEN] = 1;
  }

  /** As `open`, of all ports: for a command. */
  openAll(): void {
    this.open(-1, -1);
  }

  /** Makes a checkpoint if ports were visited. */
  commitVisits(): void {
    if (this.#isOpen) this.commit();
  }

  commit(): void {
    const { m, at, sequence, storage, pieces, ports } = this.#machine;
    storage.seal();
    const next = 1 - this.#area;
    const area = at.areas[next]!;
    for (let bits = this.#nowLow | this.#lastLow; bits !== 0; bits &= bits - 1) {
      this.#mark(area, 31 - Math.clz32(bits & -bits));
    }
    if (ports.length > 32) {
      for (let bits = this.#nowHigh | this.#lastHigh; bits !== 0; bits &= bits - 1) {
        this.#mark(area, 63 - Math.clz32(bits & -bits));
      }
    }
    for (let i = 0; i < this.#windows.length; i++) {
      const { lane, window } = this.#windows[i]!;
      const marks = this.#windowMarks(next, lane);
      m[marks + WINDOW_MARK.HEAD] = window.head;
      m[marks + WINDOW_MARK.TAIL] = window.tail;
    }
    m[area + AREA.SEQUENCE] = sequence;
    m[area + AREA.IS_OPEN] = 0;
    m[at.checkpoint] = next;
    // Only now may be overwritten what the checkpoint before needed.
    if (pieces !== null) pieces.settle();
    this.#area = next;
    this.#isOpen = false;
    this.#lastLow = this.#nowLow;
    this.#lastHigh = this.#nowHigh;
    this.#nowLow = 0;
    this.#nowHigh = 0;
  }

  /** What a window had in order has gone on, and memory has it on its queues. */
  noteDrained(lane: number, window: Window): void {
    this.#machine.m[this.#windowMarks(this.#area, lane) + WINDOW_MARK.HEAD] = window.head;
  }

  #windowMarks(area: number, lane: number): number {
    const { at, ports } = this.#machine;
    const windows = at.areas[area]! + AREA.PORTS + ports.length * PORT_MARK_WORDS;
    return windows + lane * WINDOW_MARK_WORDS;
  }

  #mark(area: number, id: number): void {
    const { m, ports } = this.#machine;
    const port = ports[id];
    // A bit that belongs to no port.
    if (port === undefined) return;
    const marks = area + AREA.PORTS + id * PORT_MARK_WORDS;
    m[marks + PORT_MARK.RING_HEAD] = port.enqueue.head;
    m[marks + PORT_MARK.HISTORY_HEAD] = port.historyHead;
    m[marks + PORT_MARK.TAKEN_NEW] = port.takenNew;
    // What was put back is elsewhere by now.
    m[port.givenAt] = port.historyTail;
  }
}
