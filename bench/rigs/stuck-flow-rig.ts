/**
 * An inline device on which one flow's port is stuck while thousands of its events wait. `run` sends
 * the other flows through the port that works.
 */
import { EventBurst, SCHED, attachPort, openDevice } from '../../lib/index.js';
import type { Device, Port } from '../../lib/index.js';
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

const PRODUCER = 0;
/** Beyond the flows of the workload. */
const STUCK_FLOW = FLOWS;
const EVENTS_LIMIT = 8192;
const DEQUEUE_DEPTH = 128;
const EMPTY_TURNS_MAX = 1000;

export class StuckFlowRig {
  readonly #device: Device;
  readonly #ports: readonly Port[];
  readonly #burst = new EventBurst(BURST);
  readonly #taken = new EventBurst(BURST);
  readonly #flowTable = newFlowTable();
  readonly #arrivals = new Arrivals(this.#flowTable);
  /** Events of the stuck flow that were sent. */
  #waiting = 0;

  private constructor(device: Device, ports: readonly Port[]) {
    this.#device = device;
    this.#ports = ports;
  }

  /** @param waiting events of the stuck flow; 0: there is none, and its port has no link. */
  static async open(waiting: number): Promise<StuckFlowRig> {
    const device = await openDevice({ scheduling: 'inline' });
    const working = { links: [0], dequeueDepth: DEQUEUE_DEPTH };
    const domain = await device.createDomain({
      eventsLimit: EVENTS_LIMIT,
      queues: [{ type: 'atomic' }],
      ports: [{}, working, waiting > 0 ? working : { dequeueDepth: DEQUEUE_DEPTH }],
    });
    await domain.start();
    const ids = [PRODUCER, 1, 2];
    const rig = new StuckFlowRig(
      device,
      ids.map((id) => attachPort(domain.attachment(id))),
    );
    if (waiting > 0) rig.#stick(waiting);
    return rig;
  }

  run(events: number): Run {
    resetFlowTable(this.#flowTable);
    const working = this.#workingPort();
    const startedAt = performance.now();
    let sent = 0;
    for (let emptyTurns = 0; this.#arrivals.received < events; emptyTurns++) {
      if (emptyTurns > EMPTY_TURNS_MAX) break;
      writeEvents(this.#burst, sent, Math.min(BURST, events - sent));
      sent += this.#ports[PRODUCER]!.enqueueBurst(this.#burst);
      this.#device.schedule();
      if (working.dequeueBurst(this.#taken) > 0) emptyTurns = 0;
      this.#arrivals.take(this.#taken);
    }
    const ms = performance.now() - startedAt;
    working.release(working.outstanding);
    this.#device.schedule();
    return { ms, problems: problemsOf(events, [this.#arrivals.tally()], true) };
  }

  /** Lets the stuck port go on: all that waited must come, in order. Returns what is wrong. */
  unstick(): string[] {
    if (this.#waiting === 0) return [];
    let next = 1;
    for (let emptyTurns = 0; next < this.#waiting && emptyTurns < EMPTY_TURNS_MAX; emptyTurns++) {
      this.#device.schedule();
      for (const port of this.#ports.slice(1)) {
        const count = port.dequeueBurst(this.#taken);
        for (let i = 0; i < count; i++) {
          if (this.#taken.payload(i) !== next++) return [`stuck flow: expected=${next - 1}`];
          emptyTurns = 0;
        }
      }
    }
    return next === this.#waiting ? [] : [`stuck flow: received=${next}, sent=${this.#waiting}`];
  }

  close(): Promise<void> {
    return this.#device.close();
  }

  /** The port that did not get the stuck flow. */
  #workingPort(): Port {
    const [, first, second] = this.#ports;
    return first!.outstanding > 0 ? second! : first!;
  }

  /** Its first event is dequeued and never completed; of the rest three come with each other one. */
  #stick(waiting: number): void {
    this.#sendStuck(1);
    for (const port of this.#ports.slice(1)) port.dequeueBurst(this.#taken, 1);
    const working = this.#workingPort();
    for (let n = 0; this.#waiting < waiting; n++) {
      this.#sendStuck(Math.min(3, waiting - this.#waiting));
      this.#burst.clear().pushNew(0, n % FLOWS, SCHED.ATOMIC, n);
      this.#sendAll();
      working.dequeueBurst(this.#taken);
    }
    working.release(working.outstanding);
    this.#device.schedule();
  }

  #sendStuck(count: number): void {
    this.#burst.clear();
    for (let i = 0; i < count; i++) {
      this.#burst.pushNew(0, STUCK_FLOW, SCHED.ATOMIC, this.#waiting++);
    }
    this.#sendAll();
  }

  /** A port that has used up its share of the credits gets others' within a few passes. */
  #sendAll(): void {
    const producer = this.#ports[PRODUCER]!;
    for (let sent = 0; sent < this.#burst.length;) {
      sent += producer.enqueueBurst(this.#burst, sent);
      this.#device.schedule();
    }
  }
}
