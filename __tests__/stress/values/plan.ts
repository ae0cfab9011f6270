/** What one seed makes a pipeline do. */
import type { Codec, ErrorPolicy, OutputOrder, Schedule } from '../../../lib/index.js';
import { Random } from '../random.js';
import type { Deed, Item, Point } from './deeds.js';
import { SORTS } from './grammar.js';

/** How the pipeline ends: of itself, or by a break while every way of waiting is open. */
export type Ending = 'orderly' | 'close' | 'scheduler' | 'letter';

export interface Plan {
  readonly seed: number;
  readonly schedules: readonly Schedule[];
  readonly codecs: readonly Codec[];
  readonly policy: ErrorPolicy;
  readonly order: OutputOrder;
  readonly attempts: number;
  readonly bytes: number;
  readonly window: number;
  readonly concurrency: number;
  readonly items: readonly Item[];
  /** Threads that are terminated from outside. */
  readonly kills: number;
  readonly ending: Ending;
}

const SCHEDULES = ['parallel', 'ordered', 'atomic', 'sticky'] as const;
const CODECS = ['auto', 'auto', 'structured', 'json'] as const;
const ENDINGS = ['orderly', 'orderly', 'close', 'scheduler', 'letter'] as const;
const POLICIES: readonly ErrorPolicy[] = [
  'drop',
  'dead-letter',
  // oxlint-disable-next-line unicorn/no-thenable -- the name of the option.
  { retries: 1, delayMs: 1, then: 'dead-letter' },
];
const KEYS = 5;
const ITEMS = 120;
/** One item in so many is odd. */
const ODD_ONE_IN = 3;
/** Each ends `attempts` threads, which takes longer than all the rest. */
const LETHAL_MAX = 2;

export function planOf(seed: number): Plan {
  const random = new Random(seed);
  const stages = random.within(1, 3);
  const list = <T>(choices: readonly T[]): T[] =>
    Array.from({ length: stages }, () => random.pick(choices));
  const codecs = list(CODECS);
  let lethal = LETHAL_MAX;
  const items = Array.from({ length: ITEMS }, (_, id): Item => {
    const common = { id, key: random.below(KEYS), waits: random.onceIn(8) ? 1 : 0, at: -1 };
    if (!random.onceIn(ODD_ONE_IN)) return common;
    const deed = deedOf(random, codecs, lethal > 0);
    if (deed.what === 'die' || deed.what === 'hang') lethal--;
    return { ...common, deed };
  });
  const policy = random.pick(POLICIES);
  const ending = random.pick(ENDINGS);
  return {
    seed,
    schedules: list(SCHEDULES),
    codecs,
    policy,
    order: random.pick(['in-order', 'as-completed'] as const),
    attempts: random.within(1, 3),
    bytes: random.pick([64, 256, 2048]),
    window: random.pick([4, 32, 1024]),
    concurrency: random.pick([1, 4, 16]),
    items,
    kills: random.onceIn(3) ? 1 : 0,
    // Without letters nobody can break at one.
    ending: ending === 'letter' && policy === 'drop' ? 'close' : ending,
  };
}

/** @param codecs of the stages. */
export function deedOf(random: Random, codecs: readonly Codec[], mayBeLethal: boolean): Deed {
  const stage = random.below(codecs.length);
  const isLast = stage === codecs.length - 1;
  const common = {
    sort: random.below(SORTS.length),
    seed: random.word(),
    isLater: random.onceIn(3),
    stage,
    isLast,
  };
  const kind = random.below(10);
  if (kind < 6) return { ...common, what: 'return', at: 'call' };
  if (kind < 8) return { ...common, what: 'throw', at: 'call' };
  const points: Point[] = ['call', 'await', 'getter', 'then'];
  if (codecs[stage] === 'json') points.push('toJSON');
  if (!isLast) points.push('key');
  const at = random.pick(points);
  const isLethal = mayBeLethal && random.onceIn(2);
  return { ...common, what: isLethal ? random.pick(['die', 'hang'] as const) : 'fail', at };
}
