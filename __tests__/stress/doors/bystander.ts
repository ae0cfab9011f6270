/** A thread that does nothing: whatever keeps it from its turn is the machine. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parentPort } from 'node:worker_threads';

const turns = monitorEventLoopDelay({ resolution: 2 });
turns.enable();
parentPort!.once('message', () => parentPort!.postMessage(turns.max / 1e6));
parentPort!.postMessage('ready');
