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

export function die(way: string): unknown {
  return WAYS[way]!();
}
