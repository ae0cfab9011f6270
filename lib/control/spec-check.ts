/** From a domain specification to a complete plan: checks every field, fills in every default. */
import type { LinkCommand, PortPlan, QueuePlan } from '../eventdev/commands.js';
import { DlbError } from '../eventdev/errors.js';
import { PRIORITY } from '../eventdev/event.js';
import * as limits from '../eventdev/limits.js';
import type {
  BuffersSpec,
  DomainSpec,
  PortSpec,
  QueueAttributes,
  QueueSpec,
  QueueType,
} from '../eventdev/spec.js';
import type { PoolShape } from '../memory/layout.js';
import { powerOfTwoFrom } from '../memory/scheduler-layout.js';
import * as field from './fields.js';

/** A checked specification. */
export interface Checked {
  readonly name: string | null;
  readonly eventsLimit: number;
  /** Events that fit in, pieces beyond the limit included. */
  readonly capacity: number;
  readonly queues: readonly (QueuePlan & { readonly name: string })[];
  readonly ports: readonly CheckedPort[];
  readonly links: readonly LinkCommand[];
  readonly buffers: PoolShape | null;
  /** Every so many deliveries a less urgent event has its turn; 0: never. */
  readonly turnEvery: number;
  readonly watchdogMs: number;
  readonly faultLimit: number;
}

export interface CheckedPort extends PortPlan {
  readonly name: string;
  readonly enqueueDepth: number;
  readonly implicitRelease: boolean;
}

const QUEUE_TYPES: QueueType[] = ['atomic', 'ordered', 'parallel', 'directed', 'any'];
const QUEUE_FIELDS = [
  'name',
  'type',
  'priority',
  'weight',
  'affinity',
  'flows',
  'sequences',
  'scope',
  'fragments',
  'inflights',
];
const DEFAULT_ATTRIBUTES = { priority: PRIORITY.NORMAL, weight: 0, affinity: 0 };
const PRIORITIES = {
  min: PRIORITY.HIGHEST,
  max: PRIORITY.LOWEST,
  fallback: PRIORITY.NORMAL,
  code: 'ERR_DLB_INVALID_PRIORITY',
} as const;

/** @throws DlbError that names the first field that is wrong. */
export function checkSpec(spec: DomainSpec): Checked {
  field.checkObject(spec, 'spec', [
    'name',
    'eventsLimit',
    'queues',
    'ports',
    'buffers',
    'starvationAvoidance',
    'watchdogMs',
    'faultLimit',
  ]);
  const name = spec.name === undefined ? null : field.text(spec.name, 'spec.name', '');
  const eventsLimit = field.wholeNumber(spec.eventsLimit, 'spec.eventsLimit', {
    min: 1,
    max: limits.EVENTS_LIMIT_MAX,
  });
  field.checkList(spec.queues, 'spec.queues', 1, limits.QUEUES_MAX);
  field.checkList(spec.ports, 'spec.ports', 1, limits.PORTS_MAX);
  const queues = spec.queues.map(checkQueue);
  const ports = spec.ports.map((port, id) => checkPort(port, id, eventsLimit));
  const links = spec.ports.flatMap(({ links: its }, id) =>
    its === undefined ? [] : checkLinks(its, id, queues, `spec.ports[${id}].links`),
  );
  checkDirected(queues, links);
  const buffers = spec.buffers === undefined ? null : checkBuffers(spec.buffers, ports.length);
  const capacity = checkCapacity(eventsLimit, queues);
  const turnEvery = checkStarvation(spec.starvationAvoidance);
  const watchdogMs = field.wholeNumber(spec.watchdogMs, 'spec.watchdogMs', {
    min: 0,
    max: limits.WATCHDOG_MS_MAX,
    fallback: limits.WATCHDOG_MS_DEFAULT,
  });
  const faultLimit = field.wholeNumber(spec.faultLimit, 'spec.faultLimit', {
    min: 0,
    max: limits.FAULT_LIMIT_MAX,
    fallback: limits.FAULT_LIMIT_DEFAULT,
  });
  const rest = { turnEvery, watchdogMs, faultLimit };
  return { name, eventsLimit, capacity, queues, ports, links, buffers, ...rest };
}

