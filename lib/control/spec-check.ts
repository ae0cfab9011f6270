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
import { checkCapacity } from './capacity.js';
import * as field from './fields.js';
import {
  atomicInflightsOf,
  cosOf,
  depthsOf,
  flowsOf,
  historyOf,
  kindOf,
  onlyOfDlb,
  sequencesOf,
} from './model-rules.js';
import type { Rules } from './model-rules.js';
import { namesOf } from './port-names.js';

/** A checked specification. */
export interface Checked {
  readonly name: string | null;
  readonly eventsLimit: number;
  /** Events that fit in, pieces beyond the limit included. */
  readonly capacity: number;
  readonly queues: readonly CheckedQueue[];
  readonly ports: readonly CheckedPort[];
  readonly links: readonly LinkCommand[];
  readonly buffers: PoolShape | null;
  /** Every so many deliveries a less urgent event has its turn; 0: never. */
  readonly turnEvery: number;
  readonly watchdogMs: number;
  readonly faultLimit: number;
  /** Part of eventsLimit. */
  readonly directedCredits: number;
  readonly cosStrict: boolean;
  /** By group; none on a host device. */
  readonly sequenceSlots: readonly number[];
}

export interface CheckedQueue extends QueuePlan {
  readonly name: string;
  readonly atomicInflights: number;
}

export interface CheckedPort extends PortPlan {
  readonly name: string;
  readonly enqueueDepth: number;
  readonly implicitRelease: boolean;
  /** Null: what it is linked to. */
  readonly kind: 'loadBalanced' | 'directed' | null;
  /** Null: any class. */
  readonly cos: number | null;
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
  'atomicInflights',
];
const DEFAULT_ATTRIBUTES = { priority: PRIORITY.NORMAL, weight: 0, affinity: 0 };
const PRIORITIES = {
  min: PRIORITY.HIGHEST,
  max: PRIORITY.LOWEST,
  fallback: PRIORITY.NORMAL,
  code: 'ERR_DLB_INVALID_PRIORITY',
} as const;

/** @param rules of a DLB, or null: of a host device.
 *  @throws DlbError that names the first field that is wrong. */
export function checkSpec(spec: DomainSpec, rules: Rules = null): Checked {
  field.checkObject(spec, 'spec', [
    'name',
    'eventsLimit',
    'capacity',
    'queues',
    'ports',
    'buffers',
    'starvationAvoidance',
    'watchdogMs',
    'faultLimit',
    'directedCredits',
    'cosStrict',
  ]);
  const name = spec.name === undefined ? null : field.text(spec.name, 'spec.name', '');
  const balanced = field.wholeNumber(spec.eventsLimit, 'spec.eventsLimit', {
    min: 1,
    max: limits.EVENTS_LIMIT_MAX,
  });
  const directedCredits = checkDirectedCredits(spec.directedCredits, balanced, rules);
  const eventsLimit = balanced + directedCredits;
  onlyOfDlb(rules, spec.cosStrict, 'spec.cosStrict');
  const cosStrict = field.flag(spec.cosStrict, 'spec.cosStrict', true);
  checkLists(spec);
  const queues = spec.queues.map((queue, id) => checkQueue(queue, id, rules));
  const capacity = checkCapacity(spec.capacity, eventsLimit, queues);
  const ports = spec.ports.map((port, id) => checkPort(port, id, eventsLimit, capacity, rules));
  const links = spec.ports.flatMap(({ links: its }, id) =>
    its === undefined ? [] : checkLinks(its, id, queues, `spec.ports[${id}].links`),
  );
  checkDirected(queues, links);
  const buffers = spec.buffers === undefined ? null : checkBuffers(spec.buffers, ports.length);
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
  const sequenceSlots = rules?.slots.picked ?? [];
  const rest = { turnEvery, watchdogMs, faultLimit, directedCredits, cosStrict, sequenceSlots };
  return { name, eventsLimit, capacity, queues, ports, links, buffers, ...rest };
}

/** A domain has queues and ports, or neither. */
function checkLists({ queues, ports }: DomainSpec): void {
  const isEmpty =
    Array.isArray(queues) && Array.isArray(ports) && queues.length + ports.length === 0;
  const min = isEmpty ? 0 : 1;
  field.checkList(queues, 'spec.queues', min, limits.QUEUES_MAX);
  field.checkList(ports, 'spec.ports', 0, limits.PORTS_MAX);
  if (ports.length >= min) return;
  const code = 'ERR_DLB_LDB_PORT_REQUIRED_FOR_LDB_QUEUES';
  throw field.invalid(
    'spec.ports.length',
    0,
    `1..${limits.PORTS_MAX}, since there are queues`,
    code,
  );
}

function checkDirectedCredits(credits: number | undefined, balanced: number, rules: Rules): number {
  const at = 'spec.directedCredits';
  onlyOfDlb(rules, credits, at);
  return field.wholeNumber(credits, at, {
    min: 0,
    max: limits.EVENTS_LIMIT_MAX - balanced,
    fallback: 0,
  });
}

