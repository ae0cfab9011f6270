/** The stage of the round trips: sends every event on to queue 1; or every message back. */
import { parentPort, workerData } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import { EventBurst, attachPort } from '../../lib/index.js';
import type { PortAttachment } from '../../lib/index.js';

export interface EchoData {
  /** What it answers on: a device's port, or messages if it is left out. */
  readonly attachment?: PortAttachment;
}

const BURST = 32;
/** Longer than any pause of the main thread; the domain's end wakes it. */
const WAIT_MS = 1000;

function echoEvents(attachment: PortAttachment): void {
  const port = attachPort(attachment);
  const burst = new EventBurst(BURST);
  while (port.state !== 'closed') {
    const count = port.dequeueBurst(burst, BURST, WAIT_MS);
    for (let i = 0; i < count; i++) burst.setQueueId(i, 1);
    if (count > 0) port.enqueueBurst(burst);
  }
}

function echoMessages(main: MessagePort): void {
  main.on('message', (n: number | null) => {
    if (n === null) main.close();
    else main.postMessage(n);
  });
}

const { attachment } = workerData as EchoData;
parentPort!.postMessage('ready');
if (attachment === undefined) echoMessages(parentPort!);
else echoEvents(attachment);
