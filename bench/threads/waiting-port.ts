/** Waits on a port in one of the two ways that there are, reports the first event and ends. */
import { parentPort, workerData } from 'node:worker_threads';
import { EventBurst, attachPort } from '../../lib/index.js';
import type { PortAttachment } from '../../lib/index.js';

export interface WaitingPortData {
  readonly attachment: PortAttachment;
  readonly way: 'blocking' | 'ready';
}

/** Longer than any scenario: nobody wakes up for the limit's sake. */
const WAIT_MS = 60_000;

const { attachment, way } = workerData as WaitingPortData;
const port = attachPort(attachment);
const burst = new EventBurst(1);

async function firstEvent(): Promise<number> {
  // The domain starts when both threads are here; before that no wait lasts.
  while (port.state === 'configured') await new Promise((resume) => setTimeout(resume, 1));
  if (way === 'ready') await port.ready();
  const count = port.dequeueBurst(burst, 1, way === 'blocking' ? WAIT_MS : 0);
  return count === 1 ? burst.payload(0) : -1;
}

parentPort!.postMessage('attached');
parentPort!.postMessage(await firstEvent());
port.detach();
