/** An inline device: producer, scheduler and consumers by turns on the calling thread. */
import { EventBurst, attachPort, openDevice } from '../../lib/index.js';
import type { Device, DomainSpec, Port, QueueSpec } from '../../lib/index.js';
import type { Run } from '../scenario.js';
import {
  Arrivals,
  BURST,
  FLOWS,
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

export interface InlineShape {
  readonly type: InlineType;
  /** Consumer ports. */
  readonly consumers: number;
  /** Events that are enqueued, in bursts, before a pass; default: one burst. */
  readonly perPass?: number;
  /** CQ depth; left out: the device chooses. */
  readonly dequeueDepth?: number;
  /** A power of 2. */
  readonly flows?: number;
  /** Of the table of the check: fewer keep it out of the way of what is measured; default 16. */
  readonly wordsPerFlow?: number;
  /** Queues and ports that are configured and never used. */
  readonly idleQueues?: number;
  readonly idlePorts?: number;
}

export class InlineRig {
  readonly #shape: InlineShape;
  readonly #device: Device;
  readonly #producer: Port;
  readonly #consumers: readonly Port[];
  readonly #flows: number;
  readonly #perPass: number;
  readonly #flowTable: Int32Array;
  readonly #arrivals: Arrivals;
  readonly #sent = new EventBurst(BURST);
  readonly #taken = new EventBurst(BURST);

  private constructor(shape: InlineShape, device: Device, ports: readonly Port[]) {
    this.#shape = shape;
    this.#device = device;
    this.#producer = ports[0]!;
    this.#consumers = ports.slice(1);
    this.#flows = shape.flows ?? FLOWS;
    this.#perPass = shape.perPass ?? BURST;
    this.#flowTable = newFlowTable(this.#flows, shape.wordsPerFlow);
    this.#arrivals = new Arrivals(this.#flowTable, this.#flows);
  }

  static async open(shape: InlineShape): Promise<InlineRig> {
    const device = await openDevice({ scheduling: 'inline' });
    const domain = await device.createDomain(domainSpec(shape));
    await domain.start();
    const ports = Array.from({ length: 1 + shape.consumers }, (_, id) =>
      attachPort(domain.attachment(id)),
    );
    return new InlineRig(shape, device, ports);
  }

  run(events: number): Run {
    resetFlowTable(this.#flowTable, this.#flows);
    const startedAt = performance.now();
    this.#pump(events);
    const ms = performance.now() - startedAt;
    for (const port of this.#consumers) port.release(port.outstanding);
    this.#device.schedule();
    // Only an atomic queue keeps a flow in order up to here: an ordered one restores order when
    // events move on, and these end here.
    const keepsOrder = this.#shape.type === 'atomic';
    return { ms, problems: problemsOf(events, [this.#arrivals.tally()], keepsOrder) };
  }

  close(): Promise<void> {
    return this.#device.close();
  }

  /** Enqueues, makes a pass, dequeues from every port, until all have arrived. */
  #pump(events: number): void {
    let sent = 0;
    for (let emptyTurns = 0; this.#arrivals.received < events; emptyTurns++) {
      if (emptyTurns > EMPTY_TURNS_MAX) return;
      const turnEnd = Math.min(events, sent + this.#perPass);
      while (sent < turnEnd) {
        writeEvents(this.#sent, sent, Math.min(BURST, turnEnd - sent), this.#flows);
        const accepted = this.#producer.enqueueBurst(this.#sent);
        sent += accepted;
        if (accepted < this.#sent.length) break;
      }
      this.#device.schedule();
      if (this.#take()) emptyTurns = 0;
    }
  }

  /** Everything that is in the CQs; whether there was anything. */
  #take(): boolean {
    const before = this.#arrivals.received;
    for (const port of this.#consumers) {
      let count: number;
      do {
        count = port.dequeueBurst(this.#taken);
        if (count > 0) this.#arrivals.take(this.#taken);
      } while (count === BURST);
    }
    return this.#arrivals.received > before;
  }
}

/** Port 0 is the producer's, the consumers' follow; then those that nobody uses. */
function domainSpec(shape: InlineShape): DomainSpec {
  const { type, consumers, dequeueDepth, idleQueues = 0, idlePorts = 0 } = shape;
  const depth = dequeueDepth === undefined ? {} : { dequeueDepth };
  const idleLinks = Array.from({ length: idleQueues }, (_, i) => 1 + i);
  return {
    eventsLimit: EVENTS_LIMIT,
    queues: Array.from({ length: 1 + idleQueues }, () => ({ type })),
    ports: [
      {},
      ...Array.from({ length: consumers }, () => ({ links: [0, ...idleLinks], ...depth })),
      ...Array.from({ length: idlePorts }, () => ({ links: idleLinks, ...depth })),
    ],
  };
}
