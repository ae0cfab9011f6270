/**
 * How a pipeline becomes a domain: queues, ports, buffers.
 *
 *   port 0 ──NEW──▶ [stage 1] ──▶ ports 1..n ──FORWARD──▶ [stage 2] ──▶ ports 1..n ─▶ … ─▶ [0 out: directed] ─▶ port 0
 *
 * Every worker has one port, which is linked to the queues of all stages that it serves. A sticky
 * stage has a directed queue for each of its workers; whoever sends an item to it chooses.
 */
import type { DomainSpec, PortSpec, QueueSpec } from '../eventdev/spec.js';
import { SEQUENCES_MAX } from '../eventdev/limits.js';
import { cellBytes } from './cell.js';
import type { Settings } from './settings.js';
import type { StageSettings } from './stage-settings.js';

type StageShape = Pick<StageSettings, 'schedule' | 'workers'>;

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
  const { name, stages, window, workers } = settings;
  const most = Math.max(...stages.map((stage) => stage.pieces));
  return {
    name,
    // Credits come back a pass after their event ends: an item with a buffer does not wait for one. Storage
    // is kept for `most` times as many events, which is all that the window may become.
    eventsLimit: 2 * window * (settings.pieces / most),
    queues: [
      { name: 'out', type: 'directed' },
      ...stages.flatMap((stage) => stageQueues(stage, settings)),
    ],
    ports: [
      { name: `${name}-main`, links: [OUT_QUEUE] },
      ...Array.from({ length: workers }, (_, seat) => seatSpec(settings, seat)),
    ],
    buffers: { count: bufferCount(settings), bytes: cellBytes(settings.bytes), reserve: 0 },
  };
}

/** One for each item of the window; where items become several, as many again for the pieces. Beyond that
 *  pieces get memory of their own. */
function bufferCount({ window, pieces }: Settings): number {
  return pieces > 1 ? 2 * window : window;
}

function stageQueues(stage: StageSettings, settings: Settings): QueueSpec[] {
  const { name, priority, schedule, pieces } = stage;
  const common = { priority, fragments: pieces };
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
  };
}
