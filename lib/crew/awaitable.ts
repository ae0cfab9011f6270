/**
 * What `await` would wait for.
 *
 * `await` itself does the waiting: it calls `then` in a microtask, takes the first answer, and unwraps. Here it
 * is only found out whether there is anything to wait for, with the one look at `then` that is allowed.
 */

/** Before a user's code may have put something else in its place. */
const NativePromise = Promise;

/** Something to `await` in the place of `value`; undefined when `value` is the result itself.
 *  @throws what a getter of `then` or the trap of a proxy throws. */
export function awaitable(value: unknown): PromiseLike<unknown> | undefined {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function'))
    return undefined;
  // `await` looks at these itself, if at all.
  if (value instanceof NativePromise) return value;
  const { then } = value as { then?: unknown };
  if (typeof then !== 'function') return undefined;
  // oxlint-disable-next-line unicorn/no-thenable -- stands in for the value, whose `then` has been looked at.
  return { then: (...answers: unknown[]) => Reflect.apply(then, value, answers) };
}

/** For a promise where none is waited for: its rejection is nobody's, and must not end the thread. */
export function disregard(value: unknown): void {
  const wait = async (): Promise<unknown> => await awaitable(value);
  wait().catch(() => {});
}
