/**
 * How a pipeline becomes a domain: queues, ports, buffers.
 *
 *   port 0 ──NEW──▶ [stage 1] ──▶ ports 1..n ──FORWARD──▶ [stage 2] ──▶ ports 1..n ─▶ … ─▶ [0 out: directed] ─▶ port 0
 *
 * Every worker has one port, which is linked to the queues of all stages that it serves. A sticky
 * stage has a directed queue for each of its workers; whoever sends an item to it chooses.
 */
import type { DomainSpec, PortSpec, QueueSpec } from '../eventdev/spec.js';
import { EVENTS_LIMIT_MAX, SEQUENCES_MAX } from '../eventdev/limits.js';
import { cellBytes, ITEMS_MAX } from './cell.js';
import type { Settings } from './settings.js';
import type { StageSettings } from './stage-settings.js';

type StageShape = Pick<StageSettings, 'schedule' | 'workers'>;

/** Groups of flows per worker of a stage that is coarse. */
const GROUPS_PER_WORKER = 4;

/** How many groups the flows of an atomic stage may be folded into. */
export function groupsOf({ workers }: Pick<StageSettings, 'workers'>): number {
  return GROUPS_PER_WORKER * workers;
}

/** What a pack takes before it is full, beside the item that fills it. */
export const PACK_BYTES = 16384;
/** Pieces of one event: more are refused before they are made. */
const FRAGMENTS_MAX = 1 << 16;
/** Pieces that a worker may send before the scheduler has taken them in. */
const PIECE_SLOTS = 1024;
/** Rooms of cells start at cache lines. */
const ROOM_STEP = 64;
/** Most bytes of a pack's head, for one item. */
const HEAD_BYTES = 64;

/** Bytes of a half of a cell, for items of up to `bytes`. */
export function roomOf(bytes: number): number {
  return Math.ceil((bytes + PACK_BYTES + HEAD_BYTES) / ROOM_STEP) * ROOM_STEP;
}

/** Items of one flow are one at a time, in order. */
export function isKeyed({ schedule }: Pick<StageSettings, 'schedule'>): boolean {
  return schedule === 'atomic' || schedule === 'sticky';
}

/** Its packs hold items of one group of flows. A sticky stage needs none: each of its queues has one worker, which keeps flows apart. */
export function isGrouped({ schedule }: Pick<StageSettings, 'schedule'>): boolean {
  return schedule === 'atomic';
}

/** Port of the thread that made the pipeline; the seats follow. */
export const MAIN_PORT = 0;
export const OUT_QUEUE = 0;

export function seatPort(seat: number): number {
  return MAIN_PORT + 1 + seat;
}

/** First queue of each stage. */
export function firstQueues(stages: readonly StageShape[]): number[] {
  let next = OUT_QUEUE + 1;
  return stages.map((stage) => {
    const queue = next;
    next += queuesOf(stage);
    return queue;
  });
}

/** Sticky stages have as many queues as workers, others one. */
export function queuesOf(stage: StageShape): number {
  return stage.schedule === 'sticky' ? stage.workers : 1;
}

/** Whether the seat is one of those that serve the stage. */
export function serves(
  stage: Pick<StageSettings, 'firstSeat' | 'workers'>,
  seat: number,
  seats: number,
): boolean {
  return placeOf(stage, seat, seats) < stage.workers;
}

function placeOf({ firstSeat }: { firstSeat: number }, seat: number, seats: number): number {
  return (seat - firstSeat + seats) % seats;
}

/** Stage of each queue; -1 for the way out. */
export function stagesOfQueues(stages: readonly StageShape[]): number[] {
  return [-1, ...stages.flatMap((stage, index) => Array<number>(queuesOf(stage)).fill(index))];
}

/** The domain of a pipeline. */
export function domainSpec(settings: Settings): DomainSpec {
  const { name, pieces, stages, window, workers } = settings;
  const most = Math.max(...stages.map((stage) => stage.pieces));
  // Credits come back a pass after their event ends: an item with a buffer does not wait for one.
  const eventsLimit = (2 * window * pieces) / most;
  return {
    name,
    eventsLimit,
    // Each item may be an event of its own, beside all credits that may become events.
    capacity: Math.min(eventsLimit + 2 * window * pieces, EVENTS_LIMIT_MAX),
    queues: [
      { name: 'out', type: 'directed' },
      ...stages.flatMap((stage) => stageQueues(stage, settings)),
    ],
    ports: [
      { name: `${name}-main`, links: [OUT_QUEUE] },
      ...Array.from({ length: workers }, (_, seat) => seatSpec(settings, seat)),
    ],
    buffers: { count: bufferCount(settings), bytes: cellBytes(roomOf(settings.bytes)), reserve: 0 },
  };
}

/** One for each item of the window, and as many for packs that workers make. Beyond that items get memory of their own. */
function bufferCount({ window }: Settings): number {
  return 2 * window;
}

function stageQueues(stage: StageSettings, settings: Settings): QueueSpec[] {
  const { name, priority, schedule, pieces } = stage;
  // A pack may become one for each of its items, and each of those several.
  const common = { priority, fragments: Math.min(ITEMS_MAX * pieces, FRAGMENTS_MAX) };
  if (schedule === 'sticky') {
    return Array.from({ length: stage.workers }, (_, i) => ({
      name: `${name}-${i}`,
      type: 'directed',
      ...common,
    }));
  }
  if (schedule !== 'ordered') return [{ name, type: schedule, ...common }];
  return [{ name, type: 'ordered', sequences: sequencesFor(settings), ...common }];
}

/** A window as wide as all that may be in the stage, so that delivery never waits for it. */
function sequencesFor({ window, pieces }: Settings): number {
  return Math.min(2 ** Math.ceil(Math.log2(window * pieces)), SEQUENCES_MAX);
}

/** Completions in any order, because promises settle so; released only when they have. Names are wide, so that
 *  what waits for its time or its flow leaves places for all others. */
function seatSpec(settings: Settings, seat: number): PortSpec {
  const queues = firstQueues(settings.stages);
  return {
    name: `${settings.name}-${seat}`,
    links: settings.stages.flatMap((stage, index) => {
      if (!serves(stage, seat, settings.workers)) return [];
      const place = placeOf(stage, seat, settings.workers);
      return [queues[index]! + (stage.schedule === 'sticky' ? place : 0)];
    }),
    implicitRelease: false,
    independentEnqueue: true,
    wideNames: true,
    enqueueDepth: PIECE_SLOTS,
  };
}
