/**
 * The device: resources, domains, and the schedulers behind them.
 *
 * Runs on: the thread that opened it.
 */
import {
  applyDocument,
  checkGroup,
  ClassBandwidth,
  createDomain,
  DeviceTree,
  fields,
  openLedger,
  planDomain,
  setMode,
  snapshotOf,
} from '../control/index.js';
import type {
  DeviceDocument,
  Domain,
  DomainDocument,
  Ledger,
  Owner,
  PlannedDomain,
  ResourceReport,
  Recovered,
  SeatDied,
  SeatFailed,
  VirtualDevice,
} from '../control/index.js';
import type { Door } from '../control/door/index.js';
import { DlbError } from '../eventdev/errors.js';
import type {
  ControlOptions,
  DeviceOptions,
  DomainSpec,
  VirtualDeviceSpec,
} from '../eventdev/spec.js';
import { recoverDomain } from '../scheduler/index.js';
import { checkControl, checkOptions, checkRestarts } from './info.js';
import type { DeviceInfo } from './info.js';
import { InlineSeat } from './inline-seat.js';
import { Tenants } from './tenants.js';
import { WorkerSeat } from './worker-seat.js';

const RESET_TIMEOUT = {
  min: 0,
  max: 3_600_000,
  fallback: 5000,
  code: 'ERR_DLB_INVALID_ARGUMENT',
} as const;

type Seat = InlineSeat | WorkerSeat;

export class Device implements AsyncDisposable {
  readonly info: DeviceInfo;
  /** Every setting and counter by a path, see lib/control/tree. */
  readonly tree: DeviceTree;
  readonly #seats: Seat[];
  readonly #ledger: Ledger;
  readonly #bandwidth = new ClassBandwidth();
  readonly #tenants: Tenants;
  #resetting: Promise<void> | null = null;
  readonly #domains = new Map<Domain, Seat>();
  /** Domains per seat, those being created included. */
  readonly #load: number[];
  readonly #creating = new Set<Promise<unknown>>();
  #nextDomain = 0;
  #closing: Promise<void> | null = null;
  #door: Door | undefined;

  /** Use `openDevice`. */
  constructor(options: DeviceOptions) {
    this.info = checkOptions(options);
    this.tree = new DeviceTree(this);
    this.#ledger = openLedger(this.info.model);
    this.#tenants = new Tenants(this.#ledger, (owner, spec) => this.#createFor(owner, spec));
    this.#load = Array.from({ length: this.info.schedulers }, () => 0);
    const restarts = checkRestarts(options);
    this.#seats = Array.from({ length: this.info.schedulers }, (_, i) => this.#seat(i, restarts));
  }

  /** Per resource: total and available. */
  resources(): ResourceReport {
    return this.#ledger.device.report();
  }

  /**
   * Creates a scheduling domain. Verifies all, then commits: a failed call takes nothing.
   * @throws DlbError that names the failing field; ERR_DLB_*_UNAVAILABLE when a resource falls
   *                  short; ERR_DLB_NO_MEMORY; ERR_DLB_DEVICE_CLOSED
   */
  createDomain(spec: DomainSpec): Promise<Domain> {
    return this.#createFor(this.#ledger.device, spec);
  }

