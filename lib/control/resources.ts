/** What a device has, and what of it is taken. Verify all, then take all: nothing is taken by a
 *  call that fails. */
import { DlbError } from '../eventdev/errors.js';
import type { ErrorCode } from '../eventdev/errors.js';
import type { ModelLimits } from '../eventdev/limits.js';

export type ResourceName = keyof ModelLimits;
export type ResourceReport = Record<ResourceName, { total: number; available: number }>;
export type Demand = Record<ResourceName, number>;

const UNAVAILABLE: Record<ResourceName, ErrorCode> = {
  domains: 'ERR_DLB_DOMAIN_UNAVAILABLE',
  queues: 'ERR_DLB_LDB_QUEUES_UNAVAILABLE',
  ports: 'ERR_DLB_LDB_PORTS_UNAVAILABLE',
  credits: 'ERR_DLB_LDB_CREDITS_UNAVAILABLE',
};
/** In the order in which the DLB driver verifies them. */
const NAMES = ['domains', 'queues', 'ports', 'credits'] as const satisfies ResourceName[];

export class Resources {
  readonly #total: ModelLimits;
  readonly #taken: Demand = { domains: 0, queues: 0, ports: 0, credits: 0 };

  /** A reset has failed: what its domain had is not to be had by another. */
  #resetFailed = false;

  constructor(total: ModelLimits) {
    this.#total = total;
  }

  /** Nothing is given out any more, until the device is reset. */
  failReset(): void {
    this.#resetFailed = true;
  }

  /** @throws DlbError ERR_DLB_DOMAIN_RESET_FAILED, or with the DLB status of the first resource that falls short. */
  take(demand: Demand): void {
    if (this.#resetFailed) {
      const why = 'the reset of a domain has failed, so the device creates no other';
      throw new DlbError('ERR_DLB_DOMAIN_RESET_FAILED', why, { field: 'device' });
    }
    for (const name of NAMES) {
      const available = this.#total[name] - this.#taken[name];
      if (demand[name] <= available) continue;
      throw new DlbError(UNAVAILABLE[name], `the device has not enough ${name} left`, {
        field: name,
        wanted: demand[name],
        available,
        total: this.#total[name],
      });
    }
    for (const name of NAMES) this.#taken[name] += demand[name];
  }

  giveBack(demand: Demand): void {
    for (const name of NAMES) this.#taken[name] -= demand[name];
  }

  report(): ResourceReport {
    const entry = (name: ResourceName): { total: number; available: number } => ({
      total: this.#total[name],
      available: this.#total[name] - this.#taken[name],
    });
    return {
      domains: entry('domains'),
      queues: entry('queues'),
      ports: entry('ports'),
      credits: entry('credits'),
    };
  }
}
