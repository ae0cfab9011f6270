/**
 * Answers a tenant's requests: the controller's side of the mailbox.
 *
 * Runs on: the thread that opened the device. A tenant names its domains by ids of its own, 0, 1, 2, ...; a domain that
 * is not its own does not exist for it. What it sends is checked as if a stranger had written it.
 */
import { DlbError } from '../../eventdev/errors.js';
import { QE_WORDS } from '../../eventdev/event.js';
import type { EventBurst } from '../../eventdev/event-burst.js';
import type { DomainSpec } from '../../eventdev/spec.js';
import type { PortAttachment } from '../../memory/attachment.js';
import type { Domain } from '../domain.js';
import * as field from '../fields.js';
import type { ResourceReport } from '../ledger/owner.js';
import { withinLimits } from './tenant-limits.js';
import type { CheckedLimits } from './tenant-limits.js';
import type { ControllerCommand, RecoveredBody, TenantCommand } from './protocol.js';

/** No longer than a tenant waits for an answer. */
const GRACE_MAX_MS = 10_000;

const THREADS = { min: 0, max: 2 ** 31 - 2, code: 'ERR_DLB_INVALID_ARGUMENT' } as const;

/** What a tenant is given of the device. */
export interface TenantHost {
  createDomain(spec: DomainSpec): Promise<Domain>;
  resources(): ResourceReport;
  readonly limits: CheckedLimits;
}

/** A domain as its tenant is told of it. */
export interface DomainGrant {
  readonly id: number;
  /** Tells it from one that had the id before: what is said about that is not about this one. */
  readonly serial: number;
  readonly name: string;
  readonly attachments: readonly PortAttachment[];
}

export class Desk {
  readonly #host: TenantHost;
  readonly #tell: (command: ControllerCommand, body: unknown) => Promise<unknown>;
  /** By the tenant's id. */
  readonly #domains = new Map<number, Domain>();
  /** By the tenant's id; never used again. */
  readonly #serials = new Map<number, number>();
  #nextSerial = 1;
  readonly #creating = new Set<Promise<unknown>>();
  #isClosed = false;

  /** `tell` asks the tenant. */
  constructor(
    host: TenantHost,
    tell: (command: ControllerCommand, body: unknown) => Promise<unknown>,
  ) {
    this.#host = host;
    this.#tell = tell;
  }

