/** The ways in which a thread may die. */

const WAYS: Record<string, () => unknown> = {
  lives: () => 'lives',
  throws: () => {
    setTimeout(() => {
      throw Object.assign(new TypeError('uncaught'), { code: 'E_OWN' });
    });
    return new Promise(() => {});
  },
  rejects: () => {
    void Promise.reject(new RangeError('unhandled'));
    return new Promise(() => {});
  },
  exits: () => process.exit(7),
  hogs: () => {
    const hoard: number[][] = [];
    for (;;) hoard.push(Array.from({ length: 4096 }, (_, i) => i + hoard.length + 0.5));
  },
  hangs: () => {
    for (;;);
  },
  'never settles': () => new Promise(() => {}),
};

const TIMED = new Set(['hangs', 'never settles']);

export function die(way: string): unknown {
  return TIMED.has(way) ? way : WAYS[way]!();
}

/** Those that only a time limit ends. */
export function hang(way: unknown): unknown {
  return TIMED.has(way as string) ? WAYS[way as string]!() : way;
}
