/**
 * What a document may say, as JSON Schema: for editors and for programs that make documents. `apply` checks by itself,
 * and more: what depends on two fields, and powers of two.
 */
import { CLASSES } from '../ledger/names.js';
import * as limits from '../../eventdev/limits.js';
import type {
  BuffersSpec,
  LinkSpec,
  QueueSpec,
  TenantLimits,
  VirtualDeviceSpec,
} from '../../eventdev/spec.js';
import type { DeviceDocument, DomainDocument, PortDocument } from './document.js';

export interface JsonSchema {
  readonly [keyword: string]: unknown;
}

const PRIORITY: JsonSchema = whole(0, 255, '0 most urgent; default 128');
const NAME: JsonSchema = { type: 'string', minLength: 1 };
const BY_ID_OR_NAME: JsonSchema[] = [{ type: 'integer', minimum: 0 }, NAME];
const LINKS: JsonSchema = {
  type: 'array',
  description:
    'Queues that the port takes events of, by their place in the list of queues or by name',
  items: { anyOf: [...BY_ID_OR_NAME, { $ref: '#/$defs/link' }] },
};

const LINK: Record<keyof LinkSpec, JsonSchema> = {
  queue: { anyOf: BY_ID_OR_NAME, description: 'Place in the list of queues, or name' },
  priority: PRIORITY,
};

const QUEUE: Record<keyof QueueSpec, JsonSchema> = {
  name: NAME,
  type: {
    enum: ['atomic', 'ordered', 'parallel', 'directed', 'any'],
    description:
      'What is kept: one port at a time per flow, the order, nothing; one port only; as the event says',
  },
  priority: PRIORITY,
  weight: whole(0, limits.WEIGHT_MAX, 'Share among queues of equal priority, less one; default 0'),
  affinity: whole(0, limits.WEIGHT_MAX, 'Events in a row, less one; default 0'),
  flows: whole(1, limits.FLOWS_MAX, 'Slots of the flow table, a power of two; default 16384'),
  sequences: whole(1, limits.SEQUENCES_MAX, 'Places of the window, a power of two; default 1024'),
  scope: { enum: ['queue', 'flow'], description: "What 'ordered' restores; default queue" },
  fragments: whole(1, limits.EVENTS_LIMIT_MAX, 'Most pieces of one event; default 1: none'),
  atomicInflights: whole(
    0,
    limits.MODELS['dlb2.0'].atomicInflights,
    'DLB models: buffers of the atomic scheduler; default 64 for an atomic queue',
  ),
  inflights: whole(
    1,
    limits.EVENTS_LIMIT_MAX,
    'Most of its events in CQs and hands; default: no limit',
  ),
};

const PORT: Record<keyof PortDocument, JsonSchema> = {
  name: NAME,
  links: LINKS,
  profiles: {
    type: 'object',
    description: "Links of the profiles '1' to '7'",
    patternProperties: { [`^[1-${limits.PROFILES_MAX - 1}]$`]: LINKS },
    additionalProperties: false,
  },
  enabled: { type: 'boolean', description: 'Default true; false: disabled before the start' },
  newEventThreshold: whole(
    1,
    limits.EVENTS_LIMIT_MAX,
    'NEW is refused while so many are in; default eventsLimit',
  ),
  dequeueDepth: whole(
    1,
    limits.DEQUEUE_DEPTH_MAX,
    'Depth of the CQ, a power of two; left out: adapts',
  ),
  kind: {
    enum: ['loadBalanced', 'directed'],
    description: 'DLB models: what it takes events of; default: what it is linked to',
  },
  cos: whole(0, CLASSES - 1, 'DLB models: class of service; default: any'),
  historyDepth: whole(
    1,
    limits.EVENTS_LIMIT_MAX,
    'Most events that it may hold; default: no limit',
  ),
  enqueueDepth: whole(1, limits.ENQUEUE_DEPTH_MAX, 'Most events of one enqueueBurst; default 128'),
  implicitRelease: { type: 'boolean', description: 'Default true' },
  independentEnqueue: { type: 'boolean', description: 'Default false' },
  wideNames: { type: 'boolean', description: 'With independentEnqueue only; default false' },
};

