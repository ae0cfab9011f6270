/** A queue as the oracle knows it: what waits, in which order, and who holds which flows. */
import { LEVELS, SCHED } from '../../lib/eventdev/event.js';
import { PROFILES_MAX } from '../../lib/eventdev/limits.js';
import type { QueueType } from '../../lib/eventdev/spec.js';
import type { LaneType } from '../../lib/memory/scheduler-layout.js';
import { isBefore, leftBefore, nameOf } from './tracked.js';
import type { Tracked } from './tracked.js';
import { check } from './violation.js';

export interface QueueShape {
  readonly type: QueueType;
  readonly priority: number;
  readonly byFlow: boolean;
  readonly fragments: number;
  /** Most events that may be in CQs and hands. */
  readonly inflights: number;
}

const ANY_LANES: Readonly<Record<number, LaneType>> = {
  [SCHED.ORDERED]: 'ordered',
  [SCHED.ATOMIC]: 'atomic',
  [SCHED.PARALLEL]: 'parallel',
};

/** Events with the same key keep their order among each other. */
function keyOf({ lane, flow, level }: Tracked): number {
  if (lane === 'atomic') return (flow * LEVELS + level) * 4;
  return level * 4 + (lane === 'ordered' ? 1 : lane === 'parallel' ? 2 : 3);
}

interface Flow {
  port: number;
  count: number;
}

export class OracleQueue {
  readonly id: number;
  readonly shape: QueueShape;
  /** Events that wait and keep their order among each other: per level, or per flow and level. */
  readonly lanes = new Map<number, Tracked[]>();
  /** Per level: events that wait, and how many of them may wait in a window still. */
  readonly waiting = new Int32Array(LEVELS);
  readonly windowed = new Int32Array(LEVELS);
  /** Events that have left an ordered queue and are not completed, by when they left. */
  readonly open: Tracked[] = [];
  /** Events held per port. */
  readonly held: Int32Array;
  /** Link priority per port in the profile that it serves, -1: not linked. */
  readonly links: Int16Array;
  /** Per profile the linked ports with their link priorities. */
  readonly profiles: Map<number, number>[];
  /** May change at run time. */
  priority: number;
  rx = 0;
  tx = 0;
  dropped = 0;
  readonly #flows = new Map<number, Flow>();

  constructor(id: number, shape: QueueShape, ports: number) {
    this.id = id;
    this.shape = shape;
    this.priority = shape.priority;
    this.held = new Int32Array(ports);
    this.links = new Int16Array(ports).fill(-1);
    this.profiles = Array.from({ length: PROFILES_MAX }, () => new Map<number, number>());
  }

  get waits(): number {
    let sum = 0;
    for (const count of this.waiting) sum += count;
    return sum;
  }

  /** How an event of this schedule type is scheduled; null: not at all. */
  laneOf(schedType: number): LaneType | null {
    const { type } = this.shape;
    return type === 'any' ? (ANY_LANES[schedType] ?? null) : type;
  }

  #lane(event: Tracked): Tracked[] {
    const key = keyOf(event);
    let lane = this.lanes.get(key);
    if (lane === undefined) this.lanes.set(key, (lane = []));
    return lane;
  }

  /** The event was taken in: behind what it has to follow. */
  append(event: Tracked): void {
    const lane = this.#lane(event);
    this.waiting[event.level]!++;
    this.rx++;
    if (event.parent === null) {
      lane.push(event);
      return;
    }
    this.windowed[event.level]!++;
    const at = lane.findIndex((other) => isBefore(event, other));
    if (at < 0) lane.push(event);
    else lane.splice(at, 0, event);
  }

  /** The port lost the event: it goes first. */
  putBack(event: Tracked, port: number): void {
    this.#lane(event).unshift(event);
    this.waiting[event.level]!++;
    this.letGo(event, port);
  }

  /** A port is given the event. */
  remove(event: Tracked, batch: number, firstTime: boolean): void {
    const lane = this.#lane(event);
    const at = lane.indexOf(event);
    if (event.lane !== 'parallel') {
      for (let i = 0; i < at; i++) {
        const other = lane[i]!;
        // Given to another port by the same pass, it came first all the same.
        if (other.deliveredIn === batch && other.holder !== event.holder) continue;
        const rule = event.lane === 'atomic' ? 'C2' : 'C4';
        check(!isBefore(other, event), rule, () => `${nameOf(event)} overtook ${nameOf(other)}`);
      }
    }
    lane.splice(at, 1);
    if (lane.length === 0) this.lanes.delete(keyOf(event));
    this.waiting[event.level]!--;
    if (firstTime && event.parent !== null) this.windowed[event.level]!--;
    this.tx++;
  }

  /** C2: nobody else holds the flow. */
  hold(event: Tracked, port: number): void {
    this.held[port]!++;
    if (event.lane !== 'atomic') return;
    const flow = this.#flows.get(event.flow);
    if (flow === undefined) {
      this.#flows.set(event.flow, { port, count: 1 });
      return;
    }
    check(flow.count === 0 || flow.port === port, 'C2', () => {
      return `${nameOf(event)} went to port ${port} while port ${flow.port} holds its flow`;
    });
    flow.port = port;
    flow.count++;
  }

  letGo(event: Tracked, port: number): void {
    this.held[port]!--;
    if (event.lane === 'atomic') this.#flows.get(event.flow)!.count--;
  }

  /** The port that holds a flow, or -1. */
  holderOf(flow: number): number {
    const its = this.#flows.get(flow);
    return its === undefined || its.count === 0 ? -1 : its.port;
  }

  /** The event left the queue for the first time. */
  leave(event: Tracked): void {
    this.open.push(event);
  }

  /** Its place is settled. */
  settle(event: Tracked): void {
    const at = this.open.indexOf(event);
    if (at >= 0) this.open.splice(at, 1);
  }

  /** C3: a child goes on only when all that left before its parent are settled. */
  checkOrder(child: Tracked): void {
    const place = child.parent!;
    for (const other of this.open) {
      const before = other.left!;
      if (before.batch > place.batch) return;
      check(!leftBefore(before, place), 'C3', () => {
        return `${nameOf(child)} went on before ${nameOf(other)}, which left queue ${this.id} first`;
      });
    }
  }

  clear(): void {
    this.lanes.clear();
    this.waiting.fill(0);
    this.windowed.fill(0);
    this.open.length = 0;
    this.held.fill(0);
    this.#flows.clear();
  }
}
