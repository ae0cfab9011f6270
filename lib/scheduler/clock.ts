/** Milliseconds as a small integer that wraps: times are compared by `(later - earlier) | 0`. */
export function wholeMs(): number {
  return Math.trunc(performance.now()) | 0;
}