  /** Not for users: see `apply`. */
  planDomain(spec: DomainSpec): PlannedDomain {
    return planDomain(spec, this.#ledger, this.#ledger.device);
  }

  async #createFor(owner: Owner, spec: DomainSpec): Promise<Domain> {
    this.#checkOpen();
    if (this.#resetting !== null) {
      const what = 'the device is being reset';
      throw new DlbError('ERR_DLB_DEVICE_RESETTING', what, { device: this.info.name });
    }
    const i = this.#load.indexOf(Math.min(...this.#load));
    const seat = this.#seats[i]!;
    this.#load[i]!++;
    const forget = (domain: Domain): void => {
      this.#domains.delete(domain);
      this.#load[i]!--;
    };
    const creating = createDomain(spec, this.#nextDomain++, seat, this.#ledger, owner, forget);
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
   * Gives a share of the device to a tenant, which configures it from a thread of its own: hand that
   * thread `handle`, with `transferList`, and let it call `attachVirtualDevice`.
   * @throws DlbError ERR_DLB_INVALID_SPEC, ERR_DLB_INVALID_ARGUMENT, ERR_DLB_*_UNAVAILABLE that names
   *                  the resource of the quota, ERR_DLB_VDEVS_UNAVAILABLE, ERR_DLB_DEVICE_CLOSED
   */
  async createVirtualDevice(spec: VirtualDeviceSpec): Promise<VirtualDevice> {
    this.#checkOpen();
    return this.#tenants.create(spec);
  }

  /** The virtual devices that are open, by id. */
  virtualDevices(): VirtualDevice[] {
    return this.#tenants.all();
  }

  /**
   * DLB models: how many sequence numbers each slot of a group has, 64, 128, 256, 512 or 1024.
   * @throws DlbError ERR_DLB_NOT_PERMITTED while a slot of the group is used or assigned;
   *                  ERR_DLB_INVALID_ARGUMENT; ERR_DLB_FEATURE_UNAVAILABLE
   */
  setSequenceAllocation(group: number, sequences: number): void {
    this.#checkOpen();
    this.#checkDlb('sequence groups');
    setMode(this.#ledger, group, sequences);
  }

  /** DLB models: sequence numbers of each slot of a group.
   *  @throws DlbError ERR_DLB_INVALID_ARGUMENT, ERR_DLB_FEATURE_UNAVAILABLE */
  sequenceAllocation(group: number): number {
    this.#checkDlb('sequence groups');
    return this.#ledger.groups!.modes[checkGroup(group)]!;
  }

  /** DLB models: slots of a group that are used by domains or assigned to virtual devices. While it is
   *  0 the allocation may be changed.
   *  @throws DlbError ERR_DLB_INVALID_ARGUMENT, ERR_DLB_FEATURE_UNAVAILABLE */
  sequenceOccupancy(group: number): number {
    this.#checkDlb('sequence groups');
    const { device, groups } = this.#ledger;
    return groups!.slots(checkGroup(group)) - device.freeSlots(group);
  }

  /**
   * DLB models: the share of scheduling, in percent, that a class of service is promised. Checked and
   * kept as the driver does; here no CQ waits for bandwidth, so nothing is delivered differently.
   * @throws DlbError ERR_DLB_INVALID_COS_ID; ERR_DLB_INVALID_ARGUMENT, also when the sum would exceed
   *                  100; ERR_DLB_FEATURE_UNAVAILABLE
   */
  setClassBandwidth(cos: number, percent: number): void {
    this.#checkOpen();
    this.#checkDlb('classes of service');
    this.#bandwidth.set(cos, percent);
  }

  /** DLB models: see `setClassBandwidth`.
   *  @throws DlbError ERR_DLB_INVALID_COS_ID, ERR_DLB_FEATURE_UNAVAILABLE */
  classBandwidth(cos: number): number {
    this.#checkDlb('classes of service');
    return this.#bandwidth.of(cos);
  }

  /**
   * Begins anew: tenants are told and have `timeoutMs` (default 5000) to close their domains, then
   * every domain is closed. Until that is done no domain can be created. Virtual devices, sequence
   * allocation and class bandwidth stay as they are.
   * @throws DlbError ERR_DLB_INVALID_ARGUMENT, ERR_DLB_DEVICE_CLOSED
   */
  reset(options: { timeoutMs?: number } = {}): Promise<void> {
    this.#checkOpen();
    const timeoutMs = fields.wholeNumber(options.timeoutMs, 'options.timeoutMs', RESET_TIMEOUT);
    this.#resetting ??= this.#reset(timeoutMs).finally(() => (this.#resetting = null));
    return this.#resetting;
  }

  /** The domains that are open, by id. */
  domains(): Domain[] {
    return [...this.#domains.keys()].toSorted((a, b) => a.id - b.id);
  }

  /**
   * Creates the domains, and the virtual devices, that a document describes, and starts those that it says to start: all of
   * them or, if anything fails, none. The document is checked whole first.
   * @throws DlbError ERR_DLB_INVALID_SPEC and others that name the path in the document
   */
  async apply(document: DeviceDocument | DomainDocument): Promise<Domain[]> {
    return (await applyDocument(this, document)).domains;
  }

  /** What runs, as a document that `apply` makes again on a fresh device. */
  snapshot(): DeviceDocument {
    return snapshotOf(this);
  }

  /** Path of the socket that `softdlb` uses; undefined if the device was opened without `control`. */
  get controlSocket(): string | undefined {
    return this.#door?.socket;
  }

  /** `http://127.0.0.1:PORT`; undefined without `control.http`. */
  get controlAddress(): string | undefined {
    return this.#door?.address;
  }

  /** What requests to `controlAddress` carry as `Authorization: Bearer TOKEN`. */
  get controlToken(): string | undefined {
    return this.#door?.token;
  }

  /** From `close()` on. */
  get isClosed(): boolean {
    return this.#closing !== null;
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

  /** Use `openDevice`. Loads what is for a few devices only. */
  async openDoor({ http }: ControlOptions): Promise<void> {
    const { openDoor } = await import('../control/door/index.js');
    this.#door = await openDoor(this, http);
  }

  async #reset(timeoutMs: number): Promise<void> {
    await this.#tenants.prepareReset(timeoutMs);
    await Promise.allSettled(this.#creating);
    // One that is not empty has said so to whoever closed it; what it had is given back below.
    await Promise.allSettled(this.domains().map((domain) => domain.closeWithDevice()));
    this.#tenants.finishReset();
    this.#ledger.device.forgive();
  }

  async #close(): Promise<void> {
    await this.#door?.close();
    await this.#tenants.close();
    await Promise.allSettled(this.#creating);
    const closed = await Promise.allSettled(
      [...this.#domains.keys()].map((each) => each.closeWithDevice()),
    );
    await Promise.all(this.#seats.map((seat) => seat.close()));
    for (const each of closed) if (each.status === 'rejected') throw each.reason;
  }

  #seat(i: number, restarts: number): Seat {
    const onFailure: SeatFailed = (reason, failed) => {
      for (const [domain, its] of this.#domains) {
        if (its === seat && (failed === null || failed === domain.id)) domain.fail(reason);
      }
    };
    const onAlert = (id: number): void => {
      for (const domain of this.#domains.keys()) if (domain.id === id) domain.tellAlerts();
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
        ? new InlineSeat(onFailure, onAlert)
        : new WorkerSeat(`${this.info.name}-scheduler${i}`, restarts, {
            onFailure,
            onDeath,
            onAlert,
          });
    return seat;
  }

  #checkDlb(what: string): void {
    if (this.#ledger.groups !== null) return;
    const { model } = this.info;
    throw new DlbError('ERR_DLB_FEATURE_UNAVAILABLE', `a host device has no ${what}`, { model });
  }

  #checkOpen(): void {
    if (this.#closing === null) return;
    throw new DlbError('ERR_DLB_DEVICE_CLOSED', 'the device is closed', { device: this.info.name });
  }
}

/**
 * Opens a device.
 * @throws DlbError ERR_DLB_INVALID_SPEC that names the option; ERR_DLB_CONTROL_UNAVAILABLE: the
 *                  control socket or the loopback address cannot be had
 */
export async function openDevice(options: DeviceOptions = {}): Promise<Device> {
  const device = new Device(options);
  try {
    const control = checkControl(options.control);
    if (control !== undefined) await device.openDoor(control);
    return device;
  } catch (error) {
    await device.close();
    throw error;
  }
}
