/** What one run looks like: all of it follows from the seed. */
import type { DomainSpec, PortSpec, QueueSpec } from '../../lib/index.js';
import { Random } from './random.js';

export type StageType = 'atomic' | 'ordered' | 'parallel';

/**
 * producers ─▶ stage 0 ─▶ … ─▶ last stage ─▶ directed queue ─▶ sink
 *
 * Ports: the producers, then the workers, each linked to some of the stages, then the sink.
 */
export interface Topology {
  readonly seed: number;
  readonly producers: number;
  readonly workers: number;
  readonly stages: readonly StageType[];
  /** Stages per worker. */
  readonly links: readonly (readonly number[])[];
  readonly flows: number;
  readonly eventsLimit: number;
  readonly tableSize: number;
  readonly sequences: number;
  /** CQ depth of each worker and of the sink; 0: left open. */
  readonly depths: readonly number[];
  /** Largest burst of a producer. */
  readonly burst: number;
  /** A thread stalls once in so many bursts. */
  readonly stallOnceIn: number;
  /** A thread leaves its port and comes back once in so many bursts; 0: never. */
  readonly detachOnceIn: number;
  /** Threads are terminated so many milliseconds apart, on average. 0: none are. */
  readonly killEveryMs: number;
}

const KEEPING: readonly StageType[] = ['atomic', 'ordered'];
const TYPES: readonly StageType[] = [...KEEPING, 'parallel'];

export function topologyOf(seed: number): Topology {
  const random = new Random(seed);
  const producers = random.within(1, 4);
  const workers = random.within(1, 4);
  // With the directed one they are two to four.
  // Where one is parallel, order is not looked at: so that is not in every run.
  const types = random.onceIn(3) ? TYPES : KEEPING;
  const stages = Array.from({ length: random.within(1, 3) }, () => random.pick(types));
  const links = linksOf(random, workers, stages.length);
  return {
    seed,
    producers,
    workers,
    stages,
    links,
    flows: random.pick([1, 3, 16, 61, 500]),
    eventsLimit: random.pick([8, 64, 256, 1024, 4096]),
    tableSize: random.pick([4, 64, 1024]),
    sequences: random.pick([4, 64, 1024]),
    depths: Array.from({ length: workers + 1 }, () => random.pick([0, 0, 1, 4, 16, 128])),
    burst: random.pick([1, 8, 32, 128]),
    stallOnceIn: random.pick([20, 100, 1000]),
    detachOnceIn: random.pick([0, 300, 3000]),
    killEveryMs: random.pick([0, 100, 250, 250]),
  };
}

/** Each worker serves some stages, each stage has a worker. */
function linksOf(random: Random, workers: number, stages: number): number[][] {
  const links = Array.from({ length: workers }, () =>
    Array.from({ length: stages }, (_, stage) => stage).filter(() => !random.onceIn(4)),
  );
  for (let stage = 0; stage < stages; stage++) {
    if (!links.some((each) => each.includes(stage))) links[random.below(workers)]!.push(stage);
  }
  return links;
}

export function specOf(topology: Topology): DomainSpec {
  const { stages, links, depths, eventsLimit, tableSize, sequences } = topology;
  const queues: QueueSpec[] = stages.map((type) => ({
    type,
    ...(type === 'atomic' ? { flows: tableSize } : {}),
    ...(type === 'ordered' ? { sequences } : {}),
  }));
  const producers = Array.from({ length: topology.producers }, (): PortSpec => ({}));
  const consumers = [...links, [stages.length]].map((linked, i): PortSpec => {
    const depth = depths[i]! === 0 ? {} : { dequeueDepth: depths[i]! };
    return { links: [...linked], implicitRelease: false, ...depth };
  });
  return {
    eventsLimit,
    queues: [...queues, { type: 'directed' }],
    ports: [...producers, ...consumers],
  };
}

/** The flow of a payload, the same in all stages. */
export function flowOf(topology: Topology, payload: number): number {
  return payload % topology.flows;
}

/** What has to arrive in the order in which it was sent: all of a producer, each of its flows by
 *  itself, or nothing. */
export function orderOf({ stages }: Topology): 'producer' | 'flow' | 'none' {
  if (stages.includes('parallel')) return 'none';
  return stages.includes('atomic') ? 'flow' : 'producer';
}
