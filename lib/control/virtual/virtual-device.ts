/**
 * A virtual device: a share of the device for one tenant, which configures it from a thread of its own.
 *
 * Runs on: the thread that opened the device. The tenant's end is tenant-device.ts.
 */
import type { MessagePort } from 'node:worker_threads';
import { DlbError } from '../../eventdev/errors.js';
import type { Domain } from '../domain.js';
import type { ResourceReport } from '../ledger/owner.js';
import type { Quota, QuotaOwner } from '../ledger/quota.js';
import { Desk } from './desk.js';
import type { TenantHost } from './desk.js';
import { Mailbox } from './mailbox.js';
import type { CheckedLimits } from './tenant-limits.js';
import { CUT_OFF_CAUSES, TENANT_COMMANDS, VERSIONS } from './protocol.js';
import type { CutOffCause, TenantCommand, VersionRange } from './protocol.js';
import { RelayedPort } from './relayed-port.js';
import type { Turns } from './turns.js';
import { checkSupported, negotiate } from './versions.js';

/** A question to a tenant that is not answered within this time is given up, as in the driver. */
const ANSWER_WITHIN_MS = 1000;

/** A virtual device as its worker is handed it. */
export interface VirtualDeviceHandle {
  readonly kind: 'softdlb.virtual-device';
  readonly name: string;
  readonly mailbox: MessagePort;
}

export type VirtualDeviceState =
  /** Nobody has attached: the quota may be changed. */
  | 'unlocked'
  /** Its tenant is attached: the quota is what it is. */
  | 'locked'
  /** Its tenant said too much and was reset; `renew` lets it back in. */
  | 'cut-off'
  | 'closed';

export interface VirtualDeviceOptions {
  readonly name: string;
  readonly id: number;
  /** When the tenant dies: the quota goes back to the device and the virtual device is closed, or it is kept for
   *  whoever gets the next handle. */
  readonly onDeath: 'return' | 'keep';
  readonly onClose: () => void;
  /** A new way to a tenant. */
  openChannel(): TenantChannel;
  /** What tenants ask for, of all virtual devices of the device. */
  readonly turns: Turns;
  /** The tenant was cut off. */
  readonly onCutOff: (why: DlbError) => void;
  readonly versions?: VersionRange;
}

/** Between controller and tenant, with a relay in between. */
export interface TenantChannel {
  readonly ours: MessagePort;
  readonly theirs: MessagePort;
  /** The relay starts, unless it has. */
  serve(): void;
  /** Resolves when the relay has ended: at once with `now`, else when it has passed on what is under way. */
  close(now: boolean): Promise<void>;
}

export class VirtualDevice implements AsyncDisposable {
  readonly id: number;
  readonly name: string;
  readonly #quota: QuotaOwner;
  readonly #options: VirtualDeviceOptions;
  readonly #limits: CheckedLimits;
  readonly #desk: Desk;
  #state: VirtualDeviceState = 'unlocked';
  #mailbox!: Mailbox;
  #channel!: TenantChannel;
  #cutOff: DlbError | null = null;
  /** 0: not registered. */
  #version = 0;
  /** The tenant has unregistered. */
  #hasLeft = false;
  /** Resets follow one another. */
  #resetting: Promise<void> = Promise.resolve();
  #closing: Promise<void> | null = null;

  /** Use `device.createVirtualDevice`. */
  constructor(quota: QuotaOwner, host: TenantHost, options: VirtualDeviceOptions) {
    this.#quota = quota;
    this.#options = options;
    this.#limits = host.limits;
    this.id = options.id;
    this.name = options.name;
    this.#desk = new Desk(host, (command, body) => this.#mailbox.request(command, body));
    this.#open();
  }

  get state(): VirtualDeviceState {
    return this.#state;
  }

  get isLocked(): boolean {
    return this.#state === 'locked';
  }

  /** What its tenant's domains may ask for. */
  get limits(): CheckedLimits {
    return this.#limits;
  }

  /** What becomes of the quota when the tenant dies. */
  get onDeath(): 'return' | 'keep' {
    return this.#options.onDeath;
  }

