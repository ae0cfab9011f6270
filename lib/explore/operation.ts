/**
 * The steps that threads take: each is one access that the schedule can put another before.
 *
 * `peek` and `poke` are plain accesses to words that were declared as hints; all others are what
 * JavaScript's atomic operations do.
 */
export const KINDS = [
  'load',
  'store',
  'add',
  'and',
  'or',
  'xor',
  'exchange',
  'compareExchange',
  'wait',
  'notify',
  'peek',
  'poke',
  'read',
  'write',
] as const;
export type Kind = (typeof KINDS)[number];

export interface Operation {
  readonly kind: Kind;
  /** The word, counted through all shared memory. */
  readonly at: number;
  /** Operand: the value stored, added, waited on; for `notify` how many. */
  readonly value: number;
  /** For compareExchange. */
  readonly expected: number;
  /** False: carries no order between threads, see `unordered`. */
  readonly ordered: boolean;
  /** Reads and writes the element itself. */
  readonly element: Element;
}

/** One element of a typed array. */
export interface Element {
  get(): number;
  set(value: number): void;
  /** 32-bit words that it takes. */
  readonly width: number;
}

/** Whether the order of two steps of different threads can make a difference. */
export function dependent(a: Operation, b: Operation): boolean {
  const apart = a.at + a.element.width <= b.at || b.at + b.element.width <= a.at;
  return !apart && conflict(a.kind, b.kind);
}

/** What a step does to a word: reads it, writes it, joins or wakes its waiters. */
function roleOf(kind: Kind): 'reads' | 'writes' | 'waits' | 'wakes' {
  if (kind === 'load' || kind === 'peek' || kind === 'read') return 'reads';
  if (kind === 'wait') return 'waits';
  return kind === 'notify' ? 'wakes' : 'writes';
}

function conflict(a: Kind, b: Kind): boolean {
  const one = roleOf(a);
  const other = roleOf(b);
  // Who parks first is woken first; who notifies first wakes.
  if (one === 'reads' || other === 'reads') return one === 'writes' || other === 'writes';
  return one === other || one === 'waits' || other === 'waits';
}

/** The value that an operation leaves in a word that was `old`; `old` itself if it writes none. */
export function resultOf(kind: Kind, old: number, value: number, expected: number): number {
  switch (kind) {
    case 'store':
    case 'exchange':
    case 'poke':
      return value;
    case 'add':
      return old + value;
    case 'and':
      return old & value;
    case 'or':
      return old | value;
    case 'xor':
      return old ^ value;
    case 'compareExchange':
      return old === expected ? value : old;
    default:
      return old;
  }
}

/** Whether an operation on a word that was `old` writes it. A failed compareExchange does not. */
export function writesTo(kind: Kind, old: number, expected: number): boolean {
  if (kind === 'compareExchange') return old === expected;
  return !['load', 'wait', 'notify', 'peek', 'read'].includes(kind);
}
