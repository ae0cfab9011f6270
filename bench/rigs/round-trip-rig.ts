/** main ──▶ [atomic] ──▶ stage ──▶ [directed] ──▶ main, and the ways to wait for what comes back. */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { EventBurst, SCHED, attachPort, openDevice } from '../../lib/index.js';
import type { Device, Port } from '../../lib/index.js';
import type { EchoData } from '../threads/echo.js';
import type { Trips } from './trips.js';

const WAIT_MS = 1000;
const BURST = 32;
const EVENTS_LIMIT = 1024;
const FLOWS = 64;

export class RoundTripRig {
  readonly #device: Device;
  readonly #worker: Worker;
  readonly #port: Port;
  readonly #outgoing = new EventBurst(1);
  readonly #incoming = new EventBurst(BURST);

  private constructor(device: Device, worker: Worker, port: Port) {
    this.#device = device;
    this.#worker = worker;
    this.#port = port;
  }

  static async open(): Promise<RoundTripRig> {
    const device = await openDevice();
    const domain = await device.createDomain({
      eventsLimit: EVENTS_LIMIT,
      queues: [{ type: 'atomic' }, { type: 'directed' }],
      ports: [{ links: [1] }, { links: [0] }],
    });
    const workerData: EchoData = { attachment: domain.attachment(1) };
    const worker = new Worker(new URL('../threads/echo.js', import.meta.url), { workerData });
    await once(worker, 'message');
    await domain.start();
    return new RoundTripRig(device, worker, attachPort(domain.attachment(0)));
  }

  /** One at a time, this thread blocked meanwhile; `pauseMs` before each lets everybody park. */
  async blocking(trips: Trips, pauseMs: number): Promise<void> {
    for (let n = 0; n < trips.count; n++) {
      if (pauseMs > 0) await sleep(pauseMs);
      const sentAt = performance.now();
      this.#send(n);
      this.#port.dequeueBurst(this.#incoming, 1, WAIT_MS);
      trips.back(this.#received(0), sentAt);
    }
  }

  /** The same without blocking. */
  async ready(trips: Trips, pauseMs: number): Promise<void> {
    for (let n = 0; n < trips.count; n++) {
      if (pauseMs > 0) await sleep(pauseMs);
      const sentAt = performance.now();
      this.#send(n);
      await this.#port.ready();
      this.#port.dequeueBurst(this.#incoming, 1);
      trips.back(this.#received(0), sentAt);
    }
  }

  /** An event is due each `gapMs`, whether those before are back or not; late ones count from then. */
  offered(trips: Trips, gapMs: number): void {
    const start = performance.now();
    let sent = 0;
    for (let empty = 0; trips.done < trips.count && empty < 10;) {
      const now = performance.now();
      while (sent < trips.count && start + sent * gapMs <= now) this.#send(sent++);
      const due = sent < trips.count ? start + sent * gapMs - now : WAIT_MS;
      const count = this.#port.dequeueBurst(this.#incoming, BURST, Math.max(due, 0));
      for (let i = 0; i < count; i++) {
        const n = this.#received(i);
        trips.back(n, start + n * gapMs);
      }
      empty = count === 0 && sent === trips.count ? empty + 1 : 0;
    }
  }

  async close(): Promise<void> {
    const exited = once(this.#worker, 'exit');
    await this.#device.close();
    await exited;
  }

  #send(n: number): void {
    this.#outgoing.clear().pushNew(0, n % FLOWS, SCHED.ATOMIC, n);
    this.#port.enqueueBurst(this.#outgoing);
  }

  #received(i: number): number {
    return i < this.#incoming.length ? this.#incoming.payload(i) : -1;
  }
}
