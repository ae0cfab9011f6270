/** Hands out offsets of shared memory, one after the other, so that none is ever written by hand. */
import { LINE_WORDS } from './lines.js';
import { small } from './small.js';

export interface Cursor {
  /** The next whole line; returns its word offset. */
  line(): number;
  /** The next `count` words, beginning on a line; returns their word offset. */
  words(count: number): number;
  /** Words handed out so far, rounded up to a line. */
  readonly used: number;
}

export function cursor(start = 0): Cursor {
  let next = small(start);
  const words = (count: number): number => {
    const at = next;
    next = small(at + Math.ceil(count / LINE_WORDS) * LINE_WORDS);
    return at;
  };
  return {
    words,
    line: () => words(LINE_WORDS),
    get used() {
      return next;
    },
  };
}
