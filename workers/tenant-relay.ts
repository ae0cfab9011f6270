/** The thread of a tenant's relay: what the tenant sends is read and checked here, not by its controller. */
import { parentPort } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import { runRelay } from '../lib/control/virtual/relay.js';

// By message: a port that is closed already says so at once, when nobody may listen yet.
parentPort!.once('message', (ports: { tenant: MessagePort; controller: MessagePort }) => {
  runRelay(ports.tenant, ports.controller);
});
