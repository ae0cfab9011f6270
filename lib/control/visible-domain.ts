/**
 * What can be read of a domain: statistics, attributes, links. Nothing here asks the scheduler.
 *
 * Runs on: the thread that opened the device.
 */
import type {
  DomainState,
  DomainStats,
  PortSpec,
  QueueAttributes,
  QueueSpec,
} from '../eventdev/spec.js';
import type { DomainMemory } from './domain-memory.js';
import { dump } from './dump.js';
import * as field from './fields.js';
import { LinkTable } from './link-table.js';
import type { Link } from './link-table.js';
import type { Checked } from './spec-check.js';
import { StatsReader } from './stats-reader.js';
import type { XstatName, XstatsMode } from './xstats.js';
import { Xstats } from './xstats.js';

/** What a port is. */
export type PortAttributes = Required<Omit<PortSpec, 'links' | 'dequeueDepth'>> & {
  /** Undefined where the spec leaves it open. */
  dequeueDepth: number | undefined;
};

export abstract class VisibleDomain {
  readonly id: number;
  readonly name: string;
  protected readonly checked: Checked;
  protected readonly linkTable: LinkTable;
  /** Per queue, what may change at run time. */
  protected readonly attributes: Required<QueueAttributes>[];
  /** Per port, free-running. */
  protected readonly unlinksAsked: number[];
  readonly #stats: StatsReader;
  readonly #xstats: Xstats;

  protected constructor(id: number, checked: Checked, memory: DomainMemory, isThreaded: boolean) {
    this.id = id;
    this.name = checked.name ?? `domain${id}`;
    this.checked = checked;
    this.linkTable = new LinkTable(checked);
    this.attributes = checked.queues.map(({ priority, weight, affinity }) => ({
      priority,
      weight,
      affinity,
    }));
    this.unlinksAsked = checked.ports.map(() => 0);
    this.#stats = new StatsReader(memory);
    this.#xstats = new Xstats(memory, this.#stats, isThreaded);
  }

  abstract get state(): DomainState;

  /** To be called before statistics are read. */
  protected abstract refresh(): void;

  /**
   * The links of a port in a profile, by queue.
   * @throws DlbError ERR_DLB_INVALID_PORT_ID, ERR_DLB_INVALID_ARGUMENT
   */
  links(portId: number, profile = 0): Link[] {
    return this.linkTable.of(this.checkPort(portId), profile);
  }

  /**
   * Unlinks of the port that have not taken effect.
   * @throws DlbError ERR_DLB_INVALID_PORT_ID
   */
  unlinksInProgress(portId: number): number {
    const port = this.checkPort(portId);
    return (this.unlinksAsked[port]! - this.#stats.levels.unlinksDone(port)) | 0;
  }

  /**
   * What a queue is now.
   * @throws DlbError ERR_DLB_INVALID_QID
   */
  queueAttributes(queueId: number): Required<QueueSpec> {
    const queue = this.checkQueue(queueId);
    const { name, type, flows, sequences, scope, fragments } = this.checked.queues[queue]!;
    return { name, type, ...this.attributes[queue]!, flows, sequences, scope, fragments };
  }

  /**
   * What a port is.
   * @throws DlbError ERR_DLB_INVALID_PORT_ID
   */
  portAttributes(portId: number): PortAttributes {
    const port = this.checked.ports[this.checkPort(portId)]!;
    return {
      name: port.name,
      newEventThreshold: port.newEventThreshold,
      dequeueDepth: port.adaptive ? undefined : port.depth,
      enqueueDepth: port.enqueueDepth,
      implicitRelease: port.implicitRelease,
      independentEnqueue: port.independent,
    };
  }

  /** A snapshot; in worker mode at most one pass old. */
  stats(): DomainStats {
    this.refresh();
    return this.#stats.read();
  }

  /** Counts start anew; levels (inflight, credits, used, free, pinned) are what they are. */
  resetStats(): void {
    this.refresh();
    this.#stats.counts.resetAll();
  }

  /**
   * Names and numbers of the extended statistics of the device, of one port or queue, or of all of
   * them if `id` is left out. None for a port or queue that does not exist.
   * @throws DlbError ERR_DLB_INVALID_ARGUMENT
   */
  xstatsNames(mode: XstatsMode, id?: number): XstatName[] {
    return this.#xstats.names(mode, id);
  }

  /**
   * Values by number, in the order of `ids`; left out: of all, in the order of `xstatsNames`.
   * @throws DlbError ERR_DLB_INVALID_PORT_ID, ERR_DLB_INVALID_QID, ERR_DLB_INVALID_ARGUMENT
   */
  xstats(mode: XstatsMode, id?: number, ids?: readonly number[]): number[] {
    this.refresh();
    return this.#xstats.values(mode, id, ids);
  }

  /** The number of a statistic and its value; undefined if none has that name. */
  xstatByName(name: string): { id: number; value: number } | undefined {
    this.refresh();
    return this.#xstats.byName(name);
  }

  /**
   * These counts start anew, in `stats()` as well; levels are passed over. `id` left out: of all
   * ports or queues; `ids` left out: all counts.
   * @throws DlbError ERR_DLB_INVALID_PORT_ID, ERR_DLB_INVALID_QID, ERR_DLB_INVALID_ARGUMENT
   */
  resetXstats(mode: XstatsMode, id?: number, ids?: readonly number[]): void {
    this.refresh();
    this.#xstats.reset(mode, id, ids);
  }

  /** The whole domain as text, for people: state, counts, levels, links, and what stalls. */
  dump(): string {
    this.refresh();
    return dump({
      id: this.id,
      name: this.name,
      state: this.state,
      checked: this.checked,
      attributes: this.attributes,
      links: this.linkTable.all,
      reader: this.#stats,
    });
  }

  /** All unlinks that were asked for are in force. */
  protected settleUnlinks(port: number): void {
    this.unlinksAsked[port] = this.#stats.levels.unlinksDone(port);
  }

  protected checkPort(portId: number): number {
    return field.wholeNumber(portId, 'portId', {
      min: 0,
      max: this.checked.ports.length - 1,
      code: 'ERR_DLB_INVALID_PORT_ID',
    });
  }

  protected checkQueue(queueId: number): number {
    return field.wholeNumber(queueId, 'queueId', {
      min: 0,
      max: this.checked.queues.length - 1,
      code: 'ERR_DLB_INVALID_QID',
    });
  }
}
