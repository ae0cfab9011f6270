/**
 * One domain as the scheduler holds it: ports, queues, and the memory behind them.
 *
 * Runs on: the scheduler. What a port may write in domain memory is never read back as truth: every
 * index and count that matters has its own copy here or in scheduler memory.
 */
import type { DomainPlan, LinkCommand, PortPlan, QueuePlan } from '../eventdev/commands.js';
import { LEVELS, OP } from '../eventdev/event.js';
import type { QueueType } from '../eventdev/spec.js';
import { assert } from '../memory/assert.js';
import type { DomainLayout, PortLayout } from '../memory/layout.js';
import { domainLayout } from '../memory/layout.js';
import type { SchedulerLayout } from '../memory/scheduler-layout.js';
import { HISTORY_WORDS, schedulerLayout } from '../memory/scheduler-layout.js';
import { STATE } from '../memory/domain-state.js';
import { RingConsumer } from '../ring/consumer.js';
import { RingProducer } from '../ring/producer.js';
import { FlowTable } from './flow-table.js';
import { Parking } from './parking.js';
import { QueueStorage } from './queue-storage.js';
import { Statistics } from './statistics.js';
import { Window } from './window.js';

assert(OP.NEW === 0 && LEVELS === 8, 'the scheduler counts on these');

/** Longer ago than any pass that is compared with. */
const NEVER = 1 << 20;

/** A port as the scheduler sees it. */
export class PortSeat {
  readonly id: number;
  /** The port's block in domain memory. */
  readonly at: number;
  readonly enqueue: RingConsumer;
  readonly cq: RingProducer;
  readonly adaptive: boolean;
  /** The history list: where its ring begins, its free-running indices. Control sees them as of
   *  the last pass. */
  readonly history: number;
  historyHead = 0;
  historyTail = 0;
  /** Events delivered from the queue being served. */
  served = 0;
  /** CQ depth in use. */
  depth: number;
  /** For an adaptive depth: events up to this index were held at that time; see cq-room.ts. */
  markOpen = false;
  markTail = 0;
  markedAt = 0;
  ranDry = false;
  /** Free CQ places that may be filled now. */
  room = 0;
  /** CQ entries before this index are void. */
  cqStart: number;
  /** False once its owner has left, until the next one attaches; a dead port is given nothing. */
  live = true;
  disabled = false;
  /** Its owner has left, and its ring is still being taken in. */
  leaving = false;
  /** The generation that may use the port, and the one that detached last. */
  generation = 1;
  detached = 0;
  lease = 1;
  /** Credits granted, not revoked and not seen as NEW. */
  unspent = 0;
  /** Credits that the port wants and has not been granted. */
  wish = 0;
  /** The WISH word seen last, the pass in which it changed, and whether its thread asks now. */
  wishWord = 0;
  askedAt = -NEVER;
  asks = false;
  /** The pass in which the wish was first seen: older wishes go first. */
  wishedAt = 0;
  /** The pass in which it was looked at last. */
  servedAt = -NEVER;
  /** The pass in which a wish was granted, in part at least: it may be taken back later only. */
  grantedAt = -NEVER;
  /** Its word was swapped empty in this pass: what it has left is on its way in its ring. */
  emptiedAt = -NEVER;
  /** The last pass that took in NEW events; in `spenders` while that is not long ago. */
  spentAt = 0;
  spending = false;
  /** FRAGMENT events counted, free-running. */
  pieces = 0;
  /** NEW events taken in, free-running. */
  takenNew = 0;
  /** What ports see of it, for thresholds. */
  publishedNew = 0;
  /** Its ring was not taken in to the end. */
  more = false;

  constructor(id: number, words: Int32Array, layout: PortLayout, plan: PortPlan, history: number) {
    this.id = id;
    this.history = history;
    this.at = layout.at;
    this.enqueue = new RingConsumer(words, layout.enqueue);
    this.cq = new RingProducer(words, layout.cq);
    this.cqStart = this.cq.tail;
    this.depth = plan.depth;
    this.room = plan.depth;
    this.adaptive = plan.adaptive;
  }
}

/** A queue with the ports linked to it. */
export class QueueSeat {
  readonly id: number;
  readonly type: QueueType;
  readonly priority: number;
  /** Linked ports by id. */
  ports: PortSeat[] = [];
  /** Link priority per port id, -1: not linked. */
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
  /** In `readyWindows` already. */
  ready = false;
  readonly flows: FlowTable | null;
  readonly window: Window | null;

  constructor(id: number, plan: QueuePlan, m: Int32Array, layout: SchedulerLayout, ports: number) {
    this.id = id;
    this.type = plan.type;
    this.priority = plan.priority;
    this.links = new Int16Array(ports).fill(-1);
    this.ranks = new Int16Array(ports);
    const table = layout.flowTables[id]!;
    const records = layout.flowRecords[id]!;
    this.flows = table < 0 ? null : new FlowTable(table, records, plan.flows);
    const window = layout.windows[id]!;
    this.window = window < 0 ? null : new Window(m, window, plan.sequences);
  }
}

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
  /** Queues by priority, then id. */
  readonly ranked: QueueSeat[];
  /** Most different link priorities that a port has: delivery goes in so many tiers. */
  tiers = 1;
  readonly storage: QueueStorage;
  readonly parking: Parking;
  readonly stats: Statistics;
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
  /** Some port wishes for credits. */
  wishing = false;
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
  /** Bit per port whose CQ has unpublished entries: ports 0-31, 32-63. */
  touchedLow = 0;
  touchedHigh = 0;
  /** Run-time unlinks that the next pass makes. */
  readonly unlinks: LinkCommand[] = [];
  /** Ordered queues whose window may have something to send on. */
  readonly readyWindows: QueueSeat[] = [];
  /** How many of them: an array that is cut to 0 allocates again when it grows. */
  readyCount = 0;

  constructor(plan: DomainPlan) {
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
    this.ports = plan.ports.map((port, id) => {
      const history = this.at.history + id * historyWords;
      return new PortSeat(id, this.words, this.layout.ports[id]!, port, history);
    });
    this.historyMask = this.at.historyDepth - 1;
    this.queues = plan.queues.map(
      (queue, id) => new QueueSeat(id, queue, this.m, this.at, plan.ports.length),
    );
    this.ranked = this.queues.toSorted((a, b) => a.priority - b.priority || a.id - b.id);
    this.storage = new QueueStorage(this.m, this.at);
    this.parking = new Parking(this.m, this.at, plan.queues.length, plan.ports.length);
    this.stats = new Statistics(this.m, this.at, plan.ports.length);
    this.free = plan.eventsLimit;
    this.watchesThreshold = plan.ports.some((port) => port.newEventThreshold < plan.eventsLimit);
  }
}
