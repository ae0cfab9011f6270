/** What the handlers of the fuzzed stages do: as the item says. Runs in the workers, and as the key of the first
 *  stage in the thread that pushes. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { StageContext } from '../../../lib/index.js';
import { Random } from '../random.js';
import { SORTS } from './grammar.js';

/**
 * - 'return', 'throw': a value of the grammar; with `isLater` a promise that resolves or rejects;
 * - 'die', 'hang', 'fail': the thread ends, does not come back, or user code throws, at the point `at`.
 */
export interface Deed {
  readonly what: 'return' | 'throw' | 'die' | 'hang' | 'fail';
  readonly at: Point;
  readonly sort: number;
  readonly seed: number;
  readonly isLater: boolean;
  /** At which stage, and whether that is the last: there an odd value is the whole result. */
  readonly stage: number;
  readonly isLast: boolean;
}

/**
 * Where user code runs: the handler, before and behind an `await` in it; behind it a getter of its result, `toJSON`
 * with the codec 'json', the result's `then`, the key function of the next stage.
 */
export type Point = 'call' | 'await' | 'getter' | 'toJSON' | 'then' | 'key';

export interface Item {
  readonly id: number;
  readonly key: number;
  readonly deed?: Deed;
  /** Milliseconds that each stage takes. */
  readonly waits: number;
  /** The stage that it has been through. */
  readonly at: number;
  /** What the deed made of it. */
  readonly odd?: unknown;
}

export function handle(item: Item, { stage }: StageContext): unknown {
  const at = Number(stage.slice('stage-'.length));
  const { deed } = item;
  const passed = { ...item, at };
  if (deed === undefined || deed.stage !== at || deed.at === 'key') return pass(passed);
  if (deed.what === 'return' || deed.what === 'throw') return oddly(passed, deed);
  if (deed.at === 'await') return Promise.resolve().then(() => act(deed));
  if (deed.at === 'call') return act(deed);
  return trapped(passed, deed);
}

/** The key function of all stages but the first runs behind the handler of the stage before. */
export function keyOf(item: Item): number {
  const { deed } = item;
  if (deed?.at === 'key' && deed.stage === item.at) act(deed);
  return item.key;
}

export function makeOdd({ sort, seed }: Deed): unknown {
  return SORTS[sort]!.make(new Random(seed));
}

function pass(item: Item): Item | Promise<Item> {
  return item.waits > 0 ? sleep(item.waits, item) : item;
}

/** On its way to another stage the odd value is a property of the item; last, it is the result. */
function oddly(item: Item, deed: Deed): unknown {
  const give = (): unknown => {
    const odd = makeOdd(deed);
    // oxlint-disable-next-line typescript/only-throw-error -- as handlers may.
    if (deed.what === 'throw') throw odd;
    return deed.isLast ? odd : { ...item, odd };
  };
  return deed.isLater ? sleep(1).then(give) : give();
}

function trapped(item: Item, deed: Deed): unknown {
  const { at } = deed;
  if (at === 'getter') {
    return Object.defineProperty({ ...item }, 'odd', { get: () => act(deed), enumerable: true });
  }
  // oxlint-disable-next-line unicorn/no-thenable -- what a handler may return.
  return at === 'then' ? { then: () => act(deed) } : { ...item, toJSON: () => act(deed) };
}

function act({ what }: Deed): never {
  if (what === 'die') process.exit(7);
  if (what === 'hang') for (;;);
  throw new Error('user code fails');
}
