/** One stage of a specification: defaults and checks. */
import {
  cloneable,
  invalid,
  isPlain,
  moduleUrl,
  oneOf,
  refuseUnknown,
  share,
  text,
  timerMs,
  whole,
} from '../crew/checks.js';
import { QUEUE_MASK } from '../eventdev/event.js';
import type { BatchStageOptions } from './batch-contract.js';
import { ITEMS_MAX } from './cell.js';
import type {
  Codec,
  ErrorPolicy,
  FlowKey,
  Grain,
  RetryPolicy,
  Schedule,
  StageOptions,
} from './contract.js';

export type Verdict = 'fail' | 'drop' | 'dead-letter';

export interface StageSettings {
  readonly name: string;
  readonly module: string;
  readonly handler: string;
  readonly schedule: Schedule;
  readonly grain: Grain;
  /** An export of the module. */
  readonly flowExport: string | undefined;
  /** Of the first stage only. */
  readonly flowFunction: ((item: unknown) => FlowKey) | undefined;
  readonly priority: number;
  readonly workers: number;
  /** The seats that serve it are this one and those behind it, round about. */
  readonly firstSeat: number;
  readonly concurrency: number;
  /** Most items of a call; 0: its handler takes no arrays. */
  readonly batch: number;
  readonly codec: Codec;
  /** 0: no limit. */
  readonly timeoutMs: number;
  readonly retries: number;
  readonly delayMs: number;
  readonly maxDelayMs: number;
  readonly jitter: number;
  /** An export of the module. */
  readonly retryIf: string | undefined;
  /** What becomes of an item when all tries have failed. */
  readonly verdict: Verdict;
  /** Most results that go to the next stage. */
  readonly pieces: number;
  readonly context: unknown;
}

/** Where in the specification the stage is. */
interface Place {
  readonly index: number;
  readonly name: string;
  readonly isLast: boolean;
  readonly workers: number;
  readonly firstSeat: number;
  /** There is somebody to take them. */
  readonly deadLetters: boolean;
}

const PRIORITY_DEFAULT = 128;
/** A worker's port names 256 events at most. */
const CONCURRENCY_MAX = 256;
const CONCURRENCY_DEFAULT = 16;
const PIECES_MAX = 1024;
const RETRIES_MAX = 1000;
const DELAY_MS_DEFAULT = 100;
const MAX_DELAY_MS_DEFAULT = 30_000;

const GRAINS = ['auto', 'fine', 'coarse'] as const;
const SCHEDULES = ['parallel', 'ordered', 'atomic', 'sticky'] as const;
const CODECS = ['auto', 'bytes', 'string', 'json', 'structured'] as const;
const VERDICTS = ['fail', 'drop', 'dead-letter'] as const;
const KNOWN = new Set([
  'name',
  'module',
  'handler',
  'schedule',
  'grain',
  'flow',
  'priority',
  'workers',
  'concurrency',
  'batch',
  'codec',
  'timeoutMs',
  'onError',
  'pieces',
  'context',
]);
const KNOWN_OF_RETRY = new Set(['retries', 'delayMs', 'maxDelayMs', 'jitter', 'retryIf', 'then']);

type GivenOptions = StageOptions & Partial<Pick<BatchStageOptions, 'batch'>>;

/** The options of a stage that was made by `stage`, or is a plain object of them.
 *  @throws DlbError ERR_DLB_INVALID_ARGUMENT: it is neither; an option is unknown. */
export function stageOptions(stage: unknown, index: number): GivenOptions {
  const at = `stages[${index}]`;
  const options: unknown = isPlain(stage) && 'options' in stage ? stage.options : stage;
  if (!isPlain(options)) {
    throw invalid(`${at} must be an object of options, or made by stage()`, at, stage);
  }
  refuseUnknown(options, KNOWN, `${at}.`);
  text(`${at}.handler`, (options as StageOptions).handler ?? 'default');
  return options as GivenOptions;
}