/** The port that a directed queue is linked to already, or -1. */
export function otherPort(
  queues: readonly QueuePlan[],
  links: readonly LinkCommand[],
  wanted: LinkCommand,
): number {
  if (queues[wanted.queue]!.type !== 'directed') return -1;
  const other = links.find((link) => link.queue === wanted.queue && link.port !== wanted.port);
  return other === undefined ? -1 : other.port;
}

export function directedLinked(wanted: LinkCommand, linkedPort: number, at = 'queueId'): DlbError {
  return new DlbError('ERR_DLB_DIR_QUEUE_LINKED', 'a directed queue has exactly one port', {
    field: at,
    queueId: wanted.queue,
    portId: wanted.port,
    linkedPort,
  });
}

/** Those that are left out keep the value in `now`. */
export function checkAttributes(
  spec: QueueAttributes,
  at: string,
  now: Required<QueueAttributes>,
): Required<QueueAttributes> {
  const share = { min: 0, max: limits.WEIGHT_MAX };
  return {
    priority: field.wholeNumber(spec.priority, `${at}.priority`, {
      ...PRIORITIES,
      fallback: now.priority,
    }),
    weight: field.wholeNumber(spec.weight, `${at}.weight`, { ...share, fallback: now.weight }),
    affinity: field.wholeNumber(spec.affinity, `${at}.affinity`, {
      ...share,
      fallback: now.affinity,
    }),
  };
}

/** A share as a number of deliveries. */
function checkStarvation(share: number | undefined): number {
  const at = 'spec.starvationAvoidance';
  const most = limits.STARVATION_AVOIDANCE_MAX;
  const value = share === undefined ? limits.STARVATION_AVOIDANCE_DEFAULT : share;
  if (typeof value !== 'number' || !(value >= 0 && value <= most)) {
    throw field.invalid(at, value, `a number, 0..${most}`);
  }
  return value === 0 ? 0 : Math.round(1 / value);
}

/** Each event may become as many as its queue's `fragments` before NEW is refused. */
function checkCapacity(eventsLimit: number, queues: readonly QueuePlan[]): number {
  const most = Math.max(...queues.map((queue) => queue.fragments));
  const id = queues.findIndex((queue) => queue.fragments === most);
  const capacity = eventsLimit * most;
  if (capacity <= limits.EVENTS_LIMIT_MAX) return capacity;
  throw new DlbError('ERR_DLB_INVALID_SPEC', 'eventsLimit times fragments is more than fits in', {
    field: `spec.queues[${id}].fragments`,
    value: most,
    eventsLimit,
    max: Math.floor(limits.EVENTS_LIMIT_MAX / eventsLimit),
  });
}

function checkQueue(spec: QueueSpec, id: number): QueuePlan & { name: string } {
  const at = `spec.queues[${id}]`;
  field.checkObject(spec, at, QUEUE_FIELDS);
  const type = field.oneOf(spec.type, `${at}.type`, QUEUE_TYPES);
  const scope = field.oneOf(spec.scope, `${at}.scope`, ['queue', 'flow'], 'queue');
  const fragments = field.wholeNumber(spec.fragments, `${at}.fragments`, {
    min: 1,
    max: limits.EVENTS_LIMIT_MAX,
    fallback: 1,
  });
  const sequences = field.powerOfTwo(spec.sequences, `${at}.sequences`, {
    min: 1,
    max: limits.SEQUENCES_MAX,
    fallback: limits.SEQUENCES_DEFAULT,
  });
  const plan = {
    name: field.text(spec.name, `${at}.name`, `queue${id}`),
    type,
    scope,
    fragments,
    ...checkAttributes(spec, at, DEFAULT_ATTRIBUTES),
    flows: field.powerOfTwo(spec.flows, `${at}.flows`, {
      min: 1,
      max: limits.FLOWS_MAX,
      fallback: limits.FLOWS_DEFAULT,
    }),
    sequences,
    inflights: field.limit(spec.inflights, `${at}.inflights`, {
      max: type === 'ordered' ? sequences : limits.EVENTS_LIMIT_MAX,
      code: 'ERR_DLB_INVALID_QID_INFLIGHT_ALLOCATION',
    }),
  };
  return plan;
}

