/** A queue as the scheduler holds it, and its lanes. */
import type { QueuePlan } from '../eventdev/commands.js';
import { LEVELS, SCHED, SCHED_MASK } from '../eventdev/event.js';
import type { LaneLayout, LaneType } from '../memory/scheduler-layout.js';
import { FlowTable } from './flow-table.js';
import { FlowWindow } from './flow-window.js';
import { NO_LIMIT } from './port-seat.js';
import type { PortSeat } from './port-seat.js';
import { Window } from './window.js';

/** Events of a queue that are scheduled alike: all of a typed queue's, one type of an `any` queue's. */
export class Lane {
  readonly index: number;
  readonly queue: QueueSeat;
  readonly type: LaneType;
  /** Its first list, that of level 0. */
  readonly list: number;
  /** Bit per level on which events wait. */
  levels = 0;
  /** In `readyLanes` already. */
  ready = false;
  readonly flows: FlowTable | null;
  readonly window: Window | FlowWindow | null;

  constructor(index: number, queue: QueueSeat, m: Int32Array, layout: LaneLayout, plan: QueuePlan) {
    this.index = index;
    this.queue = queue;
    this.type = layout.type;
    this.list = index * LEVELS;
    const { flowTable, flowRecords, window, flowPlaces } = layout;
    this.flows = flowTable < 0 ? null : new FlowTable(flowTable, flowRecords, plan.flows);
    if (window < 0) this.window = null;
    else if (flowPlaces < 0) this.window = new Window(m, window, plan.sequences);
    else this.window = new FlowWindow(m, window, plan.sequences, flowPlaces, plan.flows);
  }
}

/** A queue with the ports linked to it. */
export class QueueSeat {
  readonly id: number;
  priority: number;
  weight: number;
  affinity: number;
  /** Most pieces that one of its events may become. */
  readonly fragments: number;
  /** Most of its events that may be in CQs and hands, NO_LIMIT for any number. */
  readonly inflights: number;
  /** Links that wait until none of its events is out; and what is in force: its inflights, or nothing
   *  while such links wait. */
  mapsDue = 0;
  limit: number;
  /** Its place among all queues by priority, then id; whether it is in the list of active ones. */
  rank = 0;
  isActive = false;
  /** Linked ports by id, and their ids. */
  ports: PortSeat[] = [];
  order = new Int32Array(0);
  /** Link priority per port id in the profile that the port serves, -1: not linked. */
  readonly links: Int16Array;
  /** How many more urgent link priorities the port has; per port id. */
  readonly ranks: Int16Array;
  /** Where round robin goes on, an index of `ports`. */
  next = 0;
  /** Bit per level on which events wait. */
  levels = 0;
  /** Levels whose count of waiting events control was told, other than 0. */
  levelsShown = 0;
  /** Events stored by the pass under way. */
  stored = 0;
  readonly lanes: Lane[] = [];
  /** Per level, the lane whose turn it is to go first. */
  readonly turns = new Int32Array(LEVELS);
  /** The lane of an event by its schedule type; null: an `any` queue has none for it. */
  readonly laneOf: (Lane | null)[] = [];
  /** The lanes with a flow table and with a window, if there are any. */
  atomic: Lane | null = null;
  ordered: Lane | null = null;

  constructor(id: number, plan: QueuePlan, ports: number) {
    this.id = id;
    this.priority = plan.priority;
    this.weight = plan.weight;
    this.affinity = plan.affinity;
    this.fragments = plan.fragments;
    this.inflights = plan.inflights === 0 ? NO_LIMIT : plan.inflights;
    this.limit = this.inflights;
    this.links = new Int16Array(ports).fill(-1);
    this.ranks = new Int16Array(ports);
  }

  /** To be called when `mapsDue` has changed. */
  setLimit(): void {
    this.limit = this.mapsDue > 0 ? 0 : this.inflights;
  }

  /** To be called once, when all its lanes are there. */
  sortLanes(): void {
    const of = (type: LaneType): Lane | null =>
      this.lanes.find((lane) => lane.type === type) ?? null;
    this.atomic = of('atomic');
    this.ordered = of('ordered');
    const only = this.lanes.length === 1 ? this.lanes[0]! : null;
    this.laneOf[SCHED.ORDERED] = only ?? this.ordered;
    this.laneOf[SCHED.ATOMIC] = only ?? this.atomic;
    this.laneOf[SCHED.PARALLEL] = only ?? of('parallel');
    this.laneOf[SCHED_MASK] = only;
  }
}
