/** One look at a device: each domain's statistics are read once, however many nodes show them. */
import type { DomainStats } from '../../eventdev/spec.js';
import type { Domain } from '../domain.js';
import type { XstatsMode } from '../xstats.js';

const MODES = ['device', 'port', 'queue'] as const satisfies XstatsMode[];

export class Reading {
  readonly #stats = new Map<Domain, DomainStats>();
  readonly #xstats = new Map<Domain, ReadonlyMap<string, number>>();

  stats(domain: Domain): DomainStats {
    let stats = this.#stats.get(domain);
    if (stats === undefined) {
      stats = domain.stats();
      this.#stats.set(domain, stats);
    }
    return stats;
  }

  /** Values by name. */
  xstats(domain: Domain): ReadonlyMap<string, number> {
    let xstats = this.#xstats.get(domain);
    if (xstats === undefined) {
      xstats = readXstats(domain);
      this.#xstats.set(domain, xstats);
    }
    return xstats;
  }
}

function readXstats(domain: Domain): ReadonlyMap<string, number> {
  const all = new Map<string, number>();
  for (const mode of MODES) {
    const values = domain.xstats(mode);
    for (const [i, { name }] of domain.xstatsNames(mode).entries()) all.set(name, values[i]!);
  }
  return all;
}