  /** To be handed to the tenant's worker, together with `transferList`: once. */
  get handle(): VirtualDeviceHandle {
    this.#channel.serve();
    return { kind: 'softdlb.virtual-device', name: this.name, mailbox: this.#channel.theirs };
  }

  /** What has to be transferred with the handle. */
  get transferList(): MessagePort[] {
    return [this.#channel.theirs];
  }

  /** Why the last tenant was cut off; null if it was not. */
  get cutOff(): DlbError | null {
    return this.#cutOff;
  }

  /** Counts by resource. */
  get quota(): Quota {
    return this.#quota.quota;
  }

  /**
   * Changes counts; those left out stay. All or nothing.
   * @throws DlbError ERR_DLB_NOT_PERMITTED once a tenant has attached; ERR_DLB_*_UNAVAILABLE when the device has not as much;
   *                  ERR_DLB_INVALID_ARGUMENT; ERR_DLB_DEVICE_CLOSED
   */
  setQuota(quota: Quota): void {
    if (this.#state === 'closed')
      throw this.#refusal('ERR_DLB_DEVICE_CLOSED', 'the virtual device is closed');
    if (this.#state === 'locked') {
      throw this.#refusal('ERR_DLB_NOT_PERMITTED', 'the quota is locked: a tenant has attached');
    }
    this.#quota.set(quota);
  }

  /** Of this virtual device: total and available. */
  resources(): ResourceReport {
    return this.#quota.owner.report();
  }

  /** The tenant's domains, with the ids that it knows them by. */
  domains(): readonly (readonly [id: number, domain: Domain])[] {
    return this.#desk.domains;
  }

  /**
   * A new handle for a new tenant, after the last one has died or was cut off. Ends the old one, whose domains are reset.
   * @throws DlbError ERR_DLB_DEVICE_CLOSED
   */
  async renew(): Promise<VirtualDeviceHandle> {
    if (this.#state === 'closed')
      throw this.#refusal('ERR_DLB_DEVICE_CLOSED', 'the virtual device is closed');
    await this.#hangUp();
    await this.#reset('unlocked');
    if (this.#closing !== null)
      throw this.#refusal('ERR_DLB_DEVICE_CLOSED', 'the virtual device is closed');
    this.#cutOff = null;
    this.#open();
    return this.handle;
  }

  /** Asks the tenant whether it still uses domains; false when there is none, or it does not answer in time. */
  async inUse(): Promise<boolean> {
    if (this.#version === 0) return false;
    const answer = await this.#mailbox.request('inUse', {}).catch(() => false);
    return answer === true;
  }

  /** Tells the tenant that the device will be reset: it has `timeoutMs` to close its domains. */
  notifyReset(timeoutMs: number): void {
    if (this.#version > 0) this.#mailbox.notify('pre-reset', { timeoutMs });
  }

  /** Not for users: the device has closed its domains. */
  forgetDomains(): void {
    this.#desk.forgetClosed();
  }

  /** Resets the tenant's domains and gives everything back to the device. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    if (this.#version > 0) this.#mailbox.notify('closed', {});
    await this.#hangUp();
    await this.#reset('closed');
    this.#quota.close();
    this.#options.onClose();
  }

  #open(): void {
    this.#channel = this.#options.openChannel();
    this.#version = 0;
    this.#hasLeft = false;
    const wire = new RelayedPort(this.#channel.ours, this.#options.turns, (cause) =>
      this.#tooMuch(cause),
    );
    this.#mailbox = new Mailbox(wire, {
      timeoutMs: ANSWER_WITHIN_MS,
      answer: (command, body) => this.#answer(command, body),
      onGone: () => void this.#died(),
    });
  }

  async #hangUp(): Promise<void> {
    this.#mailbox.close();
    const { theirs } = this.#channel;
    await this.#channel.close(false);
    theirs.close();
  }

  async #answer(command: string, body: unknown): Promise<unknown> {
    if (command === 'register') return this.#register(body);
    if (this.#version === 0) {
      throw this.#refusal('ERR_DLB_NOT_PERMITTED', 'register comes first');
    }
    checkSupported(TENANT_COMMANDS, command, this.#version);
    if (command === 'unregister') {
      this.#hasLeft = true;
      await this.#reset('unlocked');
      return undefined;
    }
    return this.#desk.answer(command as Exclude<TenantCommand, 'register' | 'unregister'>, body);
  }

  /** Who registers again has begun anew: what it had is reset first. */
  async #register(body: unknown): Promise<{ version: number }> {
    const version = negotiate(this.#options.versions ?? VERSIONS, body);
    const mailbox = this.#mailbox;
    if (this.#version > 0) await this.#reset('unlocked');
    await this.#resetting;
    // It has died, or was cut off, meanwhile.
    if (mailbox.isClosed) throw this.#refusal('ERR_DLB_NOT_PERMITTED', 'the tenant is gone');
    this.#hasLeft = false;
    this.#version = version;
    this.#state = 'locked';
    return { version };
  }

  /** One that has unregistered has left in peace: its quota waits for the next handle. */
  async #died(): Promise<void> {
    if (this.#hasLeft) return;
    if (this.#options.onDeath === 'return') await this.close();
    else await this.#reset('unlocked');
  }

  /** One that keeps the controller from everybody else is heard no more. */
  #tooMuch(cause: CutOffCause): void {
    if (this.#state === 'closed' || this.#mailbox.isClosed) return;
    this.#mailbox.close();
    void this.#channel.close(true);
    const why = { device: this.name, cause, why: CUT_OFF_CAUSES[cause] };
    this.#cutOff = new DlbError('ERR_DLB_TENANT_CUT_OFF', 'a tenant was cut off', why);
    void this.#reset('cut-off');
    const told = this.#cutOff;
    // What it throws is thrown on the event loop.
    queueMicrotask(() => this.#options.onCutOff(told));
  }

  #reset(next: VirtualDeviceState): Promise<void> {
    this.#version = 0;
    this.#resetting = this.#resetting.then(async () => {
      await this.#desk.reset();
      if (this.#state === 'closed') return;
      this.#state = next;
    });
    return this.#resetting;
  }

  #refusal(code: 'ERR_DLB_NOT_PERMITTED' | 'ERR_DLB_DEVICE_CLOSED', what: string): DlbError {
    return new DlbError(code, what, { device: this.name, state: this.#state });
  }
}