/** @throws DlbError ERR_DLB_INVALID_ARGUMENT, naming the field and its value. */
export function settleStage(options: GivenOptions, place: Place): StageSettings {
  const at = `stages[${place.index}]`;
  return {
    name: place.name,
    module: moduleUrl(`${at}.module`, options.module),
    handler: options.handler ?? 'default',
    schedule: oneOf(`${at}.schedule`, options.schedule ?? 'parallel', SCHEDULES),
    grain: oneOf(`${at}.grain`, options.grain ?? 'auto', GRAINS),
    ...settleFlow(`${at}.flow`, options.flow, place.index),
    priority: whole(`${at}.priority`, options.priority ?? PRIORITY_DEFAULT, 0, QUEUE_MASK),
    workers: whole(`${at}.workers`, options.workers ?? place.workers, 1, place.workers),
    firstSeat: place.firstSeat,
    concurrency: whole(
      `${at}.concurrency`,
      options.concurrency ?? CONCURRENCY_DEFAULT,
      1,
      CONCURRENCY_MAX,
    ),
    batch: options.batch === undefined ? 0 : whole(`${at}.batch`, options.batch, 1, ITEMS_MAX),
    codec: oneOf(`${at}.codec`, options.codec ?? 'auto', CODECS),
    timeoutMs:
      options.timeoutMs === undefined ? 0 : timerMs(`${at}.timeoutMs`, options.timeoutMs, 1),
    ...settlePolicy(`${at}.onError`, options.onError ?? 'fail', place.deadLetters),
    // What leaves the last stage is no event: all of it goes out with the item.
    pieces: settlePieces(`${at}.pieces`, options.pieces, place.isLast),
    context: cloneable(`${at}.context`, options.context),
  };
}

function settlePieces(field: string, pieces: number | undefined, isLast: boolean): number {
  const settled = whole(field, pieces ?? 1, 1, PIECES_MAX);
  return isLast ? 1 : settled;
}

function settleFlow(
  field: string,
  flow: StageOptions['flow'],
  index: number,
): Pick<StageSettings, 'flowExport' | 'flowFunction'> {
  if (flow === undefined) return { flowExport: undefined, flowFunction: undefined };
  if (typeof flow === 'string') return { flowExport: text(field, flow), flowFunction: undefined };
  if (typeof flow !== 'function')
    throw invalid(`${field} must be a function or the name of an export`, field, flow);
  if (index === 0) return { flowExport: undefined, flowFunction: flow };
  throw invalid(
    `${field} must be the name of an export: only the first stage's key is made in this thread`,
    field,
    flow,
  );
}

type Policy = Pick<
  StageSettings,
  'retries' | 'delayMs' | 'maxDelayMs' | 'jitter' | 'retryIf' | 'verdict'
>;

function settlePolicy(field: string, policy: ErrorPolicy, deadLetters: boolean): Policy {
  if (typeof policy === 'object' && policy !== null) return settleRetry(field, policy, deadLetters);
  const verdict = settleVerdict(field, policy, deadLetters);
  return { retries: 0, delayMs: 0, maxDelayMs: 0, jitter: 0, retryIf: undefined, verdict };
}

function settleRetry(field: string, policy: RetryPolicy, deadLetters: boolean): Policy {
  refuseUnknown(policy, KNOWN_OF_RETRY, `${field}.`);
  const delayMs = timerMs(`${field}.delayMs`, policy.delayMs ?? DELAY_MS_DEFAULT, 0);
  const most = Math.max(delayMs, MAX_DELAY_MS_DEFAULT);
  return {
    retries: whole(`${field}.retries`, policy.retries, 1, RETRIES_MAX),
    delayMs,
    maxDelayMs: timerMs(`${field}.maxDelayMs`, policy.maxDelayMs ?? most, delayMs),
    jitter: share(`${field}.jitter`, policy.jitter ?? 0),
    retryIf: settleRetryIf(`${field}.retryIf`, policy.retryIf),
    verdict: settleVerdict(`${field}.then`, policy.then ?? 'fail', deadLetters),
  };
}

function settleRetryIf(field: string, retryIf: unknown): string | undefined {
  if (typeof retryIf !== 'function')
    return retryIf === undefined ? undefined : text(field, retryIf);
  throw invalid(
    `${field} must be the name of an export: it is called in the workers`,
    field,
    retryIf,
  );
}

function settleVerdict(field: string, verdict: unknown, deadLetters: boolean): Verdict {
  const one = oneOf(field, verdict, VERDICTS);
  if (one !== 'dead-letter' || deadLetters) return one;
  throw invalid(`${field} is 'dead-letter', and nobody takes them: give onDeadLetter`, field, one);
}
