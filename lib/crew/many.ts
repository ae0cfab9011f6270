/** What several results are known by, also to another copy of this package. They are what a handler returns, and no
 *  part of a value. */
export const MANY = Symbol.for('softdlb.many');

/** What it is called where it is refused. */
export const MANY_NAME = 'many(), which only a handler itself returns';

export function isMany(value: unknown): boolean {
  return typeof value === 'object' && value !== null && MANY in value;
}
