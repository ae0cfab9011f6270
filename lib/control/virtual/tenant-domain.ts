/**
 * A domain as its tenant has it: the calls of `Domain`, each a request to the controller.
 *
 * Runs on: the tenant's thread.
 */
import type { Alert } from '../../eventdev/reports.js';
import type { Why } from '../../eventdev/commands.js';
import { DlbError } from '../../eventdev/errors.js';
import type { EventBurst } from '../../eventdev/event-burst.js';
import { QE_WORDS } from '../../eventdev/event.js';
import type { DomainStats, QueueAttributes, QueueSpec } from '../../eventdev/spec.js';
import { viewDomain } from '../../memory/attachment.js';
import type { PortAttachment } from '../../memory/attachment.js';
import { tellRecovery } from '../recovery.js';
import type { RecoveryListener } from '../recovery.js';
import { handOut } from '../reset-result.js';
import type { PortAttributes } from '../visible-domain.js';
import type { DomainGrant } from './desk.js';
import type { RecoveredBody, TenantCommand } from './protocol.js';

/** Where requests go. */
interface Caller {
  /** The thread that this is, if it is known. */
  readonly thread: number | null;
  call(command: TenantCommand, body: unknown): Promise<unknown>;
}

export class TenantDomain implements AsyncDisposable {
  /** Among the tenant's domains: 0, 1, 2, ... */
  readonly id: number;
  readonly name: string;
  readonly #caller: Caller;
  readonly #attachments: readonly PortAttachment[];
  readonly #onClose: () => void;
  readonly #serial: number;
  #closing: Promise<void> | null = null;
  #listener: RecoveryListener | null = null;

  /** Use `TenantDevice.createDomain`. */
  constructor(caller: Caller, grant: DomainGrant, onClose: () => void) {
    this.#caller = caller;
    this.id = grant.id;
    this.name = grant.name;
    this.#attachments = grant.attachments;
    this.#onClose = onClose;
    this.#serial = grant.serial;
  }

  /**
   * What a thread needs to use the port. Asks nobody.
   * @throws DlbError ERR_DLB_INVALID_PORT_ID
   */
  attachment(portId: number): PortAttachment {
    const attachment = Number.isInteger(portId) ? this.#attachments[portId] : undefined;
    if (attachment !== undefined) return attachment;
    const max = this.#attachments.length - 1;
    throw new DlbError('ERR_DLB_INVALID_PORT_ID', `portId must be a whole number, 0..${max}`, {
      field: 'portId',
      value: portId,
    });
  }

  /** As `domain.start`. */
  async start(): Promise<void> {
    await this.#ask('start');
  }

  /** As `domain.stop`. */
  async stop(
    onFlush?: (events: EventBurst) => void,
    options: { graceMs?: number } = {},
  ): Promise<{ flushed: number }> {
    const words = (await this.#ask('stop', { graceMs: options.graceMs })) as Int32Array;
    if (onFlush !== undefined) handOut(words, onFlush);
    return { flushed: words.length / QE_WORDS };
  }

  /** As `domain.linkProfile`, of profile 0 unless told otherwise. */
  async link(portId: number, queueId: number, priority?: number, profile = 0): Promise<void> {
    await this.#ask('link', { portId, queueId, priority, profile });
  }

  /** As `domain.unlinkProfile`, of profile 0 unless told otherwise. */
  async unlink(portId: number, queueId: number, profile = 0): Promise<void> {
    await this.#ask('unlink', { portId, queueId, profile });
  }

  /** As `domain.unlinksInProgress`. */
  async unlinksInProgress(portId: number): Promise<number> {
    return (await this.#ask('unlinksInProgress', { portId })) as number;
  }

  /** As `domain.reclaim`: for threads of the tenant's own that use its ports. */
  async reclaim(portId: number): Promise<{ rescheduled: number }> {
    return (await this.#ask('reclaim', { portId })) as { rescheduled: number };
  }

  /** As `domain.disablePort`. */
  async disablePort(portId: number): Promise<void> {
    await this.#ask('disablePort', { portId });
  }

  /** As `domain.enablePort`. */
  async enablePort(portId: number): Promise<void> {
    await this.#ask('enablePort', { portId });
  }

  /** As `domain.stats`. */
  async stats(): Promise<DomainStats> {
    return (await this.#ask('stats')) as DomainStats;
  }

  /** As `domain.queueAttributes`. */
  async queueAttributes(queueId: number): Promise<Required<QueueSpec>> {
    return (await this.#ask('queueAttributes', { queueId })) as Required<QueueSpec>;
  }

  /** As `domain.setQueueAttributes`. */
  async setQueueAttributes(queueId: number, attributes: QueueAttributes): Promise<void> {
    await this.#ask('setQueueAttributes', { queueId, attributes });
  }

  /** As `domain.portAttributes`. */
  async portAttributes(portId: number): Promise<PortAttributes> {
    return (await this.#ask('portAttributes', { portId })) as PortAttributes;
  }

  /** As `domain.raiseAlert`. */
  async raiseAlert(aux: number): Promise<void> {
    await this.#ask('raiseAlert', { aux });
  }

  /** As `domain.nextAlert`. */
  async nextAlert(): Promise<Alert | undefined> {
    return (await this.#ask('nextAlert')) as Alert | undefined;
  }

  /** As `domain.why`. Since version 2. */
  async why(queueId: number, flowId?: number): Promise<Why> {
    return (await this.#ask('why', { queueId, flowId })) as Why;
  }

  /** As `domain.onRecovery`, for a listener and for ports of this thread. Since version 2. */
  async onRecovery(listener: RecoveryListener | null): Promise<void> {
    // Kept when it is taken away: what is under way by then is told, as in `domain.onRecovery`.
    if (listener !== null) this.#listener = listener;
    await this.#ask('onRecovery', { isOn: listener !== null, thread: this.#caller.thread });
  }

  /** Not for users: the controller reports. */
  async hearRecovery({ domainId, serial, events, why, lent }: RecoveredBody): Promise<void> {
    const isThat = domainId === this.id && serial === this.#serial;
    if (!isThat || this.#listener === null) return;
    const reason = new DlbError('ERR_DLB_SCHEDULER_FAILED', 'the scheduler worker ended', { why });
    const view = viewDomain(this.#attachments[0]!);
    await tellRecovery(view, { events, reason, lent }, this.#listener);
  }

  /** As `domain.close`. Again on a closed one: nothing. */
  close(): Promise<void> {
    this.#closing ??= this.#close().catch((error) => {
      this.#closing = null;
      throw error;
    });
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** The controller may have closed it already, when it reset the device. */
  async #close(): Promise<void> {
    await this.#send('closeDomain').catch((error) => {
      if ((error as DlbError).code !== 'ERR_DLB_INVALID_DOMAIN_ID') throw error;
    });
    this.#onClose();
  }

  async #ask(command: TenantCommand, body: Record<string, unknown> = {}): Promise<unknown> {
    if (this.#closing === null) return this.#send(command, body);
    const details = { domain: this.name, state: 'closed' };
    throw new DlbError('ERR_DLB_DOMAIN_CLOSED', 'the domain is closed', details);
  }

  #send(command: TenantCommand, body: Record<string, unknown> = {}): Promise<unknown> {
    return this.#caller.call(command, { domainId: this.id, serial: this.#serial, ...body });
  }
}
