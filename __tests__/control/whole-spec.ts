/** A specification that says everything that can be said; a field that is new has to be added. */
import type { DomainDocument, PortSpec, QueueSpec } from '../../lib/index.js';
import type { DomainSpec } from '../../lib/index.js';

/** What a host device knows. */
type HostQueue = Required<Omit<QueueSpec, 'atomicInflights'>>;
type HostPort = Required<Omit<PortSpec, 'kind' | 'cos'>>;
type HostDomain<T> = Required<Omit<T, 'directedCredits' | 'cosStrict'>>;

const QUEUES: HostQueue[] = [
  {
    name: 'in',
    type: 'ordered',
    priority: 3,
    weight: 2,
    affinity: 4,
    flows: 64,
    sequences: 32,
    scope: 'flow',
    fragments: 2,
    inflights: 24,
  },
  {
    name: 'out',
    type: 'directed',
    priority: 200,
    weight: 0,
    affinity: 0,
    flows: 32,
    sequences: 16,
    scope: 'queue',
    fragments: 1,
    inflights: 60,
  },
];

const PORTS: HostPort[] = [
  {
    name: 'producer',
    links: [{ queue: 1, priority: 7 }],
    newEventThreshold: 48,
    dequeueDepth: 8,
    historyDepth: 12,
    enqueueDepth: 16,
    implicitRelease: false,
    independentEnqueue: false,
    wideNames: false,
  },
  {
    name: 'worker',
    links: [{ queue: 0, priority: 128 }],
    newEventThreshold: 64,
    dequeueDepth: 4,
    historyDepth: 40,
    enqueueDepth: 128,
    implicitRelease: true,
    independentEnqueue: true,
    wideNames: false,
  },
];

const SPEC: HostDomain<DomainSpec> = {
  name: 'orders',
  eventsLimit: 64,
  capacity: 100,
  starvationAvoidance: 0.125,
  watchdogMs: 700,
  faultLimit: 90,
  buffers: { count: 8, bytes: 128, reserve: 3 },
  queues: QUEUES,
  ports: PORTS,
};

/** A fresh copy. */
export function wholeSpec() {
  return structuredClone(SPEC);
}

export function wholeDocument(): HostDomain<DomainDocument> {
  const [producer, worker] = wholeSpec().ports;
  return {
    ...wholeSpec(),
    start: true,
    ports: [
      { ...producer!, enabled: true },
      { ...worker!, enabled: false, profiles: { 3: [{ queue: 0, priority: 9 }], 7: [] } },
    ],
  };
}
