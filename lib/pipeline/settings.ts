/** The specification of a pipeline: defaults with their reasons, and checks that name the field. */
import type { ResourceLimits } from 'node:worker_threads';
import {
  flag,
  invalid,
  oneOf,
  optionalFunction,
  refuseUnknown,
  threadLimits,
  text,
  timerMs,
  whole,
} from '../crew/checks.js';
import type { Crash } from '../crew/crash-teller.js';
import { SETUP_TIMEOUT_MS } from '../crew/crew.js';
import { defaultWorkers, WORKERS_MAX } from '../crew/default-workers.js';
import { EVENTS_LIMIT_MAX, QUEUES_MAX } from '../eventdev/limits.js';
import type { ControlOptions } from '../eventdev/spec.js';
import type {
  Codec,
  DeadLetter,
  MaybePromise,
  OutputOrder,
  PipelineSpec,
  PipelineStats,
} from './contract.js';
import { stageNames } from './stage-names.js';
import { settleStage, stageOptions } from './stage-settings.js';
import type { StageSettings } from './stage-settings.js';

/** A specification with everything decided. */
export interface Settings {
  readonly name: string;
  readonly workers: number;
  readonly window: number;
  readonly bytes: number;
  readonly largeBytes: number;
  readonly codec: Codec;
  readonly order: OutputOrder;
  readonly attempts: number;
  readonly debug: boolean;
  readonly unref: boolean;
  readonly statsIntervalMs: number;
  readonly setupTimeoutMs: number;
  readonly onStats: ((stats: PipelineStats) => void) | undefined;
  readonly onDeadLetter: ((letter: DeadLetter) => MaybePromise<void>) | undefined;
  readonly onCrash: ((crash: Crash) => MaybePromise<void>) | undefined;
  readonly resourceLimits: ResourceLimits | undefined;
  /** Checked by `openDevice`. */
  readonly control: boolean | ControlOptions;
  readonly stages: readonly StageSettings[];
  /** Most events that one item may become. */
  readonly pieces: number;
}

const WINDOW_MAX = 65_536;
/** Deep enough for full packs on their way to each worker while the main thread rests. What is not in use of so many cells
 *  is no memory. */
const WINDOW_DEFAULT = 4096;
/** Both rooms of a cell start at a cache line. */
const BYTES_STEP = 64;
const BYTES_MAX = 1 << 20;
const BYTES_DEFAULT = 2048;
const LARGE_BYTES_DEFAULT = 256 << 20;
const ATTEMPTS_MAX = 255;
const ATTEMPTS_DEFAULT = 3;
const STATS_MS_DEFAULT = 1000;

const CODECS = ['auto', 'bytes', 'string', 'json', 'structured'] as const;
const ORDERS = ['in-order', 'as-completed'] as const;
const KNOWN = new Set([
  'stages',
  'name',
  'workers',
  'window',
  'bytes',
  'largeBytes',
  'codec',
  'order',
  'attempts',
  'onDeadLetter',
  'onCrash',
  'onStats',
  'statsIntervalMs',
  'setupTimeoutMs',
  'debug',
  'unref',
  'resourceLimits',
  'control',
]);

/** @throws DlbError ERR_DLB_INVALID_ARGUMENT, naming the field and its value. */
export function settle(spec: PipelineSpec): Settings {
  if (typeof spec !== 'object' || spec === null)
    throw invalid('spec must be an object', 'spec', spec);
  refuseUnknown(spec, KNOWN, '');
  const workers = whole('workers', spec.workers ?? defaultWorkers(), 1, WORKERS_MAX);
  const window = whole('window', spec.window ?? WINDOW_DEFAULT, 1, WINDOW_MAX);
  const bytes = whole('bytes', spec.bytes ?? BYTES_DEFAULT, BYTES_STEP, BYTES_MAX);
  const stages = settleStages(spec, workers);
  const pieces = piecesOf(stages);
  return {
    name: text('name', spec.name ?? 'pipeline'),
    workers,
    // A smaller window, so that all pieces of all items find room: none may be refused.
    window: Math.min(window, Math.floor(EVENTS_LIMIT_MAX / (4 * pieces))),
    bytes: Math.ceil(bytes / BYTES_STEP) * BYTES_STEP,
    largeBytes: whole(
      'largeBytes',
      spec.largeBytes ?? LARGE_BYTES_DEFAULT,
      1,
      Number.MAX_SAFE_INTEGER,
    ),
    codec: oneOf('codec', spec.codec ?? 'auto', CODECS),
    order: oneOf('order', spec.order ?? 'in-order', ORDERS),
    attempts: whole('attempts', spec.attempts ?? ATTEMPTS_DEFAULT, 1, ATTEMPTS_MAX),
    debug: flag('debug', spec.debug ?? false),
    unref: flag('unref', spec.unref ?? false),
    statsIntervalMs: timerMs('statsIntervalMs', spec.statsIntervalMs ?? STATS_MS_DEFAULT, 1),
    setupTimeoutMs: timerMs('setupTimeoutMs', spec.setupTimeoutMs ?? SETUP_TIMEOUT_MS, 1),
    onStats: optionalFunction('onStats', spec.onStats),
    onDeadLetter: optionalFunction('onDeadLetter', spec.onDeadLetter),
    onCrash: optionalFunction('onCrash', spec.onCrash),
    resourceLimits: threadLimits(spec.resourceLimits),
    control: spec.control ?? false,
    stages,
    pieces,
  };
}

function settleStages(spec: PipelineSpec, workers: number): StageSettings[] {
  const { stages } = spec as { stages: unknown };
  if (!Array.isArray(stages) || stages.length === 0) {
    throw invalid('stages must be a list of at least one stage', 'stages', stages);
  }
  const deadLetters = spec.onDeadLetter !== undefined;
  const options = stages.map(stageOptions);
  const names = stageNames(options);
  let firstSeat = 0;
  const settled = options.map((stage, index) => {
    const isLast = index === stages.length - 1;
    const at = { index, name: names[index]!, isLast, workers, firstSeat, deadLetters };
    const one = settleStage(stage, at);
    // Stages with fewer workers than the pipeline take different ones as far as there are.
    if (one.workers < workers) firstSeat = (firstSeat + one.workers) % workers;
    return one;
  });
  const queues = settled.reduce(
    (sum, one) => sum + (one.schedule === 'sticky' ? one.workers : 1),
    1,
  );
  if (queues > QUEUES_MAX) {
    throw invalid('the stages need too many queues', 'stages', stages.length, {
      queues,
      max: QUEUES_MAX,
    });
  }
  return settled;
}

/** What one item may become at most. */
function piecesOf(stages: readonly StageSettings[]): number {
  const pieces = stages.reduce((product, { pieces: most }) => product * most, 1);
  const max = EVENTS_LIMIT_MAX / 4;
  if (pieces <= max) return pieces;
  throw invalid('one item may become too many', 'stages[].pieces', pieces, { max });
}
