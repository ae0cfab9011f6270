/** Figures per second, from the difference between two looks. */
import type { DomainStats, PortStats, QueueStats } from '../index.js';
import type { Client } from './client.js';
import type { DeviceInfo } from './find-device.js';

/** One look. */
export interface Look {
  readonly info: DeviceInfo;
  /** Milliseconds of a clock that only goes forward. */
  readonly at: number;
  readonly domains: readonly DomainLook[];
}

type Tree<T> = Readonly<Record<string, T>>;
type Whole = Omit<DomainStats, 'ports' | 'queues'>;
interface PortNode {
  readonly name: string;
  readonly stats: PortStats;
}
interface QueueNode {
  readonly name: string;
  readonly type: string;
  readonly stats: QueueStats & { readonly waiting: number };
}

interface DomainLook {
  readonly id: number;
  readonly name: string;
  readonly state: string;
  readonly eventsLimit: number;
  readonly stats: Whole;
  readonly ports: Tree<PortNode>;
  readonly queues: Tree<QueueNode>;
}

/** A row of the table; what ends in PerSecond is a rate, the others are levels. */
export interface PortSample {
  readonly id: number;
  readonly name: string;
  readonly inPerSecond: number;
  readonly outPerSecond: number;
  /** Events in its enqueue ring, and in its CQ. */
  readonly enqueueDepth: number;
  readonly depth: number;
  readonly inflight: number;
  readonly credits: number;
  /** Bursts cut short, by reason. */
  readonly stallsPerSecond: {
    readonly credit: number;
    readonly threshold: number;
    readonly ringFull: number;
  };
}

export interface QueueSample {
  readonly id: number;
  readonly name: string;
  readonly type: string;
  readonly inPerSecond: number;
  readonly outPerSecond: number;
  readonly depth: number;
  readonly inflight: number;
  readonly reorderedPerSecond: number;
  readonly droppedPerSecond: number;
}

export interface DomainSample {
  readonly id: number;
  readonly name: string;
  readonly state: string;
  readonly eventsLimit: number;
  readonly inPerSecond: number;
  readonly outPerSecond: number;
  readonly passesPerSecond: number;
  readonly inflight: number;
  readonly creditsFree: number;
  /** By the domain, its ports and its queues together. */
  readonly dropped: number;
  readonly ports: readonly PortSample[];
  readonly queues: readonly QueueSample[];
}

export interface Sample {
  readonly device: string;
  readonly pid: number;
  /** Between the two looks. */
  readonly seconds: number;
  readonly domains: readonly DomainSample[];
}

export async function look(client: Client): Promise<Look> {
  const info = await client.get<DeviceInfo>('/info');
  const domains: DomainLook[] = [];
  for (const { id, name, state } of info.domains) {
    const at = `/tree/domains/${id}`;
    // A domain that was closed in between is simply not there.
    const parts = await Promise.all([
      client.get<number>(`${at}/eventsLimit`),
      client.get<Whole>(`${at}/stats`),
      client.get<Tree<PortNode>>(`${at}/ports`),
      client.get<Tree<QueueNode>>(`${at}/queues`),
    ]).catch((error: { code?: string }) => {
      if (error.code === 'ERR_DLB_INVALID_PATH') return undefined;
      throw error;
    });
    if (parts === undefined) continue;
    const [eventsLimit, stats, ports, queues] = parts;
    domains.push({ id, name, state, eventsLimit, stats, ports, queues });
  }
  return { info, at: performance.now(), domains };
}

export function difference(before: Look, now: Look): Sample {
  const seconds = (now.at - before.at) / 1000;
  const rates = new Rates(seconds);
  const domains = now.domains.flatMap((domain) => {
    const then = before.domains.find(({ id }) => id === domain.id);
    return then === undefined ? [] : [domainSample(rates, then, domain)];
  });
  return { device: now.info.name, pid: now.info.pid, seconds, domains };
}

class Rates {
  readonly #seconds: number;

  constructor(seconds: number) {
    this.#seconds = seconds;
  }

  /** A count that went down was reset in between. */
  of(before: number, now: number): number {
    const grown = now >= before ? now - before : now;
    return this.#seconds > 0 ? grown / this.#seconds : 0;
  }
}

function domainSample(rates: Rates, before: DomainLook, now: DomainLook): DomainSample {
  const { id, name, state, eventsLimit, stats } = now;
  return {
    id,
    name,
    state,
    eventsLimit,
    inPerSecond: rates.of(before.stats.rx, stats.rx),
    outPerSecond: rates.of(before.stats.tx, stats.tx),
    passesPerSecond: rates.of(before.stats.passes, stats.passes),
    inflight: stats.inflight,
    creditsFree: stats.creditsFree,
    dropped: dropsOf(now),
    ports: Object.entries(now.ports).map(([key, port]) =>
      portSample(rates, Number(key), before.ports[key]!.stats, port),
    ),
    queues: Object.entries(now.queues).map(([key, queue]) =>
      queueSample(rates, Number(key), before.queues[key]!.stats, queue),
    ),
  };
}

/** Each drop is counted in one place. */
function dropsOf({ stats, ports, queues }: DomainLook): number {
  const parts = [...Object.values(ports), ...Object.values(queues)];
  return parts.reduce((sum, part) => sum + part.stats.dropped, stats.dropped);
}

function portSample(rates: Rates, id: number, before: PortStats, port: PortNode): PortSample {
  const { stats } = port;
  const stalls = (reason: keyof PortStats['refused']): number =>
    rates.of(before.refused[reason], stats.refused[reason]);
  return {
    id,
    name: port.name,
    inPerSecond: rates.of(before.rx, stats.rx),
    outPerSecond: rates.of(before.tx, stats.tx),
    enqueueDepth: stats.enqueueUsed,
    depth: stats.cqUsed,
    inflight: stats.inflight,
    credits: stats.credits,
    stallsPerSecond: {
      credit: stalls('credit'),
      threshold: stalls('threshold'),
      ringFull: stalls('ringFull'),
    },
  };
}

function queueSample(
  rates: Rates,
  id: number,
  before: QueueStats,
  { name, type, stats }: QueueNode,
): QueueSample {
  return {
    id,
    name,
    type,
    inPerSecond: rates.of(before.rx, stats.rx),
    outPerSecond: rates.of(before.tx, stats.tx),
    depth: stats.waiting,
    inflight: stats.inflight,
    reorderedPerSecond: rates.of(before.reordered, stats.reordered),
    droppedPerSecond: rates.of(before.dropped, stats.dropped),
  };
}
