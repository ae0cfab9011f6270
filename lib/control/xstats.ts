/**
 * Extended statistics: every count and level of a domain by name and by number.
 *
 * Runs on: control's thread. After `rte_event_dev_xstats_*`; names as event_sw's, reasons for a
 * refused enqueue as dlb2's. Numbers run over the whole domain: device, then port by port, then
 * queue by queue.
 */
import { DlbError } from '../eventdev/errors.js';
import type { DomainMemory } from './domain-memory.js';
import * as field from './fields.js';
import type { StatsReader } from './stats-reader.js';
import type { Xstat } from './xstat-lists.js';
import { deviceXstats, portXstats, queueXstats } from './xstat-lists.js';

export type XstatsMode = 'device' | 'port' | 'queue';

export interface XstatName {
  id: number;
  name: string;
}

/** The statistics of the device, of one port or of one queue. */
interface Group {
  /** Number of its first. */
  readonly first: number;
  readonly list: readonly Xstat[];
}

const MODES = ['device', 'port', 'queue'] as const satisfies XstatsMode[];
const NAME = /^(?:dev|port_(?<port>\d+)|qid_(?<queue>\d+))_/;

export class Xstats {
  readonly #reader: StatsReader;
  readonly #isThreaded: boolean;
  readonly #ports: number;
  readonly #queues: number;
  readonly #portsFrom: number;
  readonly #queuesFrom: number;
  readonly #perPort: number;
  readonly #perQueue: number;

  constructor(memory: DomainMemory, reader: StatsReader, isThreaded: boolean) {
    this.#isThreaded = isThreaded;
    this.#reader = reader;
    this.#ports = memory.layout.ports.length;
    this.#queues = memory.shape.queues;
    this.#perPort = portXstats(reader, 0).length;
    this.#perQueue = queueXstats(reader, this.#ports, 0).length;
    this.#portsFrom = deviceXstats(reader, this.#ports, isThreaded).length;
    this.#queuesFrom = this.#portsFrom + this.#ports * this.#perPort;
  }

  names(mode: XstatsMode, id?: number): XstatName[] {
    checkMode(mode);
    if (id !== undefined && mode !== 'device' && !this.#exists(mode, id)) return [];
    return this.#groups(mode, id).flatMap(({ first, list }) =>
      list.map(({ name }, i) => ({ id: first + i, name })),
    );
  }

  values(mode: XstatsMode, id?: number, ids?: readonly number[]): number[] {
    const chosen = this.#choose(mode, id, ids);
    const snapshot = this.#reader.counts.snapshot();
    return chosen.map((xstat) => this.#value(xstat, snapshot));
  }

  byName(name: string): { id: number; value: number } | undefined {
    const match = NAME.exec(name);
    if (match === null) return undefined;
    const { port, queue } = match.groups!;
    const mode = port !== undefined ? 'port' : queue !== undefined ? 'queue' : 'device';
    const id = Number(port ?? queue);
    if (mode !== 'device' && !this.#exists(mode, id)) return undefined;
    const { first, list } = this.#group(mode, id);
    const i = list.findIndex((xstat) => xstat.name === name);
    if (i < 0) return undefined;
    return { id: first + i, value: this.#value(list[i]!, this.#reader.counts.snapshot()) };
  }

  reset(mode: XstatsMode, id?: number, ids?: readonly number[]): void {
    const chosen = this.#choose(mode, id, ids);
    const { counts } = this.#reader;
    const snapshot = counts.snapshot();
    for (const { cell } of chosen) if (cell !== undefined) counts.reset(cell, snapshot);
  }

  #value(xstat: Xstat, snapshot: Float64Array): number {
    if (xstat.cell === undefined) return xstat.level();
    return this.#reader.counts.since(xstat.cell, snapshot);
  }

  /** What the three arguments name, in the order of `ids`. */
  #choose(mode: XstatsMode, id?: number, ids?: readonly number[]): Xstat[] {
    checkMode(mode);
    if (id !== undefined && mode !== 'device') this.#check(mode, id);
    const groups = this.#groups(mode, id);
    if (ids === undefined) return groups.flatMap(({ list }) => list);
    if (!Array.isArray(ids)) {
      throw field.invalid('ids', ids, 'an array of numbers', 'ERR_DLB_INVALID_ARGUMENT');
    }
    return ids.map((number, i) => {
      for (const { first, list } of groups) {
        const found = list[number - first];
        if (found !== undefined) return found;
      }
      throw new DlbError('ERR_DLB_INVALID_ARGUMENT', 'no such statistic is there', {
        field: `ids[${i}]`,
        value: number,
        mode,
      });
    });
  }

  /** One group, or those of all ports or queues. */
  #groups(mode: XstatsMode, id: number | undefined): Group[] {
    if (id !== undefined || mode === 'device') return [this.#group(mode, id ?? 0)];
    const length = mode === 'port' ? this.#ports : this.#queues;
    return Array.from({ length }, (_, each) => this.#group(mode, each));
  }

  #group(mode: XstatsMode, id: number): Group {
    const reader = this.#reader;
    if (mode === 'device') {
      return { first: 0, list: deviceXstats(reader, this.#ports, this.#isThreaded) };
    }
    if (mode === 'port') {
      return { first: this.#portsFrom + id * this.#perPort, list: portXstats(reader, id) };
    }
    const first = this.#queuesFrom + id * this.#perQueue;
    return { first, list: queueXstats(reader, this.#ports, id) };
  }

  #exists(mode: 'port' | 'queue', id: number): boolean {
    return Number.isInteger(id) && id >= 0 && id < (mode === 'port' ? this.#ports : this.#queues);
  }

  #check(mode: 'port' | 'queue', id: number): void {
    const isPort = mode === 'port';
    field.wholeNumber(id, 'id', {
      min: 0,
      max: (isPort ? this.#ports : this.#queues) - 1,
      code: isPort ? 'ERR_DLB_INVALID_PORT_ID' : 'ERR_DLB_INVALID_QID',
    });
  }
}

function checkMode(mode: XstatsMode): void {
  if (MODES.includes(mode)) return;
  throw field.invalid('mode', mode, MODES.join(' | '), 'ERR_DLB_INVALID_ARGUMENT');
}
