/**
 * How a test takes an ordering edge away: one operation of `#words` on one word does less than it
 * should, or does it at another moment. Whoever relies on it then goes wrong in some schedule.
 */
import { currentRun, unordered } from '../../lib/explore/index.js';
import type { ExploreError, Finding } from '../../lib/explore/index.js';
import { labelOf } from './labels.js';

export type Op =
  | 'publish'
  | 'observe'
  | 'swapIf'
  | 'swap'
  | 'addTo'
  | 'setBits'
  | 'clearBits'
  | 'wake';

/** An operation on the words of a name, whatever port they are of: `CQ_TAIL`. */
export interface Target {
  readonly op: Op;
  readonly word: string;
}

/**
 * unordered: the value changes hands, and nothing else becomes visible
 * dropped: not done at all; says that the word was 0
 * blind: a compare and swap that does not compare
 * late: done only after the `than` that follows in the same thread
 * early: an observe that shows what the word was before the `than` that went ahead of it
 */
export type Weakening = Target & {
  /** Only this one of the run's calls, counted from 1. */
  readonly nth?: number;
} & (
    | { readonly how: 'unordered' | 'dropped' | 'blind' }
    | { readonly how: 'late' | 'early'; readonly than: Target }
  );

/** What a run of a thread has put off, or seen before its time. */
interface Held {
  /** Calls that the weakening is about. */
  calls: number;
  /** A late operation that is due. */
  due: (() => void) | null;
  /** What was seen early. */
  readonly seen: Map<number, number>;
}

let weakening: Weakening | null = null;
/** By run: threads are run again from their start for every step. */
let held = new WeakMap<object, Held>();

/** Runs `body` with an edge taken away. */
export function weakened<T>(by: Weakening, body: () => T): T {
  weakening = by;
  held = new WeakMap();
  try {
    return body();
  } finally {
    weakening = null;
  }
}

export interface Call {
  readonly op: Op;
  readonly words: Int32Array;
  readonly at: number;
  /** What it returns if all goes well: for an operation that is put off. */
  readonly expected: number;
  readonly perform: () => number;
  /** Does it without looking at what is there. */
  readonly force?: () => void;
  readonly look: (at: number) => number;
}

/** Performs an operation of `#words`, as it is or weakened. */
export function carryOut(call: Call): number {
  const run = currentRun();
  if (weakening === null || run === null) return call.perform();
  const label = labelOf(call.words, call.at);
  if (label === undefined) return call.perform();
  const mine = heldBy(run);
  const isIt = matches(weakening, call.op, label) && isNth(weakening, mine);
  if ('than' in weakening && matches(weakening.than, call.op, label)) {
    return weakening.how === 'late' ? doDue(call, mine) : lookEarly(call, weakening, mine);
  }
  return isIt ? doLess(call, weakening, mine) : call.perform();
}

function doLess(call: Call, by: Weakening, mine: Held): number {
  if (by.how === 'unordered') return unordered(call.perform);
  if (by.how === 'dropped') return 0;
  if (by.how === 'blind') call.force!();
  if (by.how === 'late') mine.due = call.perform;
  if (by.how !== 'early') return call.expected;
  const seen = mine.seen.get(call.at);
  mine.seen.delete(call.at);
  return seen ?? call.perform();
}

/** Now the late operation is done, after this one. */
function doDue(call: Call, mine: Held): number {
  const result = call.perform();
  const { due } = mine;
  mine.due = null;
  due?.();
  return result;
}

/** Sees the word before this operation: the one of the same port, or those of all. */
function lookEarly(call: Call, by: Weakening, mine: Held): number {
  const label = labelOf(call.words, call.at)!;
  const port = /^port\d+\./.exec(label)?.[0] ?? '';
  for (let at = 0; at < call.words.length; at++) {
    const other = labelOf(call.words, at)!;
    if (!isNamed(other, by.word)) continue;
    if (!/^port\d/.test(other) || other.startsWith(port)) mine.seen.set(at, call.look(at));
  }
  return call.perform();
}

function heldBy(run: object): Held {
  let mine = held.get(run);
  if (mine === undefined) held.set(run, (mine = { calls: 0, due: null, seen: new Map() }));
  return mine;
}

function isNth({ nth }: Weakening, mine: Held): boolean {
  mine.calls++;
  return nth === undefined || nth === mine.calls;
}

function matches(target: Target, op: Op, label: string): boolean {
  return target.op === op && isNamed(label, target.word);
}

function isNamed(label: string, word: string): boolean {
  const name = label.replace(/\[\d+\]$/, '');
  return name === word || name.endsWith(`.${word}`);
}

/** Takes an edge away by doing `op` on `word` only after `thanOp` on `thanWord`. */
export function late(op: Op, word: string, thanOp: Op, thanWord: string): Weakening {
  return { op, word, how: 'late', than: { op: thanOp, word: thanWord } };
}

/** Takes an edge away by observing `word` before `thanOp` on `thanWord`. */
export function early(word: string, thanOp: Op, thanWord: string): Weakening {
  return { op: 'observe', word, how: 'early', than: { op: thanOp, word: thanWord } };
}

/** What an exploration finds without the edge; undefined if it does not miss it. */
export function findsWithout(by: Weakening, run: () => unknown): Finding | undefined {
  try {
    weakened(by, run);
    return undefined;
  } catch (error) {
    return (error as ExploreError).finding;
  }
}
