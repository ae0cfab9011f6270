/**
 * One domain as the scheduler holds it: ports, queues, and the memory behind them.
 *
 * Runs on: the scheduler. What a port may write in domain memory is never read back as truth: every
 * index and count that matters has its own copy here or in scheduler memory.
 */
import type { DomainPlan, LinkCommand } from '../eventdev/commands.js';
import { LEVELS, OP } from '../eventdev/event.js';
import { assert } from '../memory/assert.js';
import type { DomainLayout } from '../memory/layout.js';
import { domainLayout } from '../memory/layout.js';
import type { SchedulerLayout } from '../memory/scheduler-layout.js';
import {
  HISTORY,
  HISTORY_WORDS,
  schedulerLayout,
  WINDOW,
  WINDOW_WORDS,
} from '../memory/scheduler-layout.js';
import { STATE } from '../memory/domain-state.js';
import { Alerts } from './alerts.js';
import type { Checkpoint } from './checkpoint.js';
import { wholeMs } from './clock.js';
import { PICKS_WORDS } from './picks.js';
import { Parking } from './parking.js';
import { Pieces } from './pieces.js';
import { PortSeat } from './port-seat.js';
import { Lane, QueueSeat } from './queue-seat.js';
import { PROFILES_MAX } from '../eventdev/limits.js';
import { shareClasses } from './shares.js';
import type { ShareClass } from './shares.js';
import { QueueStorage } from './queue-storage.js';
import { Statistics } from './statistics.js';

assert(OP.NEW === 0 && LEVELS === 8, 'the scheduler counts on these');

/** What a pass has to do besides, once for all ports. */
export const CHORE = { CUT_OFF: 1, SLOTS: 2, GAPS: 4 } as const;

export class Machine {
  readonly id: number;
  readonly plan: DomainPlan;
  readonly memory: SharedArrayBuffer;
  /** Domain memory. */
  readonly words: Int32Array;
  readonly layout: DomainLayout;
  /** Scheduler memory. */
  readonly m: Int32Array;
  readonly at: SchedulerLayout;
  readonly historyMask: number;
  readonly ports: PortSeat[];
  readonly queues: QueueSeat[];
  readonly lanes: Lane[];
  /** Queues by priority, then id; and the same in classes of equal priority. */
  ranked: QueueSeat[] = [];
  classes: ShareClass[] = [];
  /** Those on which events wait, or waited a moment ago, in the same order: the first `activeCount`. */
  readonly active: QueueSeat[] = [];
  activeCount = 0;
  /** Some class goes by weights. */
  isWeighted = false;
  /** [(profile * queues + queue) * ports + port]: link priority, -1: not linked. */
  readonly links: Int16Array;
  /** Most different link priorities that a port has: delivery goes in so many tiers. */
  tiers = 1;
  readonly storage: QueueStorage;
  readonly parking: Parking;
  /** Pieces of held events; null where no queue takes any. */
  readonly pieces: Pieces | null;
  readonly stats: Statistics;
  readonly alerts: Alerts;
  /** What the last stop found that did not add up: see verify.ts. */
  leftOver: readonly string[] = [];
  /** What is to be done when the rings have been taken in: bits of CHORE. */
  chores = 0;
  /** Milliseconds that wrap, as of some pass not long ago. */
  clock = 0;
  state: number = STATE.CONFIGURED;
  epoch = 0;
  /** Next intake sequence. */
  sequence = 0;
  /** Events accepted and taken in, not yet completed or dropped. */
  inside = 0;
  /** Credits with the scheduler. */
  free: number;
  /** Number of the pass under way. */
  pass = 0;
  /** Ports that took in NEW events lately. */
  readonly spenders: PortSeat[] = [];
  /** Ports that wish for credits, or did a moment ago. */
  readonly wishers: PortSeat[] = [];
  /** Some port wishes for credits. */
  wishing = false;
  /** What a recovery found is being told: only ports that are lent credits have any. */
  withholds = false;
  /** A wish may be granted by further passes, though nobody rings. */
  owesCredits = false;
  /** Events delivered while others were left waiting, since one of those was given a turn. */
  sinceTurn = 0;
  /** Where the last turn was given: queue * LEVELS + level. */
  lastTurn = 0;
  /** Some port has a threshold below the events limit: ports look at the levels. */
  readonly watchesThreshold: boolean;
  publishedInside = 0;
  /** Bit per port whose ring was not taken in to the end: ports 0-31, 32-63. */
  moreLow = 0;
  moreHigh = 0;
  /** Scratch: the ports that take part in a round. */
  readonly open: PortSeat[] = [];
  /** Scratch of a run of atomic events: per port its room if it takes part, 0 between runs; how many
   *  events it gets, and which. */
  readonly rooms: Int32Array;
  readonly picked: Int32Array;
  readonly picks: Int32Array;
  /** Bit per port whose CQ has unpublished entries: ports 0-31, 32-63. */
  touchedLow = 0;
  touchedHigh = 0;
  /** Run-time unlinks that the next pass makes. */
  readonly unlinks: LinkCommand[] = [];
  /** Lanes whose window may have something to send on. */
  readonly readyLanes: Lane[] = [];
  /** How many of them: an array that is cut to 0 allocates again when it grows. */
  readyCount = 0;

