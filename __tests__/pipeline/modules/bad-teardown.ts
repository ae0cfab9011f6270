/** Its teardown fails. */
export function teardown(): never {
  throw new Error('teardown refused');
}
export default function echo(item: unknown): unknown {
  return item;
}
