/** A process that does nothing: whatever keeps it from its turn is the machine. */
import { monitorEventLoopDelay } from 'node:perf_hooks';

const turns = monitorEventLoopDelay({ resolution: 2 });
turns.enable();
process.once('message', () => process.send!(turns.max / 1e6, () => process.disconnect()));
process.send!('ready');
