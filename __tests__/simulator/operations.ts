/** Operations as plain data: what they mean follows from their own seed and the state of the world,
 *  so that any part of a sequence is a sequence again. */
import type { Random } from './random.js';

const KINDS = [
  'enqueue',
  'complete',
  'mixed',
  'fragment',
  'dequeue',
  'release',
  'pass',
  'sweep',
  'shortPass',
  'link',
  'unlink',
  'detach',
  'attach',
  'reclaim',
  'restart',
  'stop',
  'drain',
  'start',
  'clock',
  'statistics',
  'resetStats',
  'stall',
  'working',
  'hold',
  'profile',
  'quiesce',
  'attributes',
  'buffers',
  'insist',
  'die',
  'interrupt',
  'haunt',
  'misuse',
  'wait',
  'fsck',
] as const;
export type Kind = (typeof KINDS)[number];

export interface Operation {
  readonly kind: Kind;
  readonly seed: number;
  /** How many events, or how much else. */
  readonly size: number;
}

/** How often each kind is drawn, in relation to each other. */
export type Weights = Readonly<Record<Kind, number>>;

const USUAL: Weights = {
  enqueue: 220,
  complete: 200,
  mixed: 30,
  fragment: 60,
  dequeue: 220,
  release: 50,
  pass: 200,
  sweep: 5,
  shortPass: 10,
  link: 6,
  unlink: 6,
  detach: 6,
  attach: 30,
  reclaim: 6,
  restart: 2,
  stop: 2,
  drain: 2,
  start: 20,
  clock: 2,
  statistics: 12,
  resetStats: 2,
  stall: 6,
  working: 20,
  hold: 8,
  profile: 8,
  quiesce: 4,
  attributes: 3,
  buffers: 20,
  insist: 2,
  die: 0,
  interrupt: 0,
  haunt: 2,
  misuse: 4,
  wait: 0,
  fsck: 4,
};

/** Kinds without which nothing happens at all. */
const NEEDED = new Set<Kind>(['enqueue', 'dequeue', 'pass', 'attach', 'start', 'complete']);

/** What an episode is made of: kinds are left out or come often, so that runs differ. */
export function makeWeights(random: Random, mortal: boolean): Weights {
  const weights: Record<Kind, number> = { ...USUAL };
  if (mortal) Object.assign(weights, { die: 30, interrupt: 80, wait: 16, attach: 60 });
  for (const kind of KINDS) {
    if (random.oneIn(5) && !NEEDED.has(kind)) weights[kind] = 0;
    else if (random.oneIn(10)) weights[kind] *= 4;
  }
  return weights;
}

export function makeOperations(random: Random, weights: Weights, count: number): Operation[] {
  const total = KINDS.reduce((sum, kind) => sum + weights[kind], 0);
  return Array.from({ length: count }, () => {
    let left = random.below(total);
    const kind = KINDS.find((each) => (left -= weights[each]) < 0)!;
    return { kind, seed: random.next(), size: 1 + random.small(16) };
  });
}
