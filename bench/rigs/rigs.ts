/** Rigs that a scenario opens one after another and closes whatever happens. */
import type { Run } from '../scenario.js';

export interface Rig {
  run(events: number): Promise<Run> | Run;
  close(): Promise<void>;
}

/** Calls `use` with a function that opens rigs; closes all of them when it is through. */
export async function withRigs<T>(
  use: (
    open: <R extends { close(): Promise<void> }>(rig: R | Promise<R>) => Promise<R>,
  ) => Promise<T>,
): Promise<T> {
  const open: { close(): Promise<void> }[] = [];
  try {
    return await use(async (opening) => {
      const rig = await opening;
      open.push(rig);
      return rig;
    });
  } finally {
    for (const rig of open.toReversed()) await rig.close();
  }
}
