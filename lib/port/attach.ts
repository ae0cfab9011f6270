/** Taking a port for this thread. */
import { threadId } from 'node:worker_threads';
import { DlbError } from '../eventdev/errors.js';
import { ringDoorbell } from '../idle/doorbell.js';
import type { PortAttachment } from '../memory/attachment.js';
import { viewDomain } from '../memory/attachment.js';
import { PORT } from '../memory/layout.js';
import { observe, publish, swapIf } from '#words';
import { Port } from './port.js';

/**
 * Attaches this thread to a port, before or after the domain starts. One thread has a port at a
 * time; after a `detach` the next may attach at once.
 * @throws DlbError ERR_DLB_ATTACHMENT_INVALID: not an attachment of this build;
 *                  ERR_DLB_PORT_IN_USE: attached already.
 */
export function attachPort(attachment: PortAttachment): Port {
  const view = viewDomain(attachment);
  const { words } = view;
  const at = view.layout.ports[attachment.portId]!.at;
  const owner = swapIf(words, at + PORT.OWNER, 0, threadId + 1);
  if (owner !== 0) {
    throw new DlbError('ERR_DLB_PORT_IN_USE', 'the port is attached already', {
      field: 'portId',
      portId: attachment.portId,
      ownerThread: owner - 1,
    });
  }
  const generation = (observe(words, at + PORT.GENERATION) + 1) | 0;
  publish(words, at + PORT.GENERATION, generation);
  words[at + PORT.WORKING] = 0;
  words[at + PORT.WISH] = 0;
  const port = new Port(attachment, view, generation);
  // The scheduler gives the port its events back when it sees the new generation.
  ringDoorbell(words, new Int32Array(attachment.bell), attachment.portId);
  return port;
}
