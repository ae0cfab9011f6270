/**
 * A virtual device as its tenant has it.
 *
 * Runs on: the tenant's thread. Everything is asked of the controller by mailbox; ports are attached here, and what they
 * do asks nobody.
 */
import { DlbError } from '../../eventdev/errors.js';
import type { DomainSpec } from '../../eventdev/spec.js';
import * as field from '../fields.js';
import type { ResourceReport } from '../ledger/owner.js';
import type { DomainGrant } from './desk.js';
import { Mailbox } from './mailbox.js';
import { CONTROLLER_COMMANDS, TENANT_COMMANDS, VERSIONS } from './protocol.js';
import type { RecoveredBody, TenantCommand } from './protocol.js';
import { TenantDomain } from './tenant-domain.js';
import { checkSupported } from './versions.js';
import type { VirtualDeviceHandle } from './virtual-device.js';

/** As the driver's for a VF. */
const TIMEOUT_MS = 10_000;
const TIMEOUT_MAX_MS = 3_600_000;

export interface AttachOptions {
  /** A request that is not answered within this time fails with ERR_DLB_MBOX_ERROR. 1..3600000, default 10000. */
  timeoutMs?: number;
  /** The device will be reset: close your domains within `timeoutMs`, or they are closed for you. */
  onReset?: (info: { timeoutMs: number }) => void;
  /** The virtual device is closed: nothing can be asked any more. */
  onClosed?: () => void;
}

export class TenantDevice implements AsyncDisposable {
  readonly name: string;
  /** Not for users: the thread that this is, if it is known. */
  readonly thread: number | null;
  readonly #mailbox: Mailbox;
  readonly #options: AttachOptions;
  readonly #domains = new Set<TenantDomain>();
  #version = 0;

  /** Use `attachVirtualDevice`. */
  constructor(handle: VirtualDeviceHandle, options: AttachOptions, thread: number | null = null) {
    this.name = handle.name;
    this.thread = thread;
    this.#options = options;
    this.#mailbox = new Mailbox(handle.mailbox, {
      timeoutMs: field.wholeNumber(options.timeoutMs, 'options.timeoutMs', {
        min: 1,
        max: TIMEOUT_MAX_MS,
        fallback: TIMEOUT_MS,
        code: 'ERR_DLB_INVALID_ARGUMENT',
      }),
      answer: (command, body) => this.#answer(command, body),
      onNotification: (name, body) => this.#told(name, body),
      onGone: () => this.#options.onClosed?.(),
    });
  }

  /** The version that both ends speak. */
  get version(): number {
    return this.#version;
  }

  /** Answers of the controller that came too late and were dropped. */
  get lateAnswers(): number {
    return this.#mailbox.late;
  }

  /** Of this virtual device: total and available. */
  async resources(): Promise<ResourceReport> {
    return (await this.call('resources', {})) as ResourceReport;
  }

  /**
   * Creates a scheduling domain out of the quota. Verifies all, then commits, as `device.createDomain`.
   * @throws DlbError as `device.createDomain`; ERR_DLB_MBOX_ERROR
   */
  async createDomain(spec: DomainSpec): Promise<TenantDomain> {
    const grant = (await this.call('createDomain', { spec })) as DomainGrant;
    const domain: TenantDomain = new TenantDomain(this, grant, () => this.#domains.delete(domain));
    this.#domains.add(domain);
    return domain;
  }

  /** Closes its domains and leaves the virtual device, whose quota may be changed again. */
  async close(): Promise<void> {
    if (!this.#mailbox.isClosed && this.#version > 0) await this.call('unregister', {});
    this.#version = 0;
    this.#domains.clear();
    this.#mailbox.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Not for users: asks the controller. */
  async call(command: TenantCommand, body: unknown): Promise<unknown> {
    if (command !== 'register') checkSupported(TENANT_COMMANDS, command, this.#version);
    return this.#mailbox.request(command, body);
  }

  /** Not for users: see `attachVirtualDevice`. */
  async register(versions: { min: number; max: number } = VERSIONS): Promise<void> {
    try {
      const { version } = (await this.call('register', versions)) as { version: number };
      this.#version = version;
    } catch (error) {
      this.#mailbox.close();
      throw error;
    }
  }

  /** From what is known here: the controller may be waiting for this while we wait for it. */
  async #answer(command: string, body: unknown): Promise<boolean> {
    checkSupported(CONTROLLER_COMMANDS, command, this.#version);
    if (command === 'recovered') {
      for (const domain of this.#domains) await domain.hearRecovery(body as RecoveredBody);
    }
    return this.#domains.size > 0;
  }

  #told(name: string, body: unknown): void {
    if (name === 'pre-reset') this.#options.onReset?.(body as { timeoutMs: number });
  }
}

/** See device/virtual.ts, for users. */
export async function attachVirtualDevice(
  handle: VirtualDeviceHandle,
  options: AttachOptions,
  thread: number,
): Promise<TenantDevice> {
  if (
    handle?.kind !== 'softdlb.virtual-device' ||
    typeof handle.mailbox?.postMessage !== 'function'
  ) {
    throw new DlbError(
      'ERR_DLB_ATTACHMENT_INVALID',
      'the object is not the handle of a virtual device',
      {
        field: 'handle',
        kind: handle?.kind,
      },
    );
  }
  const device = new TenantDevice(handle, options, thread);
  await device.register();
  return device;
}
