/** A thread that does nothing, with a port or without one, until it is told to go. */
import { parentPort, workerData } from 'node:worker_threads';
import { attachPort } from '../../lib/index.js';
import type { PortAttachment } from '../../lib/index.js';

const attachment = workerData as PortAttachment | null;
const port = attachment === null ? undefined : attachPort(attachment);
parentPort!.once('message', () => port?.detach());
parentPort!.postMessage('ready');
