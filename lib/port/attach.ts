/** Taking a port for this thread. */
import { threadId } from 'node:worker_threads';
import { DlbError } from '../eventdev/errors.js';
import { ringDoorbell } from '../idle/doorbell.js';
import type { PortAttachment } from '../memory/attachment.js';
import { viewDomain } from '../memory/attachment.js';
import { PORT } from '../memory/layout.js';
import { observe, publish, swapIf } from '#words';
import { leaveNews } from './news.js';
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
  const me = threadId + 1;
  const owner = swapIf(words, at + PORT.OWNER, 0, me);
  if (owner !== 0) throw inUse(attachment.portId, owner);
  const left = observe(words, at + PORT.DETACHED);
  const generation = nextGeneration(words, at + PORT.GENERATION);
  // Reclaimed in between, the port may have gone to another thread, under a generation of its own.
  const still = observe(words, at + PORT.OWNER);
  if (still !== me) {
    // Nobody has this generation: the scheduler shall not take it for the owner's. A mark that came
    // since is of a later one, and says more.
    swapIf(words, at + PORT.DETACHED, left, generation);
    leaveNews(words, at);
    ringDoorbell(words, new Int32Array(attachment.bell), attachment.portId);
    throw inUse(attachment.portId, still);
  }
  words[at + PORT.WORKING] = 0;
  words[at + PORT.WISH] = 0;
  // A thread that died while it slept has left this.
  if (words[at + PORT.SLEEPING] !== 0) publish(words, at + PORT.SLEEPING, 0);
  const near = attachment.schedulerThread === threadId;
  const port = new Port(attachment, view, me, generation, near);
  // The scheduler gives the port its events back when it sees the new generation.
  leaveNews(words, at);
  ringDoorbell(words, new Int32Array(attachment.bell), attachment.portId);
  return port;
}

/** A generation that no other thread has. */
function nextGeneration(words: Int32Array, at: number): number {
  let seen = observe(words, at);
  for (;;) {
    const found = swapIf(words, at, seen, (seen + 1) | 0);
    if (found === seen) return (seen + 1) | 0;
    seen = found;
  }
}

function inUse(portId: number, owner: number): DlbError {
  return new DlbError('ERR_DLB_PORT_IN_USE', 'the port is attached already', {
    field: 'portId',
    portId,
    ownerThread: owner - 1,
  });
}