  /** Its domains, with the ids that it knows them by. */
  get domains(): readonly (readonly [id: number, domain: Domain])[] {
    return [...this.#domains].toSorted(([a], [b]) => a - b);
  }

  /** @throws DlbError as the call that the command stands for */
  async answer(
    command: Exclude<TenantCommand, 'register' | 'unregister'>,
    body: unknown,
  ): Promise<unknown> {
    const fields = bodyOf(body);
    switch (command) {
      case 'resources':
        return this.#host.resources();
      case 'createDomain':
        return this.#create(fields['spec']);
      case 'closeDomain':
        return this.#close(fields);
      case 'onRecovery':
        return this.#reportTo(this.#domain(fields), fields);
      case 'setSequenceAllocation':
      case 'setClassBandwidth':
        throw new DlbError('ERR_DLB_NOT_PERMITTED', 'that is not for a tenant to set', {
          field: 'command',
          command,
        });
      default:
        return onDomain(this.#domain(fields), command, fields);
    }
  }

  /** The tenant is gone: its domains are reset one by one, then all is its controller's again. */
  async reset(): Promise<void> {
    this.#isClosed = true;
    await Promise.allSettled(this.#creating);
    for (const [id, domain] of this.domains) {
      // A scheduler that has failed has closed the domain already.
      await domain.close().catch(() => {});
      this.#domains.delete(id);
    }
    this.#isClosed = false;
  }

  /** Domains that were closed from elsewhere do not exist any more. */
  forgetClosed(): void {
    for (const [id, domain] of this.#domains)
      if (domain.state === 'closed') this.#domains.delete(id);
  }

  async #create(spec: unknown): Promise<DomainGrant> {
    const creating = this.#host.createDomain(withinLimits(spec, this.#host.limits));
    this.#creating.add(creating);
    try {
      const domain = await creating;
      // The tenant died while it waited: `reset` waits for this, and finds the domain.
      const id = this.#freeId();
      const serial = this.#nextSerial++;
      this.#domains.set(id, domain);
      this.#serials.set(id, serial);
      if (this.#isClosed) throw new DlbError('ERR_DLB_DOMAIN_CLOSED', 'the tenant is being reset');
      const ports = Array.from({ length: domain.portCount }, (_, port) => domain.attachment(port));
      return { id, serial, name: domain.name, attachments: ports };
    } finally {
      this.#creating.delete(creating);
    }
  }

  async #close(fields: Fields): Promise<void> {
    const domain = this.#domain(fields);
    try {
      await domain.close();
    } finally {
      this.#domains.delete(fields['domainId'] as number);
    }
  }

  /** The tenant is told of recoveries, or not any more. */
  #reportTo(domain: Domain, { domainId, serial, thread, isOn }: Fields): void {
    if (isOn !== true) return domain.reportRecoveries(null);
    domain.reportRecoveries({
      thread: thread === null ? null : field.wholeNumber(thread, 'thread', THREADS),
      tell: async ({ events, reason, lent }) => {
        const why = String(reason.details['why']);
        const body = { domainId, serial, events, why, lent } as RecoveredBody;
        // One that does not answer, or is gone, holds nobody up.
        await this.#tell('recovered', body).catch(() => {});
      },
    });
  }

  #freeId(): number {
    let id = 0;
    while (this.#domains.has(id)) id++;
    return id;
  }

  /** A foreign domain and one that does not exist look the same. */
  #domain(fields: Fields): Domain {
    const id = fields['domainId'];
    const domain = this.#domains.get(id as number);
    const isThat = this.#serials.get(id as number) === fields['serial'];
    if (domain !== undefined && isThat) return domain;
    throw new DlbError('ERR_DLB_INVALID_DOMAIN_ID', 'there is no such domain', {
      field: 'domainId',
      domainId: id,
    });
  }
}

type Fields = Readonly<Record<string, unknown>>;

function bodyOf(body: unknown): Fields {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Fields;
  throw field.invalid('body', typeof body, 'an object', 'ERR_DLB_INVALID_ARGUMENT');
}

/** Control checks every argument: types are its word, not the tenant's. */
function onDomain(domain: Domain, command: string, fields: Fields): unknown {
  const port = fields['portId'] as number;
  const queue = fields['queueId'] as number;
  switch (command) {
    case 'start':
      return domain.start();
    case 'stop':
      return stop(domain, fields['graceMs'] as number | undefined);
    case 'link':
      return domain.linkProfile(port, profileOf(fields), queue, fields['priority'] as number);
    case 'unlink':
      return domain.unlinkProfile(port, profileOf(fields), queue);
    case 'unlinksInProgress':
      return domain.unlinksInProgress(port);
    case 'reclaim':
      return domain.reclaim(port);
    case 'enablePort':
      checkNotCut(domain, port);
      return domain.enablePort(port);
    case 'disablePort':
      checkNotCut(domain, port);
      return domain.disablePort(port);
    case 'stats':
      return domain.stats();
    case 'queueAttributes':
      return domain.queueAttributes(queue);
    case 'setQueueAttributes':
      return domain.setQueueAttributes(queue, fields['attributes'] as object);
    case 'portAttributes':
      return domain.portAttributes(port);
    case 'raiseAlert':
      return domain.raiseAlert(fields['aux'] as number);
    case 'nextAlert':
      return domain.nextAlert();
    case 'why':
      return domain.why(queue, fields['flowId'] as number | undefined);
    default:
      throw new DlbError('ERR_DLB_NOT_SUPPORTED', 'the command is not supported', {
        field: 'command',
        command,
      });
  }
}

/** A port that has made too many faults is enabled by the controller, and by nobody else. */
function checkNotCut(domain: Domain, port: number): void {
  if (!domain.portCutOff(port)) return;
  const what = 'the port is cut off, since it made too many faults';
  throw new DlbError('ERR_DLB_NOT_PERMITTED', what, { field: 'portId', portId: port });
}

function profileOf(fields: Fields): number {
  return (fields['profile'] ?? 0) as number;
}

/** The flushed events travel as words, four each. */
async function stop(domain: Domain, graceMs: number | undefined): Promise<Int32Array> {
  const parts: Int32Array[] = [];
  const keep = (events: EventBurst): void => {
    parts.push(events.words.slice(0, events.length * QE_WORDS));
  };
  const grace = graceMs === undefined ? {} : { graceMs: checkGrace(graceMs) };
  await domain.stop(keep, grace);
  const words = new Int32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    words.set(part, at);
    at += part.length;
  }
  return words;
}

/** Its domains are closed when it dies, and a close waits for a stop. */
function checkGrace(graceMs: unknown): number {
  if (typeof graceMs === 'number' && graceMs >= 0 && graceMs <= GRACE_MAX_MS) return graceMs;
  const allowed = `a number of milliseconds, 0..${GRACE_MAX_MS}`;
  throw field.invalid('graceMs', graceMs, allowed, 'ERR_DLB_INVALID_ARGUMENT');
}
