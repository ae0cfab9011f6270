/**
 * A worker thread's task: load the user's module, attach the port, work until the domain stops.
 *
 * Runs on: a Piscina thread, as the one task that this thread ever has. The user's module is
 * imported here and not by Piscina, so that a module that fails rejects this task.
 */
import { announceSeat } from '../crew/seat.js';
import { attachPort } from '../port/index.js';
import { JobBuffers } from './job-buffers.js';
import type { ParallelFunction, ParallelModule } from './job.js';
import type { SeatTask } from './seat.js';
import { WorkLoop } from './work-loop.js';

export default async function runSeat(task: SeatTask): Promise<void> {
  const parallel = await loadParallel(task.module, task.context);
  const port = attachPort(task.attachment);
  try {
    announceSeat(task.seat);
    const buffers = new JobBuffers(port, task.handles, task.bytes);
    await new WorkLoop(port, parallel, buffers, task.attempts).run();
  } finally {
    port.detach();
  }
}

async function loadParallel(module: string, context: unknown): Promise<ParallelFunction> {
  const loaded = (await import(module)) as ParallelModule;
  const parallel =
    typeof loaded.setup === 'function' ? await loaded.setup(context) : loaded.parallel;
  if (typeof parallel === 'function') return parallel;
  if (typeof loaded.setup === 'function') throw new Error('setup() returned no function');
  throw new Error('the module exports no function named parallel or setup');
}
