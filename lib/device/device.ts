/**
 * The device: resources, domains, and the schedulers behind them.
 *
 * Runs on: the thread that opened it.
 */
import { createDomain, fields, Resources } from '../control/index.js';
import type { Domain, Recovered, ResourceReport, SeatDied, SeatFailed } from '../control/index.js';
import { DlbError } from '../eventdev/errors.js';
import { LEVELS } from '../eventdev/event.js';
import * as limits from '../eventdev/limits.js';
import type { ModelLimits, ModelName } from '../eventdev/limits.js';
import type { DeviceOptions, DomainSpec } from '../eventdev/spec.js';
import { recoverDomain } from '../scheduler/index.js';
import { InlineSeat } from './inline-seat.js';
import { WorkerSeat } from './worker-seat.js';

const SCHEDULERS_MAX = 64;
const RESTARTS_MAX = 1_000_000;
const RESTARTS = 8;
const MODEL_NAMES = Object.keys(limits.MODELS) as ModelName[];

/** What a device can do. */
export interface DeviceInfo {
  readonly name: string;
  readonly scheduling: 'worker' | 'inline';
  readonly schedulers: number;
  readonly model: ModelName;
  /** Largest values of one domain. */
  readonly limits: {
    readonly queues: number;
    readonly ports: number;
    readonly eventsLimit: number;
    readonly flows: number;
    readonly sequences: number;
    readonly dequeueDepth: number;
    readonly enqueueDepth: number;
    readonly priorityLevels: number;
    /** Link profiles of a port. */
    readonly profiles: number;
    readonly buffers: number;
    readonly bufferBytes: number;
  };
  /** Of the whole device. */
  readonly resources: ModelLimits;
  /** In the words of eventdev's `event_dev_cap`. */
  readonly capabilities: readonly string[];
}

type Seat = InlineSeat | WorkerSeat;

export class Device implements AsyncDisposable {
  readonly info: DeviceInfo;
  readonly #seats: Seat[];
  readonly #resources: Resources;
  readonly #domains = new Map<Domain, Seat>();
  /** Domains per seat, those being created included. */
  readonly #load: number[];
  readonly #creating = new Set<Promise<unknown>>();
  #nextDomain = 0;
  #closing: Promise<void> | null = null;

  /** Use `openDevice`. */
  constructor(options: DeviceOptions) {
    this.info = checkOptions(options);
    this.#resources = new Resources(limits.MODELS[this.info.model]);
    this.#load = Array.from({ length: this.info.schedulers }, () => 0);
    const restarts = checkRestarts(options);
    this.#seats = Array.from({ length: this.info.schedulers }, (_, i) => this.#seat(i, restarts));
  }

  /** Per resource: total and available. */
  resources(): ResourceReport {
    return this.#resources.report();
  }

