/** Building a pipeline: everything is checked first, and what fails leaves nothing behind. */
import { randomUUID } from 'node:crypto';
import { createHistogram } from 'node:perf_hooks';
import type { RecordableHistogram } from 'node:perf_hooks';
import { CrashTeller } from '../crew/crash-teller.js';
import { Crew } from '../crew/crew.js';
import type { CrewOptions } from '../crew/crew.js';
import { Deadline } from '../crew/deadline.js';
import { messageOf } from '../crew/message-of.js';
import type { Domain } from '../control/index.js';
import { openDevice } from '../device/index.js';
import type { Device } from '../device/index.js';
import { DlbError } from '../eventdev/errors.js';
import { Board } from './board.js';
import { MARKED_THREADS } from './cell.js';
import { CHANNELS } from './channels.js';
import type {
  Chained,
  Pipeline,
  PipelineInput,
  PipelineOutput,
  PipelineSpec,
  StageList,
} from './contract.js';
import { Engine } from './engine.js';
import { Entry } from './entry.js';
import { warnOfKeyless } from './keyless.js';
import { LargeCells } from './large-cells.js';
import { OpenPipeline } from './pipeline.js';
import { domainSpec, seatPort, serves } from './plan.js';
import { Roots } from './roots.js';
import { Sessions } from './sessions.js';
import { settle } from './settings.js';
import type { Settings } from './settings.js';
import type { StageSettings } from './stage-settings.js';
import { loadKey } from './stage-runner.js';
import { StageReader } from './stats.js';
import type { SeatTask } from './task.js';
import { Watchdog } from './watchdog.js';

const ENTRY = new URL('../../workers/pipeline.cjs', import.meta.url);
/** Items that end their threads go to the dead letters, so seats stay far below it. */
const BARREN_MAX_BEYOND_ATTEMPTS = 5;

/**
 * Opens a pipeline: its threads are started, its modules loaded and set up; see README.md.
 * @throws DlbError ERR_DLB_INVALID_ARGUMENT: a field of the specification is wrong;
 *                  ERR_DLB_MODULE_INVALID: a module does not load, lacks an export, or fails in its `setup`;
 *                  its `cause` is the original error.
 */
export async function createPipeline<const S extends StageList>(
  spec: PipelineSpec<S> & { stages: Chained<S> },
): Promise<Pipeline<PipelineInput<S>, PipelineOutput<S>>> {
  const settings = settle(spec);
  const device = await openDevice({
    schedulerRestarts: 0,
    name: settings.name,
    control: settings.control,
  });
  try {
    return await build(device, settings);
  } catch (error) {
    await device.close();
    throw error;
  }
}

async function build<In, Out>(device: Device, settings: Settings): Promise<Pipeline<In, Out>> {
  const entry = new Entry(await firstKey(settings), () => warnOfKeyless(settings));
  const domain = await device.createDomain(domainSpec(settings));
  const board = new Board(settings.workers, settings.stages.length);
  const channel = `softdlb:pipeline:${randomUUID()}`;
  const large = new LargeCells(channel, board.blocks, true, settings.pieces > 1);
  const roots = new Roots(settings.window, settings.pieces > 1, settings.onDeadLetter);
  const engine = new Engine(domain, settings, board, large, roots);
  large.onDefect = (error) => engine.break(error);
  roots.lastStage = settings.stages.at(-1)!.name;
  roots.release = engine.release;
  roots.onBuried = engine.tell;
  const crashes = new CrashTeller(`pipeline '${settings.name}'`, settings.onCrash);
  roots.causeOf = (thread) => crashes.causeOf(thread);
  roots.onBurialFailed = (error) => engine.break(error);
  roots.onFailed = (error) =>
    CHANNELS.error.publish({ pipeline: settings.name, ...error.details, error });
  await domain.start();
  domain.onEnd((reason) => engine.break(reason));
  const handlerTimes = settings.stages.map(() => createHistogram());
  const waitingTimes = settings.stages.map(() => createHistogram());
  const shared = { board, channel, crashes, handlerTimes, waitingTimes };
  const crew = new Crew(domain, crewOptions(domain, engine, settings, shared));
  try {
    await crew.muster();
  } catch (error) {
    await crew.terminate();
    large.close();
    throw error;
  }
  const sessions = new Sessions(board);
  const stages = new StageReader({ domain, settings, board, handlerTimes, waitingTimes });
  const watchdog = new Watchdog(board, settings, (seat, reason) => crew.replace(seat, reason));
  const { name, workers } = settings;
  CHANNELS.start.publish({
    pipeline: name,
    stages: settings.stages.map((stage) => stage.name),
    workers,
  });
  return new OpenPipeline({
    settings,
    device,
    domain,
    engine,
    crew,
    entry,
    sessions,
    stages,
    watchdog,
  });
}

