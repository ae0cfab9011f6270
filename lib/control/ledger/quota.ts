/** A virtual device's share: counts by resource, taken from the device whole. */
import { DlbError } from '../../eventdev/errors.js';
import * as field from '../fields.js';
import { COUNTED, noCounts } from './names.js';
import type { ResourceName } from './names.js';
import { Owner } from './owner.js';
import type { Demand } from './owner.js';

/** Counts by resource, as `device.resources()` names them; left out: none. `ports` are of any class, `classPorts0` to
 *  `classPorts3` of one each, on top of those. `memory` left out: what domains of such a quota take, see README.md. */
export type Quota = Partial<Record<ResourceName, number>>;

/** What domains of a quota that does not say take: tables and buffers of a domain, and what grows with its credits, in
 *  scheduler memory and in the ring and history of each port. */
const DOMAIN_BYTES = 64 << 20;
const CREDIT_BYTES = 512;
const PORT_CREDIT_BYTES = 128;

function usualMemory({ domains = 0, credits = 0, ports = 0, ...rest }: Quota): number {
  const all = credits + (rest.directedCredits ?? 0);
  return domains * DOMAIN_BYTES + all * (CREDIT_BYTES + ports * PORT_CREDIT_BYTES);
}

export class QuotaOwner {
  readonly owner: Owner;
  readonly #device: Owner;
  readonly #names: ReadonlySet<ResourceName>;
  readonly #shown: Set<ResourceName>;
  #quota: Quota = {};

  /** @throws DlbError ERR_DLB_INVALID_ARGUMENT; ERR_DLB_*_UNAVAILABLE */
  constructor(device: Owner, names: ReadonlySet<ResourceName>, quota: Quota) {
    this.#device = device;
    this.#names = new Set([...names, 'memory']);
    const checked = this.#check(quota);
    this.#shown = new Set(names);
    this.owner = new Owner(device.take(this.#demand(checked), 'quota.'), this.#shown);
    this.#keep(checked);
  }

  get quota(): Quota {
    return { ...this.#quota };
  }

  /** Changes counts; those left out stay. What it had goes back first; if the device has not as much then, it gets the same
   *  again. Nothing of it may be taken. @throws DlbError */
  set(quota: Quota): void {
    const checked = { ...this.#quota, ...this.#check(quota) };
    if (!this.owner.isWhole) {
      throw new DlbError('ERR_DLB_NOT_PERMITTED', 'resources of the quota are in use', {
        field: 'quota',
      });
    }
    const before = this.owner.all;
    this.#device.give(before);
    try {
      this.owner.become(this.#device.take(this.#demand(checked), 'quota.'));
      this.#keep(checked);
    } catch (error) {
      // The very same: ports of the same classes, the same run.
      this.#device.retake(before);
      throw error;
    }
  }

  /** All of it goes back to the device. Nothing of it may be taken, but by domains whose reset has failed. */
  close(): void {
    this.#device.give(this.owner.all);
    this.owner.handOverFailed(this.#device);
    this.owner.become({
      counts: noCounts(),
      classPorts: this.owner.all.classPorts.map(() => 0),
      sequenceSlots: this.owner.all.sequenceSlots.map(() => 0),
      history: { at: 0, length: 0 },
    });
    this.#quota = {};
  }

  /** Memory is told where the controller has said how much. */
  #keep(quota: Quota): void {
    this.#quota = quota;
    if (quota.memory !== undefined) this.#shown.add('memory');
  }

  #check(quota: Quota): Quota {
    field.checkObject(quota, 'quota', [...this.#names]);
    for (const [name, count] of Object.entries(quota)) {
      const code = 'ERR_DLB_INVALID_ARGUMENT';
      field.wholeNumber(count, `quota.${name}`, { min: 0, max: Number.MAX_SAFE_INTEGER, code });
    }
    return { ...quota };
  }

  #demand(quota: Quota): Demand {
    const counts = noCounts();
    for (const name of COUNTED) counts[name] = quota[name] ?? 0;
    counts.memory = quota.memory ?? usualMemory(quota);
    const { classPorts, sequenceSlots } = this.#device.all;
    return {
      ...counts,
      ports: quota.ports ?? 0,
      classPorts: classPorts.map((_, i) => quota[`classPorts${i}`] ?? 0),
      isStrict: true,
      historyEntries: quota.historyEntries ?? 0,
      sequenceSlots: sequenceSlots.map((_, i) => quota[`sequenceSlots${i}`] ?? 0),
    };
  }
}
