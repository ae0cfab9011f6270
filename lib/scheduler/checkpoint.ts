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
import type { PortSeat } from './port-seat.js';
import { Window } from './window.js';

export class Checkpoint {
  readonly #machine: Machine;
  readonly #m: Int32Array;
  readonly #ports: readonly PortSeat[];
  /** Windows that have one order, and where the areas have them: first what counts, then the other. */
  readonly #windows: readonly Marked[];
  /** Which area counts; where it is, and the other. */
  readonly #selector: number;
  #area = 0;
  #at: number;
  #other: number;
  #isOpen = false;
  /** A port has put back what it was given. */
  #isRetracted = false;
  /** Bit per port whose marks one of the areas does not have yet: those visited since the last
   *  checkpoint, and since the one before it. */
  #nowLow = -1;
  #nowHigh = -1;
  #lastLow = -1;
  #lastHigh = -1;

  /** To be made when the machine has all its parts; makes the first checkpoint. */
  constructor(machine: Machine) {
    const { at, ports, lanes } = machine;
    this.#machine = machine;
    this.#m = machine.m;
    this.#ports = ports;
    this.#selector = at.checkpoint;
    [this.#at, this.#other] = at.areas;
    const windows = AREA.PORTS + ports.length * PORT_MARK_WORDS;
    this.#windows = lanes.flatMap(({ index, window }) =>
      window instanceof Window ? [{ window, marks: windows + index * WINDOW_MARK_WORDS }] : [],
    );
    this.commit();
  }

  /** Ports are going to be visited: bit per port 0-31 and 32-63. */
  open(low: number, high: number): void {
    this.#nowLow |= low;
    this.#nowHigh |= high;
    if (this.#isOpen) return;
    this.#isOpen = true;
    const m = this.#m;
    m[this.#at + AREA.FROM] = this.#machine.sequence;
    m[this.#at + AREA.IS_OPEN] = 1;
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
    const m = this.#m;
    const area = this.#other;
    const { sequence, storage, pieces } = this.#machine;
    storage.seal();
    for (let bits = this.#nowLow | this.#lastLow; bits !== 0; bits &= bits - 1) {
      this.#mark(m, area, 31 - Math.clz32(bits & -bits));
    }
    if (this.#ports.length > 32) {
      for (let bits = this.#nowHigh | this.#lastHigh; bits !== 0; bits &= bits - 1) {
        this.#mark(m, area, 63 - Math.clz32(bits & -bits));
      }
    }
    for (let i = 0; i < this.#windows.length; i++) {
      const { window, marks } = this.#windows[i]!;
      m[area + marks + WINDOW_MARK.HEAD] = window.head;
      m[area + marks + WINDOW_MARK.TAIL] = window.tail;
    }
    m[area + AREA.SEQUENCE] = sequence;
    m[area + AREA.IS_OPEN] = 0;
    this.#area = 1 - this.#area;
    m[this.#selector] = this.#area;
    // Only now may be overwritten what the checkpoint before needed.
    if (pieces !== null) pieces.settle();
    if (this.#isRetracted) this.#retract();
    this.#other = this.#at;
    this.#at = area;
    this.#isOpen = false;
    this.#lastLow = this.#nowLow;
    this.#lastHigh = this.#nowHigh;
    this.#nowLow = 0;
    this.#nowHigh = 0;
  }

  /** What windows had in order has gone on, and memory has it on its queues. */
  noteDrained(): void {
    for (let i = 0; i < this.#windows.length; i++) {
      const { window, marks } = this.#windows[i]!;
      this.#m[this.#at + marks + WINDOW_MARK.HEAD] = window.head;
    }
  }

  /** Its history list begins elsewhere, and is complete there. */
  noteMoved({ id, historyHead }: PortSeat): void {
    const marks = this.#at + AREA.PORTS + id * PORT_MARK_WORDS;
    this.#m[marks + PORT_MARK.HISTORY_HEAD] = historyHead;
    // The other area gets it with the next checkpoint.
    if (id < 32) this.#nowLow |= 1 << id;
    else this.#nowHigh |= 1 << (id - 32);
  }

  #mark(m: Int32Array, area: number, id: number): void {
    const port = this.#ports[id];
    // A bit that belongs to no port.
    if (port === undefined) return;
    const marks = area + AREA.PORTS + id * PORT_MARK_WORDS;
    m[marks + PORT_MARK.RING_HEAD] = port.enqueue.head;
    m[marks + PORT_MARK.HISTORY_HEAD] = port.historyHead;
    m[marks + PORT_MARK.TAKEN_NEW] = port.takenNew;
    if (m[port.givenAt] !== port.historyTail) this.#isRetracted = true;
  }

  /** What was put back is elsewhere by now. */
  #retract(): void {
    this.#isRetracted = false;
    for (const port of this.#ports) this.#m[port.givenAt] = port.historyTail;
  }
}

interface Marked {
  readonly window: Window;
  readonly marks: number;
}