/** The key function of the first stage is called in this thread. */
async function firstKey({
  setupTimeoutMs,
  stages,
}: Settings): Promise<((item: unknown) => string | number | bigint) | undefined> {
  const [first] = stages;
  const { flowFunction, flowExport } = first!;
  if (flowExport === undefined) return flowFunction;
  try {
    return await inTime(loadKey(first!, flowExport), setupTimeoutMs);
  } catch (error) {
    throw moduleError(error);
  }
}

/** @throws DlbError when it takes longer. */
async function inTime<T>(loading: Promise<T>, setupTimeoutMs: number): Promise<T> {
  const deadline = new Deadline();
  deadline.within(setupTimeoutMs);
  const late = deadline.passed.then(() => {
    const what = 'the module was not loaded in time';
    throw new DlbError('ERR_DLB_MODULE_INVALID', what, { setupTimeoutMs });
  });
  try {
    return await Promise.race([loading, late]);
  } finally {
    deadline.clear();
  }
}

interface Shared {
  readonly board: Board;
  readonly channel: string;
  readonly crashes: CrashTeller;
  readonly handlerTimes: readonly RecordableHistogram[];
  readonly waitingTimes: readonly RecordableHistogram[];
}

function crewOptions(
  domain: Domain,
  engine: Engine,
  settings: Settings,
  shared: Shared,
): CrewOptions {
  const { name, workers, resourceLimits, bytes, attempts, debug, setupTimeoutMs, unref } = settings;
  // Functions cannot cross threads; this one is for the main thread.
  const stages = settings.stages.map((stage) => ({ ...stage, flowFunction: undefined }));
  const retired = new Set<number>();
  return {
    name,
    entry: ENTRY,
    seats: workers,
    firstPort: seatPort(0),
    barrenMax: attempts + BARREN_MAX_BEYOND_ATTEMPTS,
    setupTimeoutMs,
    unref,
    resourceLimits,
    task(seat, stint): SeatTask {
      const attachment = domain.attachment(seatPort(seat));
      const { board, channel, handlerTimes, waitingTimes } = shared;
      const common = { stages, bytes, attempts, debug, seats: workers };
      return {
        seat,
        thread: stint % MARKED_THREADS,
        attachment,
        ...common,
        board: board.memory,
        channel,
        handlerTimes,
        waitingTimes,
      };
    },
    refusal: moduleError,
    onCrash(crash, stint) {
      // The call that the thread had in hand is not its successor's.
      shared.board.endCall(crash.worker);
      CHANNELS.crash.publish({ pipeline: name, ...crash });
      shared.crashes.tell(crash, stint % MARKED_THREADS);
    },
    onReclaimed: (worker) => CHANNELS.redelivery.publish({ pipeline: name, worker }),
    onRetired(seat, error) {
      retired.add(seat);
      // What waits for the stage would wait for ever.
      if (settings.stages.some((stage) => isLost(stage, retired, workers))) engine.break(error);
    },
    onLost: (error) => engine.break(error),
  };
}

/** Nobody is left who serves the stage; of a sticky one, nobody who serves the flows of a seat. */
function isLost(stage: StageSettings, retired: ReadonlySet<number>, seats: number): boolean {
  const own = Array.from({ length: seats }, (_, i) => i).filter((i) => serves(stage, i, seats));
  const isRetired = (seat: number): boolean => retired.has(seat);
  return stage.schedule === 'sticky' ? own.some(isRetired) : own.every(isRetired);
}

function moduleError(cause: unknown): DlbError {
  const reason = cause === undefined ? 'the thread returned' : messageOf(cause);
  const details = { field: 'stages[].module', reason };
  const error = new DlbError('ERR_DLB_MODULE_INVALID', 'a module cannot be used', details);
  error.cause = cause;
  return error;
}
