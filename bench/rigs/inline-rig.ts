/** An inline device: producer, scheduler and consumers by turns on the calling thread. */
import { EventBurst, attachPort, openDevice } from '../../lib/index.js';
import type { Device, Port, QueueSpec } from '../../lib/index.js';
import type { Run } from '../scenario.js';
import {
  Arrivals,
  BURST,
  newFlowTable,
  problemsOf,
  resetFlowTable,
  writeEvents,
} from '../workload.js';

/** Far more than are ever inside: a pass follows each burst. */
const EVENTS_LIMIT = 4096;
/** Turns without any event after which a run is given up. */
const EMPTY_TURNS_MAX = 1000;

export type InlineType = Exclude<QueueSpec['type'], 'any' | 'directed'>;

export class InlineRig {
  readonly #type: InlineType;
  readonly #device: Device;
  readonly #producer: Port;
  readonly #consumers: readonly Port[];
  readonly #flowTable = newFlowTable();
  readonly #arrivals = new Arrivals(this.#flowTable);
  readonly #sent = new EventBurst(BURST);
  readonly #taken = new EventBurst(BURST);

  private constructor(type: InlineType, device: Device, ports: readonly Port[]) {
    this.#type = type;
    this.#device = device;
    this.#producer = ports[0]!;
    this.#consumers = ports.slice(1);
  }

  static async open(type: InlineType, consumers: number): Promise<InlineRig> {
    const device = await openDevice({ scheduling: 'inline' });
    const ports = [{}, ...Array.from({ length: consumers }, () => ({ links: [0] }))];
    const domain = await device.createDomain({
      eventsLimit: EVENTS_LIMIT,
      queues: [{ type }],
      ports,
    });
    await domain.start();
    return new InlineRig(
      type,
      device,
      ports.map((_, id) => attachPort(domain.attachment(id))),
    );
  }

  run(events: number): Run {
    resetFlowTable(this.#flowTable);
    const startedAt = performance.now();
    this.#pump(events);
    const ms = performance.now() - startedAt;
    for (const port of this.#consumers) port.release(port.outstanding);
    this.#device.schedule();
    // Only an atomic queue keeps a flow in order up to here: an ordered one restores order when
    // events move on, and these end here.
    return { ms, problems: problemsOf(events, [this.#arrivals.tally()], this.#type === 'atomic') };
  }

  close(): Promise<void> {
    return this.#device.close();
  }

  /** Enqueues a burst, makes a pass, dequeues from every port, until all have arrived. */
  #pump(events: number): void {
    const burst = this.#sent;
    let sent = 0;
    for (let emptyTurns = 0; this.#arrivals.received < events; emptyTurns++) {
      if (emptyTurns > EMPTY_TURNS_MAX) return;
      if (sent < events) {
        writeEvents(burst, sent, Math.min(BURST, events - sent));
        sent += this.#producer.enqueueBurst(burst);
      }
      this.#device.schedule();
      for (const port of this.#consumers) {
        if (port.dequeueBurst(this.#taken) === 0) continue;
        this.#arrivals.take(this.#taken);
        emptyTurns = 0;
      }
    }
  }
}