function checkPort(spec: PortSpec, id: number, eventsLimit: number): CheckedPort {
  const at = `spec.ports[${id}]`;
  field.checkObject(spec, at, [
    'name',
    'links',
    'newEventThreshold',
    'dequeueDepth',
    'enqueueDepth',
    'implicitRelease',
    'independentEnqueue',
    'historyDepth',
  ]);
  const independent = field.flag(spec.independentEnqueue, `${at}.independentEnqueue`, false);
  const deepest = independent ? limits.OPAQUE_RANGE : limits.DEQUEUE_DEPTH_MAX;
  const open = Math.min(limits.DEQUEUE_DEPTH_ADAPTIVE, deepest, powerOfTwoFrom(eventsLimit));
  return {
    name: field.text(spec.name, `${at}.name`, `port${id}`),
    newEventThreshold: field.wholeNumber(spec.newEventThreshold, `${at}.newEventThreshold`, {
      min: 1,
      max: eventsLimit,
      fallback: eventsLimit,
    }),
    depth: field.powerOfTwo(spec.dequeueDepth, `${at}.dequeueDepth`, {
      min: 1,
      max: deepest,
      fallback: open,
      code: 'ERR_DLB_INVALID_CQ_DEPTH',
    }),
    adaptive: spec.dequeueDepth === undefined,
    independent,
    enqueueDepth: field.wholeNumber(spec.enqueueDepth, `${at}.enqueueDepth`, {
      min: 1,
      max: limits.ENQUEUE_DEPTH_MAX,
      fallback: limits.ENQUEUE_DEPTH_DEFAULT,
    }),
    implicitRelease: field.flag(spec.implicitRelease, `${at}.implicitRelease`, true),
    historyDepth: field.limit(spec.historyDepth, `${at}.historyDepth`, {
      max: limits.EVENTS_LIMIT_MAX,
      code: 'ERR_DLB_INVALID_HIST_LIST_DEPTH',
    }),
  };
}

/** Links of profile 0, as a list of a specification has them. */
export function checkLinks(
  list: unknown,
  port: number,
  queues: readonly unknown[],
  at: string,
): LinkCommand[] {
  field.checkList(list, at, 0, queues.length);
  return (list as NonNullable<PortSpec['links']>).map((link, i) => {
    if (typeof link === 'number') return checkLink(port, link, undefined, queues, `${at}[${i}]`);
    field.checkObject(link, `${at}[${i}]`, ['queue', 'priority']);
    const { queue, priority } = link;
    return checkLink(port, queue, priority, queues, `${at}[${i}].queue`, `${at}[${i}].priority`);
  });
}

/** One link: the queue must exist, the priority be one. */
export function checkLink(
  port: number,
  queue: number,
  priority: number | undefined,
  queues: readonly unknown[],
  at: string,
  priorityAt = 'priority',
): LinkCommand {
  field.wholeNumber(queue, at, { min: 0, max: queues.length - 1, code: 'ERR_DLB_INVALID_QID' });
  return { port, queue, priority: field.wholeNumber(priority, priorityAt, PRIORITIES), profile: 0 };
}

function checkDirected(queues: readonly QueuePlan[], links: readonly LinkCommand[]): void {
  for (const link of links) {
    const other = otherPort(queues, links, link);
    if (other >= 0)
      throw directedLinked(link, other, `spec.ports[${Math.max(link.port, other)}].links`);
  }
}

function checkBuffers(spec: BuffersSpec, ports: number): PoolShape {
  field.checkObject(spec, 'spec.buffers', ['count', 'bytes', 'reserve']);
  const count = field.wholeNumber(spec.count, 'spec.buffers.count', {
    min: 1,
    max: limits.BUFFERS_MAX,
  });
  const bytes = field.wholeNumber(spec.bytes, 'spec.buffers.bytes', {
    min: 1,
    max: limits.BUFFER_BYTES_MAX,
  });
  const reserve = field.wholeNumber(spec.reserve, 'spec.buffers.reserve', {
    min: 0,
    max: count,
    // A pool smaller than that is left one buffer for those who only begin.
    fallback: Math.min(limits.RESERVE_PER_PORT * ports, count - 1),
  });
  return { count, bytes, reserve };
}
