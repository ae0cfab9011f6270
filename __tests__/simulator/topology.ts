/** Random domains: small enough that everything runs full and wraps, now and then large. */
import type { DomainSpec, PortSpec, QueueSpec, QueueType } from '../../lib/eventdev/spec.js';
import type { Random } from './random.js';

const TYPES: QueueType[] = ['atomic', 'ordered', 'parallel', 'directed', 'any'];
const PRIORITIES = [0, 64, 128, 128, 128, 200, 255];

/** The domains of one device. */
export function makeTopology(random: Random): DomainSpec[] {
  const count = random.oneIn(4) ? 2 + random.below(2) : 1;
  return Array.from({ length: count }, () => makeDomain(random));
}

function makeDomain(random: Random): DomainSpec {
  const eventsLimit = makeLimit(random);
  // Few port ids beyond 32 are used, and many are looked at.
  const portCount = random.oneIn(12) ? 33 + random.below(8) : 1 + random.below(7);
  const queueCount = 1 + random.below(6);
  const mainType = random.pick(TYPES);
  // In some all events come in pieces, in others those of some queues.
  const wholes = random.oneIn(4) ? 1 : 4;
  const queues = Array.from({ length: queueCount }, () => makeQueue(random, mainType, wholes));
  const ports = Array.from({ length: portCount }, () => makePort(random, eventsLimit));
  linkAll(random, queues, ports);
  limitSome(random, queues, ports);
  const spec: DomainSpec = { eventsLimit, queues, ports };
  // In some there is room for what the queues allow, in others hardly for one piece.
  if (random.oneIn(3)) spec.capacity = eventsLimit + 1 + random.small(3 * eventsLimit);
  if (random.oneIn(4)) spec.starvationAvoidance = random.pick([0, 0.1, 0.5]);
  if (random.oneIn(3)) {
    const buffers = 1 + random.below(70);
    spec.buffers = { count: buffers, bytes: 1 + random.below(200) };
    if (random.oneIn(2)) spec.buffers.reserve = random.below(buffers + 1);
  }
  return spec;
}

/** Some ports may hold less than their CQ, some queues have little out. */
function limitSome(random: Random, queues: readonly QueueSpec[], ports: readonly PortSpec[]): void {
  for (const port of ports) if (random.oneIn(6)) port.historyDepth = 1 + random.below(12);
  for (const queue of queues) {
    if (!random.oneIn(6)) continue;
    const wanted = 1 + random.below(8);
    queue.inflights =
      queue.type === 'ordered' ? Math.min(wanted, queue.sequences ?? wanted) : wanted;
  }
}

function makeLimit(random: Random): number {
  if (random.oneIn(16)) return 200 + random.below(400);
  return random.oneIn(8) ? 1 + random.below(3) : 2 + random.below(48);
}

/** @param wholes one in so many queues has fragments. */
function makeQueue(random: Random, mainType: QueueType, wholes: number): QueueSpec {
  const type = random.oneIn(2) ? mainType : random.pick(TYPES);
  const queue: QueueSpec = { type };
  if (random.oneIn(2)) queue.priority = random.pick(PRIORITIES);
  if (random.oneIn(6)) queue.weight = random.small(8);
  if (random.oneIn(6)) queue.affinity = random.small(8);
  const hasFlows = type === 'atomic' || type === 'any';
  const isOrdered = type === 'ordered' || type === 'any';
  if (isOrdered && random.oneIn(3)) queue.scope = 'flow';
  if ((hasFlows || queue.scope === 'flow') && !random.oneIn(8)) queue.flows = 1 << random.below(6);
  if (isOrdered && !random.oneIn(6)) queue.sequences = 1 << random.below(6);
  if (random.oneIn(wholes)) queue.fragments = 2 + random.small(6);
  return queue;
}

function makePort(random: Random, eventsLimit: number): PortSpec {
  const port: PortSpec = { links: [], implicitRelease: random.oneIn(3) };
  if (!random.oneIn(4)) port.dequeueDepth = 1 << random.below(6);
  if (random.oneIn(3)) port.newEventThreshold = 1 + random.below(eventsLimit);
  if (random.oneIn(3)) port.enqueueDepth = 1 + random.below(8);
  if (random.oneIn(5)) port.independentEnqueue = true;
  return port;
}

/** Most pairs are linked; a directed queue has one port at most. */
function linkAll(random: Random, queues: readonly QueueSpec[], ports: readonly PortSpec[]): void {
  const density = 1 + random.below(3);
  const ranked = random.oneIn(3);
  queues.forEach(({ type }, queue) => {
    if (type === 'directed') {
      addLink(random, ports[random.below(ports.length)]!, queue, ranked);
      return;
    }
    for (const port of ports) if (!random.oneIn(density + 1)) addLink(random, port, queue, ranked);
  });
}

function addLink(random: Random, port: PortSpec, queue: number, ranked: boolean): void {
  port.links!.push(ranked ? { queue, priority: random.pick(PRIORITIES) } : queue);
}
