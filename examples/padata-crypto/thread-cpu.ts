/** CPU time of the main thread, which Node 20 cannot tell: there the system is asked. */
import { readFileSync } from 'node:fs';

type ThreadCpuUsage = (this: typeof process) => NodeJS.CpuUsage;

/** Microseconds since the thread began; undefined where nobody knows. Call it on the main thread. */
export function threadCpuMicros(): number | undefined {
  const { threadCpuUsage } = process as { threadCpuUsage?: ThreadCpuUsage };
  if (threadCpuUsage !== undefined) {
    const { user, system } = threadCpuUsage.call(process);
    return user + system;
  }
  return process.platform === 'linux' ? fromSchedulerStatistics() : undefined;
}

/** The first number of `schedstat` is time on a CPU, in nanoseconds. The main thread's id is the
 *  process id. */
function fromSchedulerStatistics(): number | undefined {
  try {
    const text = readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'latin1');
    const nanoseconds = Number.parseInt(text, 10);
    return Number.isNaN(nanoseconds) ? undefined : nanoseconds / 1000;
  } catch {
    return undefined;
  }
}
