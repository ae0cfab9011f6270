/** Ctrl-C and its kin: the first asks for an orderly end, the second gets one at once. */
import { constants } from 'node:os';
import { Interrupted, tellEnd } from './failure.js';

/** How long an orderly end may take: a read from a silent pipe would hold it up for ever. */
const PATIENCE_MS = 2000;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface Interrupt {
  /** Aborted with an `Interrupted`. */
  readonly signal: AbortSignal;
  dispose(): void;
}

export function onInterrupt(): Interrupt {
  const controller = new AbortController();
  const handle = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted) endNow(name);
    setTimeout(() => endNow(name), PATIENCE_MS).unref();
    controller.abort(new Interrupted(name, constants.signals[name]));
  };
  for (const name of SIGNALS) process.on(name, handle);
  return {
    signal: controller.signal,
    dispose: () => {
      for (const name of SIGNALS) process.off(name, handle);
    },
  };
}

const leftovers = new Set<() => void>();
process.on('exit', removeLeftovers);

/** Has `remove` called, synchronously, if the process ends before the function returned is called. */
export function untilSettled(remove: () => void): () => void {
  leftovers.add(remove);
  return () => leftovers.delete(remove);
}

function removeLeftovers(): void {
  for (const remove of leftovers) remove();
  leftovers.clear();
}

/** By the signal itself: `process.exit` would wait for a thread that is stuck in a read. */
function endNow(name: NodeJS.Signals): void {
  removeLeftovers();
  tellEnd(`stopped by ${name}`);
  for (const each of SIGNALS) process.removeAllListeners(each);
  process.kill(process.pid, name);
}
