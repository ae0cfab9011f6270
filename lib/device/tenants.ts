/** The virtual devices of a device. */
import { setTimeout as sleep } from 'node:timers/promises';
import { checkLimits, fields, QuotaOwner, Turns, VirtualDevice } from '../control/index.js';
import type { Domain, Ledger, Owner } from '../control/index.js';
import { DlbError } from '../eventdev/errors.js';
import { DLB_VDEVS_MAX, VDEVS_MAX } from '../eventdev/limits.js';
import type { DomainSpec, VirtualDeviceSpec } from '../eventdev/spec.js';
import { RelayThread } from './relay-thread.js';

/** How often a reset looks whether tenants have closed their domains. */
const RESET_LOOK_MS = 10;

type CreateFor = (owner: Owner, spec: DomainSpec) => Promise<Domain>;

export class Tenants {
  readonly #ledger: Ledger;
  readonly #createFor: CreateFor;
  readonly #devices = new Map<VirtualDevice, QuotaOwner>();
  /** What all of them ask for. */
  readonly #turns = new Turns();
  #nextId = 0;

  constructor(ledger: Ledger, createFor: CreateFor) {
    this.#ledger = ledger;
    this.#createFor = createFor;
  }

  /** See `device.createVirtualDevice`. */
  create(spec: VirtualDeviceSpec): VirtualDevice {
    fields.checkObject(spec, 'spec', ['name', 'quota', 'limits', 'onDeath', 'onCutOff']);
    const id = this.#nextId;
    const name = fields.text(spec.name, 'spec.name', `vdev${id}`);
    const onDeath = fields.oneOf(spec.onDeath, 'spec.onDeath', ['return', 'keep'], 'return');
    const onCutOff = fields.callback(spec.onCutOff, 'spec.onCutOff', warn);
    const limits = checkLimits(spec.limits, 'spec.limits');
    const { device, names, groups } = this.#ledger;
    const max = groups === null ? VDEVS_MAX : DLB_VDEVS_MAX;
    if (this.#devices.size >= max) {
      const what = 'the device has as many virtual devices as it may have';
      throw new DlbError('ERR_DLB_VDEVS_UNAVAILABLE', what, { max });
    }
    const quota = new QuotaOwner(device, names, spec.quota);
    this.#nextId++;
    const { owner } = quota;
    const host = {
      createDomain: (its: DomainSpec) => this.#createFor(owner, its),
      resources: () => owner.report(),
      limits,
    };
    const virtual: VirtualDevice = new VirtualDevice(quota, host, {
      id,
      name,
      onDeath,
      openChannel: () => new RelayThread(),
      turns: this.#turns,
      onCutOff,
      onClose: () => void this.#devices.delete(virtual),
    });
    this.#devices.set(virtual, quota);
    return virtual;
  }

  /** Those that are open, by id. */
  all(): VirtualDevice[] {
    return [...this.#devices.keys()].toSorted((a, b) => a.id - b.id);
  }

  /** Tells all, and waits until none has a domain, or for `timeoutMs`. */
  async prepareReset(timeoutMs: number): Promise<void> {
    const tenants = this.all();
    for (const tenant of tenants) tenant.notifyReset(timeoutMs);
    const isUsed = (): boolean => tenants.some((tenant) => tenant.domains().length > 0);
    const until = performance.now() + timeoutMs;
    while (isUsed() && performance.now() < until) await sleep(RESET_LOOK_MS);
  }

  /** All domains are closed. */
  finishReset(): void {
    for (const [tenant, { owner }] of this.#devices) {
      tenant.forgetDomains();
      owner.forgive();
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.all().map((tenant) => tenant.close()));
  }
}

/** Nobody has asked to be told. */
function warn(why: DlbError): void {
  process.emitWarning(why.message, { code: why.code });
}
