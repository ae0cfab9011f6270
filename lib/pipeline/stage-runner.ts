/** One stage in one worker: its functions, and the calls in flight. */
import { invalid } from '../crew/checks.js';
import { awaitable, disregard } from '../crew/awaitable.js';
import { UserModule } from '../crew/user-module.js';
import type { UserFunction } from '../crew/user-module.js';
import { callerOf, ITEMS_MAX } from './cell.js';
import { ArrayContext } from './array-context.js';
import { CallContext } from './call-context.js';
import type { ContextHost } from './call-context.js';
import { DlbError } from '../eventdev/errors.js';
import type { FlowKey, SetupContext, UntypedHandler } from './contract.js';
import { flowOf } from './flow.js';
import type { Held } from './held.js';
import { isGrouped, isKeyed, queuesOf, serves } from './plan.js';
import type { StageSettings } from './stage-settings.js';

/** What a call is thought to take before there was one. */
const MEAN_MS = 0.05;
/** Work in one pack: dozens of wake-ups' worth, and little enough to wait for. */
const PACK_MS = 0.5;
/** Packs whose calls a worker has at once where they return promises. */
const PACKS_AT_ONCE = 4;
/** Weight of the newest in the running mean, and how much more than that it counts at most. */
const MEAN_WEIGHT = 1 / 16;
const SAMPLE_MAX = 4;
const SAMPLE_MS = 0.02;

export interface StageHost extends ContextHost {
  readonly firstQueues: readonly number[];
  /** Number of this thread. */
  readonly thread: number;
}

export class StageRunner {
  readonly index: number;
  readonly settings: StageSettings;
  readonly handler: UntypedHandler;
  /** Beside the marks of its calls. */
  readonly caller: number;
  /** Items of one flow one at a time. */
  readonly isKeyed: boolean;
  /** Packs for it hold items of one group of flows. */
  readonly isGrouped: boolean;
  /** Its handler takes arrays ... */
  readonly takesArrays: boolean;
  /** ... of so many items at most; 1 without. */
  readonly batch: number;
  /** Where its results go; undefined: out. */
  next: StageRunner | undefined;
  /** Calls whose promises are pending. */
  running = 0;
  /** How long a call has the thread, in milliseconds: a running mean. */
  mean = MEAN_MS;
  /** Items of a pack for it at most, by what its workers wish. */
  packMax: number;
  /** Calls return promises. */
  isAsync = false;
  /** Told how many items a pack should have. */
  onWish: (items: number) => void = () => {};
  #wish = 0;
  /** Items that wait for one of those to end, oldest first. */
  readonly backlog: Held[] = [];
  readonly #key: ((item: unknown) => FlowKey) | undefined;
  readonly #retryIf: UserFunction | undefined;
  readonly #host: ContextHost;
  #context: CallContext;

  readonly #firstQueue: number;
  readonly #queues: number;

  constructor(index: number, settings: StageSettings, functions: StageFunctions, host: StageHost) {
    this.index = index;
    this.#firstQueue = host.firstQueues[index]!;
    this.#queues = queuesOf(settings);
    this.settings = settings;
    this.handler = functions.handler;
    this.caller = callerOf(host.thread, index);
    this.isKeyed = isKeyed(settings);
    this.isGrouped = isGrouped(settings);
    this.#key = functions.key;
    this.#retryIf = functions.retryIf;
    this.#host = host;
    this.takesArrays = settings.batch > 0;
    this.batch = this.packMax = Math.max(1, settings.batch);
    this.#context = this.#newContext();
  }