  /** For a recovery; null where nobody makes one. */
  checkpoint: Checkpoint | null = null;

  /** What OWNER says of a port that the scheduler's own thread has; 0: no port is near. */
  readonly owner: number;

  /** @param owner see there. */
  constructor(plan: DomainPlan, owner = 0) {
    this.owner = owner;
    this.id = plan.domain;
    this.plan = plan;
    this.memory = plan.memory;
    this.words = new Int32Array(plan.memory);
    this.m = new Int32Array(plan.schedulerMemory);
    this.at = schedulerLayout(plan);
    assert(this.m.length === this.at.words, 'scheduler memory has the wrong size');
    this.layout = domainLayout({
      queues: plan.queues.length,
      eventsLimit: plan.eventsLimit,
      ringDepth: plan.ringDepth,
      cqDepths: plan.ports.map((port) => port.depth),
      buffers: plan.buffers,
    });
    const historyWords = this.at.historyDepth * HISTORY_WORDS;
    this.ports = this.layout.ports.map((port, id) => {
      const history = this.at.history + id * historyWords;
      return new PortSeat(id, this.words, port, plan, history, this.at.given + id);
    });
    this.historyMask = this.at.historyDepth - 1;
    this.rooms = new Int32Array(plan.ports.length);
    this.picked = new Int32Array(plan.ports.length);
    this.picks = new Int32Array(plan.ports.length * PICKS_WORDS);
    this.queues = plan.queues.map((queue, id) => new QueueSeat(id, queue, plan.ports.length));
    this.lanes = this.at.lanes.map((layout, index) => {
      const queue = this.queues[layout.queue]!;
      const lane = new Lane(index, queue, this.m, layout, plan.queues[queue.id]!);
      queue.lanes.push(lane);
      return lane;
    });
    for (const queue of this.queues) queue.sortLanes();
    this.links = new Int16Array(PROFILES_MAX * this.queues.length * this.ports.length).fill(-1);
    this.rankQueues();
    this.storage = new QueueStorage(this.m, this.at);
    this.parking = new Parking(this.m, this.at, this.lanes.length, plan.ports.length);
    this.pieces = this.at.pieces < 0 ? null : new Pieces(this.m, this.at.pieces, plan.capacity);
    this.resetPieces();
    this.stats = new Statistics(this.m, this.at, plan.ports.length);
    this.alerts = new Alerts(this.m, this.at.alerts);
    this.free = plan.eventsLimit;
    this.watchesThreshold = this.ports.some((port) => port.threshold > 0);
  }

  /** Brings the clock up to date. */
  readClock(): number {
    this.clock = wholeMs();
    return this.clock;
  }

  /** Events have come to wait on this level of the lane. */
  markWaiting(lane: Lane, level: number): void {
    const { queue } = lane;
    lane.levels |= 1 << level;
    queue.levels |= 1 << level;
    if (!queue.isActive) this.#activate(queue);
  }

  #activate(queue: QueueSeat): void {
    const { active } = this;
    let i = this.activeCount++;
    for (; i > 0 && active[i - 1]!.rank > queue.rank; i--) active[i] = active[i - 1]!;
    active[i] = queue;
    queue.isActive = true;
  }

  /** Takes queues without events off the list of active ones. */
  rest(): void {
    const { active } = this;
    let kept = 0;
    for (let i = 0; i < this.activeCount; i++) {
      const queue = active[i]!;
      queue.isActive = queue.levels !== 0;
      if (queue.isActive) active[kept++] = queue;
    }
    this.activeCount = kept;
  }

  /** To be called when an attribute of a queue has changed. */
  rankQueues(): void {
    this.ranked = this.queues.toSorted((a, b) => a.priority - b.priority || a.id - b.id);
    this.ranked.forEach((queue, rank) => (queue.rank = rank));
    const waiting = this.active.slice(0, this.activeCount);
    this.activeCount = 0;
    for (const queue of waiting) this.#activate(queue);
    this.classes = shareClasses(this.ranked);
    this.isWeighted = this.classes.some((each) => each.isWeighted);
  }

  /** No entry and no place has a piece. */
  resetPieces(): void {
    const { m, at, ports, pieces } = this;
    if (pieces === null) return;
    pieces.reset();
    for (let i = 0; i < ports.length * at.historyDepth; i++) {
      m[at.history + i * HISTORY_WORDS + HISTORY.PIECES] = -1;
    }
    at.lanes.forEach(({ window, queue }) => {
      const places = window < 0 ? 0 : this.plan.queues[queue]!.sequences;
      for (let i = 0; i < places; i++) m[window + i * WINDOW_WORDS + WINDOW.PIECES] = -1;
    });
  }
}