  /**
   * Creates a scheduling domain. Verifies all, then commits: a failed call takes nothing.
   * @throws DlbError that names the failing field; ERR_DLB_*_UNAVAILABLE when a resource falls
   *                  short; ERR_DLB_NO_MEMORY; ERR_DLB_DEVICE_CLOSED
   */
  async createDomain(spec: DomainSpec): Promise<Domain> {
    this.#checkOpen();
    const i = this.#load.indexOf(Math.min(...this.#load));
    const seat = this.#seats[i]!;
    this.#load[i]!++;
    const forget = (domain: Domain): void => {
      this.#domains.delete(domain);
      this.#load[i]!--;
    };
    const creating = createDomain(spec, this.#nextDomain++, seat, this.#resources, forget);
    this.#creating.add(creating);
    try {
      const domain = await creating;
      this.#domains.set(domain, seat);
      return domain;
    } catch (error) {
      this.#load[i]!--;
      throw error;
    } finally {
      this.#creating.delete(creating);
    }
  }

  /**
   * Inline only: one pass over all domains. Takes in, decides and delivers; returns the number of
   * events it moved: taken in, or delivered if those were more.
   * @throws DlbError ERR_DLB_NOT_INLINE
   */
  schedule(): number {
    const seat = this.#seats[0];
    if (seat instanceof InlineSeat) return seat.pass();
    throw new DlbError('ERR_DLB_NOT_INLINE', 'a scheduler worker makes the passes', {
      device: this.info.name,
      scheduling: this.info.scheduling,
    });
  }

  /** Closes all domains and ends the scheduler workers. Again on a closed device: nothing. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    await Promise.allSettled(this.#creating);
    const closed = await Promise.allSettled([...this.#domains.keys()].map((each) => each.close()));
    await Promise.all(this.#seats.map((seat) => seat.close()));
    for (const each of closed) if (each.status === 'rejected') throw each.reason;
  }

  #seat(i: number, restarts: number): Seat {
    const onFailure: SeatFailed = (reason, failed) => {
      for (const [domain, its] of this.#domains) {
        if (its === seat && (failed === null || failed === domain.id)) domain.fail(reason);
      }
    };
    const onDeath: SeatDied = (reason) => {
      const recovered = new Map<number, Recovered>();
      for (const [domain, its] of this.#domains) {
        if (its !== seat) continue;
        recovered.set(domain.id, domain.recover(reason, recoverDomain));
      }
      return recovered;
    };
    const seat: Seat =
      this.info.scheduling === 'inline'
        ? new InlineSeat(onFailure)
        : new WorkerSeat(`${this.info.name}-scheduler${i}`, restarts, onFailure, onDeath);
    return seat;
  }

  #checkOpen(): void {
    if (this.#closing === null) return;
    throw new DlbError('ERR_DLB_DEVICE_CLOSED', 'the device is closed', { device: this.info.name });
  }
}

function checkOptions(options: DeviceOptions): DeviceInfo {
  const known = ['name', 'scheduling', 'schedulers', 'schedulerRestarts', 'model'];
  fields.checkObject(options, 'options', known);
  const scheduling = fields.oneOf(
    options.scheduling,
    'options.scheduling',
    ['worker', 'inline'],
    'worker',
  );
  const max = scheduling === 'inline' ? 1 : SCHEDULERS_MAX;
  return {
    name: fields.text(options.name, 'options.name', 'dlb0'),
    scheduling,
    schedulers: fields.wholeNumber(options.schedulers, 'options.schedulers', {
      min: 1,
      max,
      fallback: 1,
    }),
    model: fields.oneOf(options.model, 'options.model', MODEL_NAMES, 'host'),
    limits: DOMAIN_LIMITS,
    resources: limits.MODELS[options.model ?? 'host'],
    capabilities: CAPABILITIES,
  };
}

function checkRestarts({ schedulerRestarts }: DeviceOptions): number {
  return fields.wholeNumber(schedulerRestarts, 'options.schedulerRestarts', {
    min: 0,
    max: RESTARTS_MAX,
    fallback: RESTARTS,
  });
}

const DOMAIN_LIMITS: DeviceInfo['limits'] = {
  queues: limits.QUEUES_MAX,
  ports: limits.PORTS_MAX,
  eventsLimit: limits.EVENTS_LIMIT_MAX,
  flows: limits.FLOWS_MAX,
  sequences: limits.SEQUENCES_MAX,
  dequeueDepth: limits.DEQUEUE_DEPTH_MAX,
  enqueueDepth: limits.ENQUEUE_DEPTH_MAX,
  priorityLevels: LEVELS,
  profiles: limits.PROFILES_MAX,
  buffers: limits.BUFFERS_MAX,
  bufferBytes: limits.BUFFER_BYTES_MAX,
};

/** In the order of their bits. Not DISTRIBUTED_SCHED: a thread schedules. Not EVENT_PRESCHEDULE and
 *  what goes with it: a CQ holds what comes next, and nothing has to be asked for. */
const CAPABILITIES: DeviceInfo['capabilities'] = [
  'QUEUE_QOS',
  'EVENT_QOS',
  'QUEUE_ALL_TYPES',
  'BURST_MODE',
  'IMPLICIT_RELEASE_DISABLE',
  'NONSEQ_MODE',
  'RUNTIME_PORT_LINK',
  'MULTIPLE_QUEUE_PORT',
  'CARRY_FLOW_ID',
  'MAINTENANCE_FREE',
  'RUNTIME_QUEUE_ATTR',
  'PROFILE_LINK',
  'ATOMIC',
  'ORDERED',
  'PARALLEL',
  'INDEPENDENT_ENQ',
];

/**
 * Opens a device.
 * @throws DlbError ERR_DLB_INVALID_SPEC that names the option
 */
export async function openDevice(options: DeviceOptions = {}): Promise<Device> {
  return new Device(options);
}