const BUFFERS: Record<keyof BuffersSpec, JsonSchema> = {
  count: whole(1, limits.BUFFERS_MAX, 'How many'),
  bytes: whole(1, limits.BUFFER_BYTES_MAX, 'Size of one'),
  reserve: whole(0, limits.BUFFERS_MAX, 'Those that a port with nothing outstanding cannot take'),
};

const DOMAIN: Record<keyof DomainDocument, JsonSchema> = {
  name: NAME,
  eventsLimit: whole(
    1,
    limits.EVENTS_LIMIT_MAX,
    'Credits: events that may be in the domain at once',
  ),
  capacity: whole(
    1,
    limits.EVENTS_LIMIT_MAX,
    'Most events inside at once, pieces included; default eventsLimit times the most fragments',
  ),
  queues: listOf('queue', limits.QUEUES_MAX, 'The place in the list is the id'),
  ports: listOf('port', limits.PORTS_MAX, 'The place in the list is the id'),
  buffers: { $ref: '#/$defs/buffers' },
  starvationAvoidance: {
    type: 'number',
    minimum: 0,
    maximum: limits.STARVATION_AVOIDANCE_MAX,
    description: 'Share of deliveries that goes to less urgent events; default 0.01',
  },
  watchdogMs: whole(
    0,
    limits.WATCHDOG_MS_MAX,
    'Alert when a CQ is not looked at for so long; default 10000',
  ),
  faultLimit: whole(
    0,
    limits.FAULT_LIMIT_MAX,
    'Faults a second that disable a port; default 0: never',
  ),
  directedCredits: whole(
    0,
    limits.EVENTS_LIMIT_MAX,
    'DLB models: credits for directed queues, besides eventsLimit; default 0',
  ),
  cosStrict: {
    type: 'boolean',
    description: 'DLB models: no other class lends its ports; default true',
  },
  start: { type: 'boolean', description: 'Default false' },
};

const VIRTUAL_DEVICE: Record<Exclude<keyof VirtualDeviceSpec, 'onCutOff'>, JsonSchema> = {
  name: NAME,
  quota: {
    type: 'object',
    description: 'Counts by resource, as the device names them',
    additionalProperties: { type: 'integer', minimum: 0 },
  },
  limits: { $ref: '#/$defs/limits' },
  onDeath: { enum: ['return', 'keep'], description: 'What becomes of the quota; default return' },
};

const LIMITS: Record<keyof TenantLimits, JsonSchema> = {
  faultLimit: whole(0, limits.FAULT_LIMIT_MAX, 'Of their ports; default 1000; 0: as they like'),
  watchdogMs: whole(0, limits.WATCHDOG_MS_MAX, 'Longest; default 0: as they like'),
};

const DOCUMENT: Record<keyof DeviceDocument, JsonSchema> = {
  $schema: { type: 'string' },
  version: { const: 1 },
  virtualDevices: {
    type: 'array',
    maxItems: limits.VDEVS_MAX,
    items: { $ref: '#/$defs/virtualDevice' },
  },
  domains: { type: 'array', items: { $ref: '#/$defs/domain' } },
};

/** Draft 2020-12. */
export function documentSchema(): JsonSchema {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'softdlb document',
    description: 'Whole domains: what `softdlb apply` makes and `softdlb snapshot` prints',
    anyOf: [{ $ref: '#/$defs/document' }, { $ref: '#/$defs/domain' }],
    $defs: {
      document: object(DOCUMENT, ['version', 'domains']),
      domain: object(DOMAIN, ['eventsLimit', 'queues', 'ports']),
      virtualDevice: object(VIRTUAL_DEVICE, ['quota']),
      limits: object(LIMITS, []),
      queue: object(QUEUE, ['type']),
      port: object(PORT, []),
      link: object(LINK, ['queue']),
      buffers: object(BUFFERS, ['count', 'bytes']),
    },
  };
}

function whole(minimum: number, maximum: number, description: string): JsonSchema {
  return { type: 'integer', minimum, maximum, description };
}

function listOf(what: string, maxItems: number, description: string): JsonSchema {
  return { type: 'array', maxItems, items: { $ref: `#/$defs/${what}` }, description };
}

function object(properties: Record<string, JsonSchema>, required: readonly string[]): JsonSchema {
  return { type: 'object', properties, required, additionalProperties: false };
}
