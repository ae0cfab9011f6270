/**
 * A worker thread's task: load the user's module, attach the port, work until the domain stops.
 *
 * Runs on: a Piscina thread, as the one task that this thread ever has. The user's module is
 * imported here and not by Piscina, so that a module that fails rejects this task.
 */
import { announceSeat, atSeat } from '../crew/seat.js';
import { attachPort } from '../port/index.js';
import { startBeating } from './beats.js';
import { ConcurrentLoop } from './concurrent-loop.js';
import { JobBuffers } from './job-buffers.js';
import { JobRunner } from './job-runner.js';
import { loadModule } from './load-module.js';
import type { SeatTask } from './seat.js';
import { WorkLoop } from './work-loop.js';

export default function runSeat(task: SeatTask): Promise<void> {
  return atSeat(async () => {
    const runner = new JobRunner(await loadModule(task.module, task.context), task);
    const port = attachPort(task.attachment);
    const buffers = new JobBuffers(port, task.handles, task.bytes);
    if (task.timeoutMs !== undefined) startBeating(task.beats, task.seat, task.timeoutMs);
    announceSeat(task.seat);
    // When this fails the crew ends the thread, and what the port holds is scheduled again.
    if (task.concurrency === 1) await new WorkLoop(port, runner, buffers).run();
    else await new ConcurrentLoop(port, runner, buffers, task.concurrency).run();
    port.detach();
  });
}
