/** A Piscina task that does nothing but answer. */
export default function noOp(n: number): number {
  return n;
}
