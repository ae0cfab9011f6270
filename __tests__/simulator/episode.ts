/** One run: a topology and a sequence of operations, both from a seed, until a contract breaks. */
import type { DomainSpec } from '../../lib/eventdev/spec.js';
import { makeOperations, makeWeights } from './operations.js';
import type { Operation } from './operations.js';
import * as control from './control.js';
import { perform } from './perform.js';
import { Random } from './random.js';
import { checkStatistics } from './statistics-check.js';
import { makeTopology } from './topology.js';
import { check, Violation } from './violation.js';
import { World } from './world.js';

export interface Episode {
  readonly seed: number;
  readonly topology: readonly DomainSpec[];
  /** One in so many threads is mortal; 0: none. */
  readonly mortality: number;
  readonly operations: readonly Operation[];
}

export interface Failure {
  readonly rule: string;
  readonly message: string;
  readonly step: number;
  readonly stack: string;
  readonly trace: readonly string[];
}

export interface Outcome {
  readonly steps: number;
  readonly events: number;
  readonly deaths: number;
  readonly failure: Failure | null;
}

export function makeEpisode(seed: number, mostSteps: number, deaths: boolean): Episode {
  const random = new Random(seed);
  const topology = makeTopology(random);
  const mortality = deaths && random.oneIn(2) ? 1 + random.below(3) : 0;
  const weights = makeWeights(random, mortality > 0);
  const length = random.oneIn(10) ? 20_000 : 200 + random.below(3000);
  const operations = makeOperations(random, weights, Math.min(length, mostSteps));
  return { seed, topology, mortality, operations };
}

export async function runEpisode(episode: Episode, traced = false): Promise<Outcome> {
  const world = new World();
  world.mortality = episode.mortality;
  if (traced) world.trace = [];
  const now = performance.now.bind(performance);
  performance.now = () => world.clock;
  let failure: Failure | null = null;
  try {
    await world.open(episode.topology);
    for (const of of world.domains) await begin(world, of.actors.length, of.domain.id);
    for (const operation of episode.operations) {
      world.step++;
      const done = perform(world, operation);
      if (done !== undefined) await done;
    }
    for (const of of world.domains) await finish(world, of.domain.id);
  } catch (error) {
    failure = failureOf(error, world);
  } finally {
    performance.now = now;
  }
  const events = world.nextId - 1;
  return { steps: world.step, events, deaths: world.deaths, failure };
}

function failureOf(error: unknown, world: World): Failure {
  const { message, stack = '' } = error as Error;
  const rule = error instanceof Violation ? error.rule : 'threw';
  return { rule, message, stack, step: world.step, trace: world.trace ?? [] };
}

/** Most ports are attached, and most domains started, before the first operation. */
async function begin(world: World, ports: number, id: number): Promise<void> {
  const of = world.domains[id]!;
  const random = new Random(ports * 31 + id);
  for (const actor of of.actors) {
    const mortal = world.mortality > 0 && random.oneIn(world.mortality);
    if (!random.oneIn(8)) actor.attach(mortal, null);
  }
  if (!random.oneIn(8)) await control.start(of);
}

/** C10: with every port alive and every queue linked, all that is inside comes out. */
async function finish(world: World, id: number): Promise<void> {
  const of = world.domains[id]!;
  world.clock += 1e6;
  world.pass(true);
  await of.pendingStop;
  of.fsck('at the end');
  checkStatistics(of);
  await control.start(of);
  for (const actor of of.actors) {
    if (actor.dead) control.reclaim(world, actor);
    // Reclaimed while it was attached.
    if (actor.port !== null && actor.mode === 'disabled') actor.evict();
    if (actor.port === null) actor.attach(false, null);
  }
  for (const actor of of.actors) {
    await of.domain.enablePort(actor.id);
    actor.switchProfile(0);
  }
  of.linked.forEach((profiles, queue) => {
    const [port = 0] = profiles.flatMap((ports) => [...ports.keys()]);
    of.domain.link(port, queue);
    of.makeUnlinks();
    profiles[0]!.set(port, 128);
    of.setLink(port, queue, 0, 128);
  });
  const rounds = 2 * of.spec.eventsLimit + 50;
  for (let round = 0; of.oracle.inflight > 0; round++) {
    check(round < rounds, 'C10', () => `${of.oracle.inflight} events do not come out`);
    world.pass();
    for (const actor of of.actors) {
      do actor.release(64, null);
      while (actor.dequeue(64, 0, null) > 0);
    }
  }
  world.pass();
  of.fsck('when empty');
  checkStatistics(of);
  await control.stop(world, of, 0);
  await of.domain.close();
}
