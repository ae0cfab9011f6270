/**
 * What can be read of a domain: statistics, attributes, links. Nothing here asks the scheduler.
 *
 * Runs on: the thread that opened the device.
 */
import type {
  BuffersSpec,
  DomainSpec,
  DomainState,
  DomainStats,
  PortSpec,
  QueueAttributes,
  QueueSpec,
} from '../eventdev/spec.js';
import { OPAQUE_RANGE } from '../eventdev/limits.js';
import type { Alert, LinkSlot } from '../eventdev/reports.js';
import { AlertReader } from './alert-reader.js';
import type { DomainMemory } from './domain-memory.js';
import { dump } from './dump.js';
import * as field from './fields.js';
import type { LinkTable } from './link-table.js';
import type { Link } from './link-table.js';
import type { Checked } from './spec-check.js';
import { StatsReader } from './stats-reader.js';
import type { XstatName, XstatsMode } from './xstats.js';
import { Xstats } from './xstats.js';

/** Optional fields that a device may be left to choose: undefined where it was, or where the model has none. */
type Open<T, K extends keyof T> = Required<Omit<T, K>> & {
  [P in K]: Exclude<T[P], undefined> | undefined;
};

/** What a port is. */
export type PortAttributes = Open<
  Omit<PortSpec, 'links'>,
  'dequeueDepth' | 'historyDepth' | 'kind' | 'cos'
>;

/** What a queue is. */
export type WholeQueueAttributes = Open<QueueSpec, 'inflights' | 'atomicInflights'>;

/** What a domain is, its queues and ports left out. */
export type DomainAttributes = Open<
  Omit<DomainSpec, 'queues' | 'ports' | 'buffers'>,
  'directedCredits' | 'cosStrict'
> & {
  /** Undefined if the spec asked for none. */
  buffers: Required<BuffersSpec> | undefined;
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
  protected readonly alertReader: AlertReader;
  readonly #stats: StatsReader;
  readonly #xstats: Xstats;

  readonly #strictLinks: boolean;

  protected constructor(
    id: number,
    checked: Checked,
    memory: DomainMemory,
    links: LinkTable,
    strictLinks: boolean,
  ) {
    this.id = id;
    this.name = checked.name ?? `domain${id}`;
    this.checked = checked;
    this.linkTable = links;
    this.#strictLinks = strictLinks;
    this.attributes = checked.queues.map(({ priority, weight, affinity }) => ({
      priority,
      weight,
      affinity,
    }));
    this.unlinksAsked = checked.ports.map(() => 0);
    const m = new Int32Array(memory.schedulerMemory);
    this.alertReader = new AlertReader(m, memory.schedulerLayout.alerts);
    this.#stats = new StatsReader(memory);
    this.#xstats = new Xstats(memory, this.#stats);
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
   * The eight slots of a port of a DLB model: what its links of profile 0 are doing. None on a device of
   * model 'host', where links are not limited.
   * @throws DlbError ERR_DLB_INVALID_PORT_ID
   */
  slots(portId: number): LinkSlot[] {
    const port = this.checkPort(portId);
    return this.#strictLinks ? this.#stats.levels.slots(port) : [];
  }

  /**
   * Unlinks of the port that have not taken effect.
   * @throws DlbError ERR_DLB_INVALID_PORT_ID
   */
  unlinksInProgress(portId: number): number {
    const port = this.checkPort(portId);
    return (this.unlinksAsked[port]! - this.#stats.levels.unlinksDone(port)) | 0;
  }

  /** How many ports there are: 0 to below this. */
  get portCount(): number {
    return this.checked.ports.length;
  }

  /** How often the scheduler died, was replaced, and what was inside was reported: see `onRecovery`. */
  get recoveries(): number {
    return this.#stats.recoveries();
  }

  /** What the domain is; how many queues and ports it has is in `stats()`. */
  domainAttributes(): DomainAttributes {
    const { eventsLimit, capacity, buffers, turnEvery, watchdogMs, faultLimit } = this.checked;
    const { directedCredits, cosStrict, sequenceSlots } = this.checked;
    const isDlb = sequenceSlots.length > 0;
    return {
      name: this.name,
      eventsLimit: eventsLimit - directedCredits,
      capacity,
      buffers: buffers === null ? undefined : { ...buffers },
      starvationAvoidance: turnEvery === 0 ? 0 : 1 / turnEvery,
      watchdogMs,
      faultLimit,
      directedCredits: isDlb ? directedCredits : undefined,
      cosStrict: isDlb ? cosStrict : undefined,
    };
  }

  /**
   * Whether the port is given events: false from `disablePort`, or too many faults, to `enablePort`.
   * @throws DlbError ERR_DLB_INVALID_PORT_ID
   */
  portEnabled(portId: number): boolean {
    return !this.#stats.levels.isHeld(this.checkPort(portId));
  }

  /**
   * Whether the port is disabled because it made more faults than the domain's `faultLimit`.
   * @throws DlbError ERR_DLB_INVALID_PORT_ID
   */
  portCutOff(portId: number): boolean {
    return this.#stats.levels.isCutOff(this.checkPort(portId));
  }

  /**
   * Id of the thread that has the port attached, -1 if none has.
   * @throws DlbError ERR_DLB_INVALID_PORT_ID
   */
  portThread(portId: number): number {
    return this.#stats.levels.owner(this.checkPort(portId));
  }

  /**
   * What a queue is now.
   * @throws DlbError ERR_DLB_INVALID_QID
   */
  queueAttributes(queueId: number): WholeQueueAttributes {
    const queue = this.checkQueue(queueId);
    const { name, type, flows, sequences, scope, fragments, ...rest } = this.checked.queues[queue]!;
    const inflights = rest.inflights || undefined;
    const atomicInflights = rest.atomicInflights || undefined;
    const fixed = { flows, sequences, scope, fragments, inflights, atomicInflights };
    return { name, type, ...this.attributes[queue]!, ...fixed };
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
      wideNames: port.names > OPAQUE_RANGE,
      historyDepth: port.historyDepth || undefined,
      kind: port.kind ?? undefined,
      cos: port.cos ?? undefined,
    };
  }

  /**
   * Takes the oldest alert of the domain; undefined when there is none. An alert reaches one reader.
   * Works on a closed domain as well.
   */
  nextAlert(): Alert | undefined {
    return this.alertReader.next();
  }

  /** Alerts that found no room: the domain keeps 256 that were not read. */
  get alertsLost(): number {
    return this.alertReader.lost;
  }

  /**
   * The alerts of the domain as they come, until it closes or `signal` is aborted; what was raised before
   * is told first. Several readers share them. Waiting does not keep the process alive.
   */
  alerts(options: { signal?: AbortSignal } = {}): AsyncGenerator<Alert, void> {
    return this.alertReader.all(options.signal);
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
