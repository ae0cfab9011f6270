/**
 * Lets the process end while a thread of Piscina is at its task.
 *
 * Piscina keeps the process alive by the port that it gave the task to, and has no option for that. What it knows of
 * a thread is behind a symbol of the worker that its events tell of; `unref` there is what Piscina itself calls
 * when a task is over.
 */
export function unrefThread(worker: object): void {
  for (const key of Object.getOwnPropertySymbols(worker)) {
    const known = (worker as Record<symbol, { unref?: () => unknown } | undefined>)[key];
    known?.unref?.();
  }
}