/** The port that a directed queue is linked to already, or -1. */
export function otherPort(
  queues: readonly QueuePlan[],
  links: Iterable<LinkCommand>,
  wanted: LinkCommand,
): number {
  if (queues[wanted.queue]!.type !== 'directed') return -1;
  for (const { queue, port } of links) {
    if (queue === wanted.queue && port !== wanted.port) return port;
  }
  return -1;
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

function checkQueue(spec: QueueSpec, id: number, rules: Rules): CheckedQueue {
  const at = `spec.queues[${id}]`;
  field.checkObject(spec, at, QUEUE_FIELDS);
  const type = field.oneOf(spec.type, `${at}.type`, QUEUE_TYPES);
  const scope = field.oneOf(spec.scope, `${at}.scope`, ['queue', 'flow'], 'queue');
  const fragments = field.wholeNumber(spec.fragments, `${at}.fragments`, {
    min: 1,
    max: limits.EVENTS_LIMIT_MAX,
    fallback: 1,
  });
  const sequences = sequencesOf(rules, spec.sequences, type, `${at}.sequences`);
  const plan = {
    name: field.text(spec.name, `${at}.name`, `queue${id}`),
    type,
    scope,
    fragments,
    ...checkAttributes(spec, at, DEFAULT_ATTRIBUTES),
    flows: flowsOf(rules, spec.flows, type, `${at}.flows`),
    atomicInflights: atomicInflightsOf(rules, spec.atomicInflights, type, `${at}.atomicInflights`),
    sequences,
    inflights: field.limit(spec.inflights, `${at}.inflights`, {
      max: type === 'ordered' ? sequences : limits.EVENTS_LIMIT_MAX,
      code: 'ERR_DLB_INVALID_QID_INFLIGHT_ALLOCATION',
    }),
  };
  return plan;
}

/** @param capacity most events that may be in the domain */
function checkPort(
  spec: PortSpec,
  id: number,
  eventsLimit: number,
  capacity: number,
  rules: Rules,
): CheckedPort {
  const at = `spec.ports[${id}]`;
  field.checkObject(spec, at, [
    'name',
    'links',
    'newEventThreshold',
    'dequeueDepth',
    'enqueueDepth',
    'implicitRelease',
    'independentEnqueue',
    'wideNames',
    'historyDepth',
    'kind',
    'cos',
  ]);
  const independent = field.flag(spec.independentEnqueue, `${at}.independentEnqueue`, false);
  const names = namesOf(spec, at, independent, capacity);
  const depths = depthsOf(rules);
  const deepest = names === limits.OPAQUE_RANGE ? names : depths.max;
  const adaptive = independent ? limits.OPAQUE_RANGE : limits.DEQUEUE_DEPTH_ADAPTIVE;
  const open = Math.min(adaptive, deepest, powerOfTwoFrom(eventsLimit));
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
      fallback: depths.fallback ?? open,
      code: 'ERR_DLB_INVALID_CQ_DEPTH',
    }),
    adaptive: spec.dequeueDepth === undefined && depths.fallback === null,
    independent,
    names,
    enqueueDepth: field.wholeNumber(spec.enqueueDepth, `${at}.enqueueDepth`, {
      min: 1,
      max: limits.ENQUEUE_DEPTH_MAX,
      fallback: limits.ENQUEUE_DEPTH_DEFAULT,
    }),
    implicitRelease: field.flag(spec.implicitRelease, `${at}.implicitRelease`, true),
    historyDepth: historyOf(rules, spec.historyDepth, `${at}.historyDepth`),
    kind: kindOf(rules, spec.kind, `${at}.kind`),
    cos: cosOf(rules, spec.cos, `${at}.cos`),
  };
}

/** Links of profile 0, as a list of a specification has them. */
export function checkLinks(
  list: unknown,
  port: number,
  queues: readonly { readonly name: string }[],
  at: string,
): LinkCommand[] {
  field.checkList(list, at, 0, queues.length);
  return (list as ListedLink[]).map((link, i) => {
    const its = `${at}[${i}]`;
    if (typeof link === 'number' || typeof link === 'string') {
      return checkLink(port, queueAt(link, queues, its), undefined, queues, its);
    }
    field.checkObject(link, its, ['queue', 'priority']);
    const queue = queueAt(link.queue, queues, `${its}.queue`);
    return checkLink(port, queue, link.priority, queues, `${its}.queue`, `${its}.priority`);
  });
}

/** As lists have them: documents, and what is written to a port, may name queues. */
type ListedLink = number | string | { queue: number | string; priority?: number };

/** By name where it is one. */
function queueAt(
  queue: number | string,
  queues: readonly { readonly name: string }[],
  at: string,
): number {
  if (typeof queue !== 'string') return queue;
  const found = queues.findIndex(({ name }) => name === queue);
  if (found >= 0 && queues.findLastIndex(({ name }) => name === queue) === found) return found;
  const allowed = found < 0 ? 'the name of a queue' : 'a name that one queue has';
  throw field.invalid(at, queue, allowed, 'ERR_DLB_INVALID_QID');
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
