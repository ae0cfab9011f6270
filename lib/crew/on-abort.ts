/**
 * Follows signals with one listener each: Node warns of a leak when a signal has more than ten, and a program may
 * well use one for thousands of calls.
 */
interface Followers {
  readonly callbacks: Set<() => void>;
  readonly listener: () => void;
}

const bySignal = new WeakMap<AbortSignal, Followers>();

/** Calls back once when the signal is aborted; at once if it has been. Returns how to end that. The callback must not
 *  throw. */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  if (signal.aborted) {
    callback();
    return () => {};
  }
  const { callbacks, listener } = bySignal.get(signal) ?? follow(signal);
  // Each call has its own entry, also for a function that is passed twice.
  const entry = (): void => callback();
  callbacks.add(entry);
  return () => {
    if (!callbacks.delete(entry) || callbacks.size > 0) return;
    signal.removeEventListener('abort', listener);
    bySignal.delete(signal);
  };
}

function follow(signal: AbortSignal): Followers {
  const callbacks = new Set<() => void>();
  const listener = (): void => {
    bySignal.delete(signal);
    for (const callback of callbacks) callback();
    callbacks.clear();
  };
  const followers = { callbacks, listener };
  bySignal.set(signal, followers);
  signal.addEventListener('abort', listener, { once: true });
  return followers;
}
