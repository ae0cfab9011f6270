/** One look at a device: each domain's statistics are read once, however many nodes show them. */
import type { DomainStats } from '../../eventdev/spec.js';
import type { Domain } from '../domain.js';
import type { XstatsMode } from '../xstats.js';

export interface XstatReading {
  readonly mode: XstatsMode;
  readonly number: number;
  readonly value: number;
}

const MODES = ['device', 'port', 'queue'] as const satisfies XstatsMode[];

export class Reading {
  readonly #stats = new Map<Domain, DomainStats>();
  readonly #xstats = new Map<Domain, ReadonlyMap<string, XstatReading>>();

  stats(domain: Domain): DomainStats {
    let stats = this.#stats.get(domain);
    if (stats === undefined) {
      stats = domain.stats();
      this.#stats.set(domain, stats);
    }
    return stats;
  }

  /** By name. */
  xstats(domain: Domain): ReadonlyMap<string, XstatReading> {
    let xstats = this.#xstats.get(domain);
    if (xstats === undefined) {
      xstats = readXstats(domain);
      this.#xstats.set(domain, xstats);
    }
    return xstats;
  }
}

function readXstats(domain: Domain): ReadonlyMap<string, XstatReading> {
  const all = new Map<string, XstatReading>();
  for (const mode of MODES) {
    const values = domain.xstats(mode);
    for (const [i, { id, name }] of domain.xstatsNames(mode).entries()) {
      all.set(name, { mode, number: id, value: values[i]! });
    }
  }
  return all;
}
