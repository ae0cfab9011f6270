/**
 * A worker thread's task: load the modules of the stages, attach the port, work until the domain stops.
 *
 * Runs on: a Piscina thread, as the one task that this thread ever has. The modules are imported here and not
 * by Piscina, so that a module that fails rejects this task.
 */
import { messageOf } from '../crew/message-of.js';
import { announceSeat, atSeat, leaveSeat } from '../crew/seat.js';
import { Latch } from '../idle/latch.js';
import { attachPort } from '../port/index.js';
import type { Port } from '../port/index.js';
import { Board } from './board.js';
import { Calls } from './calls.js';
import { Cells } from './cells.js';
import { Endings } from './endings.js';
import { Guard } from './guard.js';
import { LargeCells } from './large-cells.js';
import { OpenItems } from './open-items.js';
import { OpenSignals } from './open-signals.js';
import { firstQueues, roomOf, serves, stagesOfQueues } from './plan.js';
import { Sender } from './sender.js';
import { loadStage, StageRunner } from './stage-runner.js';
import type { StageFunctions } from './stage-runner.js';
import { Tally } from './tally.js';
import type { SeatTask } from './task.js';
import { overdueError } from './watchdog.js';
import { WorkLoop } from './work-loop.js';

/** A stage's time limit is looked at so often within it. */
const LOOKS_PER_LIMIT = 4;

export default function runSeat(task: SeatTask): Promise<void> {
  return atSeat(async () => {
    const loaded = await loadAll(task);
    const board = new Board(task.seats, task.stages.length, task.board);
    const large = new LargeCells(task.channel, board.blocks, false, hasPartsIn(task));
    const port = attachPort(task.attachment);
    announceSeat(task.seat);
    // When this fails the crew ends the thread, and what the port holds is scheduled again.
    await work(task, port, board, large, loaded);
    await tearDown(loaded);
    port.detach();
    large.close();
  });
}

/** Items may become several on their way. */
function hasPartsIn({ stages }: SeatTask): boolean {
  return stages.some((stage) => stage.pieces > 1);
}

/** One after the other: what a set-up logs or fails with is in the order of the stages. */
async function loadAll(task: SeatTask): Promise<StageFunctions[]> {
  const loaded: StageFunctions[] = [];
  for (const stage of task.stages) loaded.push(await loadStage(stage, task.seat, task.seats));
  return loaded;
}

/** A teardown that fails does not keep the others from theirs. */
async function tearDown(loaded: readonly StageFunctions[]): Promise<void> {
  for (const { teardown } of loaded) {
    try {
      await teardown?.();
    } catch (error) {
      process.emitWarning(`a teardown failed: ${messageOf(error)}`);
    }
  }
}

async function work(
  task: SeatTask,
  port: Port,
  board: Board,
  large: LargeCells,
  loaded: readonly StageFunctions[],
): Promise<void> {
  const hasParts = hasPartsIn(task);
  const cells = new Cells(port.buffers!, large, roomOf(task.bytes), hasParts);
  const sender = new Sender(port, board, cells, task.bytes, hasParts);
  const latch = new Latch();
  const host = {
    seat: task.seat,
    debug: task.debug,
    thread: task.thread,
    firstQueues: firstQueues(task.stages),
    signalOf: (session: number): AbortSignal => signals.of(session),
  };
  const stages = task.stages.map((stage, i) => new StageRunner(i, stage, loaded[i]!, host));
  stages.forEach((runner, i) => {
    runner.next = stages[i + 1];
    runner.onWish = (items) => board.wish(task.seat, i, items);
  });
  const runners = stagesOfQueues(task.stages).map((stage) => stages[stage]);
  const tally = new Tally(board, task);
  const served = stages.filter(({ settings }) => serves(settings, task.seat, task.seats));
  const open = new OpenItems({ board, sender, cells, latch, stages: served });
  const guard = new Guard(task.seat, board, open);
  const signals = new OpenSignals(board, guard.scope);
  const endings = new Endings(sender, tally, open);
  const { attempts, debug, seats } = task;
  const parts = { board, cells, endings, guard, open, sender, tally };
  const calls = new Calls({ ...parts, runners, seats, stages, attempts, debug, hasParts });
  const watch = watchLimits(task, guard, open);
  try {
    await new WorkLoop({ port, calls, open, sender, signals, latch }).run();
  } finally {
    clearInterval(watch);
  }
}

/** Ends the thread when a call that is a promise is overdue: the main thread starts another. Calls that do not
 *  let the event loop turn are the main thread's to watch. */
function watchLimits(
  task: SeatTask,
  guard: Guard,
  open: OpenItems,
): ReturnType<typeof setInterval> | undefined {
  const limits = task.stages.flatMap(({ timeoutMs }) => (timeoutMs > 0 ? [timeoutMs] : []));
  if (limits.length === 0) return undefined;
  const everyMs = Math.max(1, Math.min(...limits) / LOOKS_PER_LIMIT);
  let before = performance.now();
  return setInterval(() => {
    guard.beat();
    const now = performance.now();
    // Late by more than a look: others had the thread. What waits in the event loop may be what calls wait for.
    if (now - before > 2 * everyMs) open.allow(now - before);
    before = now;
    const overdue = open.overdue(now);
    if (overdue === undefined) return;
    open.accuse(overdue);
    leaveSeat(task.seat, overdueError(overdue.runner.settings));
  }, everyMs);
}
