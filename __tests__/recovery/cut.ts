/**
 * A scheduler that can be cut off at any of its stores, as a thread that is killed is.
 *
 * The two memories of a domain are put behind proxies while its scheduler is made. Each store to either
 * counts, plain or atomic; before a chosen one something else may run, and from a chosen one on nothing
 * is stored any more and the scheduler throws.
 */
import { createDomain } from '../../lib/control/create-domain.js';
import type { Domain, SchedulerSeat } from '../../lib/control/index.js';
import { openLedger } from '../../lib/control/ledger/models.js';
import type { Command, DomainPlan, Reply } from '../../lib/eventdev/commands.js';
import { DlbError } from '../../lib/eventdev/errors.js';
import type { DomainSpec } from '../../lib/eventdev/spec.js';
import type { Machine } from '../../lib/scheduler/machine.js';
import { recoverDomain } from '../../lib/scheduler/recovery.js';
import { Scheduler } from '../../lib/scheduler/scheduler.js';

const CUT = new Error('cut off');

/** Counts the stores of a scheduler and acts on some of them. */
export class Knife {
  stores = 0;
  /** The store that is not made, and none after it; none when undefined. */
  cutAt: number | undefined;
  /** What happens before which store. */
  readonly before = new Map<number, () => void>();
  isDead = false;

  /** To be called before each store; throws from the last one on. */
  store(): void {
    if (this.isDead) throw CUT;
    const index = this.stores++;
    this.before.get(index)?.();
    if (index !== this.cutAt) return;
    this.isDead = true;
    throw CUT;
  }
}

const raw = new WeakMap<object, Int32Array>();

function guarded(array: Int32Array, knife: Knife): Int32Array {
  const proxy = new Proxy(array, {
    get(target, key) {
      if (isIndex(key)) return target[key];
      const value: unknown = Reflect.get(target, key, target);
      if (key === 'fill') {
        return (with_: number, from = 0, to = target.length) => {
          for (let i = from; i < to; i++) {
            if (target[i] === with_) continue;
            knife.store();
            target[i] = with_;
          }
        };
      }
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
    set(target, key, value) {
      knife.store();
      if (!isIndex(key)) return Reflect.set(target, key, value, target);
      target[key] = value as number;
      return true;
    },
  });
  raw.set(proxy, array);
  return proxy;
}

/** What a trap is given of an index: its digits. */
function isIndex(key: string | symbol): key is `${number}` & keyof Int32Array {
  return typeof key === 'string' && key <= '9';
}

const STORES = ['store', 'exchange', 'compareExchange', 'add', 'or', 'and', 'sub'] as const;
const [PlainAtomics, PlainArray] = [Atomics, Int32Array];
type AtomicsOf = typeof Atomics;

/** Whose scheduler is at work; null while threads are. */
let atWork: CutRig | null = null;

/** Makes `Atomics` take proxies. */
function guardAtomics(): AtomicsOf {
  const wrapped: Record<string, unknown> = {};
  for (const name of [...STORES, 'load', 'notify', 'wait', 'waitAsync']) {
    const call = PlainAtomics[name as 'store'] as (...args: unknown[]) => unknown;
    const isStore = (STORES as readonly string[]).includes(name);
    wrapped[name] = (array: object, ...rest: unknown[]) => {
      if (atWork === null) return call(array, ...rest);
      if (isStore) atWork.knifeOf(array)?.store();
      return call(raw.get(array) ?? array, ...rest);
    };
  }
  return wrapped as unknown as AtomicsOf;
}

// Once for the file. `Atomics` by its bare name: see jest.environment.js.
// oxlint-disable-next-line no-global-assign
Atomics = guardAtomics();
globalThis.Int32Array = new Proxy(PlainArray, {
  construct(target, args: unknown[], newTarget: Function) {
    const made = Reflect.construct(target, args, newTarget) as Int32Array;
    return args.length > 1 ? made : (atWork?.guard(args[0], made) ?? made);
  },
});

/** A domain whose scheduler runs on this thread and can be cut off. */
export class CutRig implements SchedulerSeat {
  readonly bell = new SharedArrayBuffer(128);
  readonly threaded = true;
  knife = new Knife();
  domain!: Domain;
  #plan!: DomainPlan;
  #scheduler = new Scheduler(false, fail);
  readonly #knives = new WeakMap<object, Knife>();

  static async open(spec: DomainSpec): Promise<CutRig> {
    const rig = new CutRig();
    const ledger = openLedger('host');
    rig.domain = await createDomain(spec, 0, rig, ledger, ledger.device, () => {});
    return rig;
  }

  apply(command: Command): Promise<Reply> {
    if ('plan' in command) this.#plan = command.plan;
    let answer: Reply | null = null;
    this.guarded(() => this.#scheduler.apply(command, (reply) => (answer = reply)));
    // Whatever takes passes is done by passes; an answer that was given counts.
    if (answer !== null) return Promise.resolve(answer);
    return Promise.reject(new DlbError('ERR_DLB_SCHEDULER_FAILED', 'cut off', {}));
  }

  get machine(): Machine {
    return this.#scheduler.domains[0]!.machine;
  }

  /** Returns false once the scheduler is cut off. */
  pass(times = 1): boolean {
    for (let i = 0; i < times && !this.knife.isDead; i++) {
      this.guarded(() => this.#scheduler.pass());
    }
    return !this.knife.isDead;
  }

  knifeOf(proxy: object): Knife | undefined {
    return this.#knives.get(proxy);
  }

  /** Puts an array over one of the domain's memories behind a proxy; others stay as they are. */
  guard(memory: unknown, array: Int32Array): Int32Array {
    if (memory !== this.#plan.memory && memory !== this.#plan.schedulerMemory) return array;
    const proxy = guarded(array, this.knife);
    this.#knives.set(proxy, this.knife);
    return proxy;
  }

  /** Runs as the scheduler's thread. */
  guarded(work: () => void): void {
    // oxlint-disable-next-line typescript/no-this-alias
    atWork = this;
    try {
      work();
    } catch (error) {
      if (error !== CUT) throw error;
    } finally {
      atWork = null;
    }
  }

  /** Takes out what is inside, four words per event, and begins again with another scheduler. */
  recover(): Int32Array {
    const reason = new DlbError('ERR_DLB_SCHEDULER_FAILED', 'cut off', {});
    const recovered = this.domain.recover(reason, recoverDomain);
    this.knife = new Knife();
    this.#scheduler = new Scheduler(false, fail);
    if (recovered.command !== null) void this.apply(recovered.command);
    recovered.done();
    return recovered.flushed;
  }
}

/** Once it is cut off, a scheduler that gives its domain up stores nothing either. */
function fail(_domain: number, why: string): void {
  if (why !== CUT.message) throw new Error(why);
}
