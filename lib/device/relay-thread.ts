/**
 * The thread between a tenant and its controller, see lib/control/virtual/relay.ts. It starts when the handle is first
 * asked for: a share that nobody is given costs none.
 */
import { MessageChannel, Worker } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import type { TenantChannel } from '../control/index.js';

const ENTRY = new URL('../../workers/tenant-relay.js', import.meta.url);
/** What the tenant is told last goes out in that time. */
const PATIENCE_MS = 1000;
/** A heap that is full while a message is read ends the process: so memory itself is the limit, and whoever can send that
 *  much has had it before. */
const LIMITS = { maxOldGenerationSizeMb: 1 << 17, maxYoungGenerationSizeMb: 8 };

export class RelayThread implements TenantChannel {
  readonly ours: MessagePort;
  readonly theirs: MessagePort;
  #ports: { tenant: MessagePort; controller: MessagePort } | null;
  #worker: Worker | null = null;
  #exited: Promise<void> = Promise.resolve();

  constructor() {
    const inner = new MessageChannel();
    const outer = new MessageChannel();
    this.ours = inner.port1;
    this.theirs = outer.port2;
    this.#ports = { tenant: outer.port1, controller: inner.port2 };
  }

  serve(): void {
    if (this.#ports === null) return;
    const { tenant, controller } = this.#ports;
    this.#ports = null;
    const worker = new Worker(ENTRY, {
      name: 'softdlb-tenant-relay',
      execArgv: [],
      resourceLimits: LIMITS,
    });
    // Its ports close with it: that is what tells.
    worker.on('error', () => {});
    this.#exited = new Promise((resolve) => worker.once('exit', () => resolve()));
    worker.postMessage({ tenant, controller }, [tenant, controller]);
    worker.unref();
    this.#worker = worker;
  }

  async close(now: boolean): Promise<void> {
    this.ours.close();
    this.#ports?.tenant.close();
    this.#ports?.controller.close();
    this.#ports = null;
    if (this.#worker === null) return;
    this.#worker.ref();
    const end = (): void => void this.#worker?.terminate();
    const timer = setTimeout(end, now ? 0 : PATIENCE_MS);
    await this.#exited;
    clearTimeout(timer);
  }
}