  /** Some calls had the thread for so long, each. */
  note(ms: number): void {
    // One that takes long, or that the thread was not running in, says little of the next.
    const counted = Math.max(this.mean * SAMPLE_MAX, SAMPLE_MS);
    this.mean += (Math.min(ms, counted) - this.mean) * MEAN_WEIGHT;
    const { concurrency } = this.settings;
    // What waits is to be spread over the workers.
    const fair = this.isAsync ? Math.ceil(concurrency / PACKS_AT_ONCE) * this.batch : ITEMS_MAX;
    const most = Math.min(fair, ITEMS_MAX, Math.floor(PACK_MS / this.mean));
    const wish = Math.max(this.batch, most);
    if (wish === this.#wish) return;
    this.#wish = wish;
    this.onWish(wish);
  }

  /** Items of a pack for the next stage at most; of the last one, for itself: what goes back has no other. */
  get nextMax(): number {
    return (this.next ?? this).packMax;
  }

  /** Queue for an item of this flow. */
  queueFor(flow: number): number {
    return this.#queues === 1 ? this.#firstQueue : this.#firstQueue + (flow % this.#queues);
  }

  /** Since when it has had no place for another call; Infinity: it has one. */
  fullSince = Infinity;

  get hasRoom(): boolean {
    return this.running < this.settings.concurrency;
  }

  /** The context of the next call; the same one until a call takes it along. */
  get context(): CallContext {
    return this.#context;
  }

  /** A call goes on: it keeps its context, and the next call gets another. */
  leaveContext(): CallContext {
    this.isAsync = true;
    const left = this.#context;
    this.#context = this.#newContext();
    return left;
  }

  #newContext(): CallContext {
    const Context = this.takesArrays ? ArrayContext : CallContext;
    return new Context(this.settings.name, this.#host);
  }

  /** Flow of an item that comes to this stage; -1: as it was. @throws whatever the key function throws. */
  flowFor(item: unknown): number {
    return this.#key === undefined ? -1 : flowOf(this.#key(item));
  }

  /** Whether an item that failed with this error may be tried again. @throws what `retryIf` throws. */
  mayRetry(error: unknown): boolean {
    if (this.#retryIf === undefined) return true;
    const answer = this.#retryIf(error as never);
    if (awaitable(answer) === undefined) return Boolean(answer);
    disregard(answer);
    throw new TypeError('it returned a promise, and is not waited for');
  }
}

export interface StageFunctions {
  readonly handler: UntypedHandler;
  readonly retryIf?: UserFunction | undefined;
  readonly key: ((item: unknown) => FlowKey) | undefined;
  readonly teardown: (() => unknown) | undefined;
}

/**
 * Imports a stage's module and sets it up, if this seat serves it; for one that it does not serve, only the
 * key function, which whoever sends items there needs.
 * @throws whatever the module throws; DlbError ERR_DLB_INVALID_ARGUMENT for an export that is missing.
 */
export async function loadStage(
  settings: StageSettings,
  seat: number,
  seats: number,
): Promise<StageFunctions> {
  const { module, handler, flowExport, name, context, retryIf } = settings;
  const key = flowExport === undefined ? undefined : await loadKey(settings, flowExport);
  if (!serves(settings, seat, seats)) return { handler: notServed, key, teardown: undefined };
  const loaded = await UserModule.load(module);
  const functions = {
    handler: exported(loaded, settings, 'handler', handler) as UntypedHandler,
    key,
    retryIf: retryIf === undefined ? undefined : exported(loaded, settings, 'retryIf', retryIf),
  };
  const setupContext = { stage: name, worker: seat, context };
  const setup = loaded.find('setup', handler) as SetupFunction | undefined;
  const teardown = loaded.find('teardown', handler) as SetupFunction | undefined;
  await setup?.(setupContext);
  return { ...functions, teardown: teardown && (() => teardown(setupContext)) };
}

type SetupFunction = (context: SetupContext) => unknown;

function notServed(): never {
  throw new DlbError(
    'ERR_DLB_INTERNAL_ERROR',
    'an item came to a worker that does not serve its stage',
  );
}

/** Also for the main thread, which makes the keys of the first stage. */
export async function loadKey(
  stage: StageSettings,
  name: string,
): Promise<(item: unknown) => FlowKey> {
  const loaded = await UserModule.load(stage.module);
  return exported(loaded, stage, 'flow', name) as (item: unknown) => FlowKey;
}

/** @param option the option of the stage that names the function. */
function exported(
  loaded: UserModule,
  { module, name: stage }: StageSettings,
  option: string,
  name: string,
): UserFunction {
  const found = loaded.find(name);
  if (found !== undefined) return found;
  throw invalid('the module has no such function', option, name, { stage, module });
}
