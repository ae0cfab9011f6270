/** Two tenants on one device: one is measured, the other is its neighbour. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { openDevice } from '../../lib/index.js';
import type { Device, VirtualDevice } from '../../lib/index.js';
import type { Run } from '../scenario.js';
import type { NeighbourData } from '../threads/neighbour.js';
import type { TenantReply } from '../threads/tenant.js';
import { problemsOf } from '../workload.js';
import { RunThread } from './run-thread.js';

export type Neighbour = 'polite' | 'hostile';

const QUOTA = { domains: 1, queues: 4, ports: 4, credits: 4096, historyEntries: 16_384 };
const NEIGHBOUR = new URL('../threads/neighbour.js', import.meta.url);

export class TenantsRig {
  /** How often the neighbour died, or was cut off. */
  deaths = 0;
  readonly #device: Device;
  readonly #tenant: RunThread<TenantReply>;
  readonly #neighbour: Neighbour;
  readonly #beside: VirtualDevice;
  readonly #going = new Int32Array(new SharedArrayBuffer(4));
  #worker: Worker | undefined;
  #isClosing = false;

  private constructor(
    device: Device,
    tenant: RunThread<TenantReply>,
    neighbour: Neighbour,
    beside: VirtualDevice,
  ) {
    this.#device = device;
    this.#tenant = tenant;
    this.#neighbour = neighbour;
    this.#beside = beside;
  }

  static async open(neighbour: Neighbour): Promise<TenantsRig> {
    const device = await openDevice();
    const own = await device.createVirtualDevice({ name: 'measured', quota: QUOTA });
    const tenant = await RunThread.start<TenantReply>('tenant.js', own.handle, own.transferList);
    const beside = await device.createVirtualDevice({
      name: neighbour,
      quota: QUOTA,
      onDeath: 'keep',
    });
    const rig = new TenantsRig(device, tenant, neighbour, beside);
    await rig.#start();
    return rig;
  }

  async run(events: number): Promise<Run> {
    Atomics.store(this.#going, 0, 1);
    Atomics.notify(this.#going, 0);
    const { ms, tally } = await this.#tenant.run({ events });
    Atomics.store(this.#going, 0, 0);
    return { ms, problems: problemsOf(events, [tally], true) };
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    await this.#worker?.terminate();
    await this.#tenant.end();
    await this.#device.close();
  }

  /** Starts the neighbour, and a new one whenever it has died. */
  async #start(): Promise<void> {
    const { handle, transferList } = this.#beside;
    const workerData: NeighbourData = {
      handle,
      isHostile: this.#neighbour === 'hostile',
      going: this.#going,
    };
    const worker = new Worker(NEIGHBOUR, { workerData, transferList });
    this.#worker = worker;
    worker.on('error', () => {});
    worker.once('exit', () => void this.#restart());
    await once(worker, 'online');
  }

  async #restart(): Promise<void> {
    if (this.#isClosing) return;
    this.deaths++;
    await this.#beside.renew();
    if (!this.#isClosing) await this.#start();
  }
}
