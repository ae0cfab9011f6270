/** The device under simulation: its domains, the clock, the passes, and what is checked after each. */
import { createDomain } from '../../lib/control/create-domain.js';
import type { Domain } from '../../lib/control/domain.js';
import { openLedger } from '../../lib/control/ledger/models.js';
import { PROFILES_MAX } from '../../lib/eventdev/limits.js';
import type { DomainSpec, LinkSpec } from '../../lib/eventdev/spec.js';
import { fsck } from '../../lib/scheduler/fsck.js';
import type { Machine } from '../../lib/scheduler/machine.js';
import { pass, publishCounts } from '../../lib/scheduler/pass.js';
import type { ScheduledDomain } from '../../lib/scheduler/scheduler.js';
import { Actor } from './actor.js';
import { checkNothingWaits } from './completeness.js';
import { Oracle } from './oracle.js';
import type { PortShape } from './oracle-port.js';
import type { QueueShape } from './oracle-queue.js';
import { OpenSeat } from './seat.js';
import { check } from './violation.js';

const ADAPTIVE_DEPTH = 512;
const NORMAL = 128;

/** One domain with its oracle and the threads on its ports. */
export class SimDomain {
  readonly spec: DomainSpec;
  readonly domain: Domain;
  readonly scheduled: ScheduledDomain;
  readonly machine: Machine;
  readonly oracle: Oracle;
  readonly actors: Actor[];
  /** Threads may be interrupted here. */
  readonly hasMortals: boolean;
  state: 'configured' | 'started' | 'stopping' | 'stopped' = 'configured';
  /** Links as control sees them, per queue and profile; unlinks that the next pass makes. */
  readonly linked: Map<number, number>[][];
  readonly unlinks: { port: number; queue: number; profile: number }[] = [];
  /** What the oracle had counted when the counts began anew. */
  base = new Map<string, number>();
  /** Allocated payload buffers: the port that each was allocated by. */
  readonly buffers = new Map<number, number>();
  /** A stop with a grace that is under way. */
  pendingStop: Promise<unknown> = Promise.resolve();

  constructor(world: World, spec: DomainSpec, domain: Domain, scheduled: ScheduledDomain) {
    this.spec = spec;
    this.domain = domain;
    this.hasMortals = world.mortality > 0;
    this.scheduled = scheduled;
    const { machine } = scheduled;
    this.machine = machine;
    this.oracle = new Oracle(machine, queueShapes(spec), portShapes(spec));
    this.linked = spec.queues.map(() => {
      return Array.from({ length: PROFILES_MAX }, () => new Map<number, number>());
    });
    spec.ports.forEach(({ links = [] }, port) => {
      for (const link of links) this.#link(port, typeof link === 'number' ? { queue: link } : link);
    });
    this.actors = spec.ports.map((_, id) => new Actor(world, this, id));
  }

  #link(port: number, { queue, priority = NORMAL }: LinkSpec): void {
    this.linked[queue]![0]!.set(port, priority);
    this.setLink(port, queue, 0, priority);
  }

  /** What the scheduler knows from now on; -1: no link. */
  setLink(port: number, queue: number, profile: number, priority: number): void {
    const { profiles } = this.oracle.queues[queue]!;
    if (priority < 0) profiles[profile]!.delete(port);
    else profiles[profile]!.set(port, priority);
    this.oracle.useLinks(this.oracle.ports[port]!);
  }

  makeUnlinks(): void {
    for (const { port, queue, profile } of this.unlinks) this.setLink(port, queue, profile, -1);
    this.unlinks.length = 0;
  }

  fsck(when: string): void {
    const problems = fsck(this.machine);
    check(problems.length === 0, 'fsck', () => `${when}:\n  ${problems.join('\n  ')}`);
  }
}

export class World {
  readonly seat = new OpenSeat();
  readonly domains: SimDomain[] = [];
  /** What performance.now() tells. */
  clock = 1;
  /** Ids of events are unique over all domains. */
  nextId = 1;
  /** Filled while a failure is told. */
  trace: string[] | null = null;
  step = 0;
  /** One in so many attached threads is mortal; 0: none. */
  mortality = 0;
  deaths = 0;
  readonly #ledger = openLedger('host');

  async open(specs: readonly DomainSpec[]): Promise<void> {
    for (const [id, spec] of specs.entries()) {
      const domain = await createDomain(
        spec,
        id,
        this.seat,
        this.#ledger,
        this.#ledger.device,
        () => {},
      );
      this.domains.push(new SimDomain(this, spec, domain, this.seat.scheduler.domains[id]!));
    }
  }

  /** One pass over all domains. Returns what it moved. */
  pass(sweep = false): number {
    this.#beforePass();
    const moved = this.seat.scheduler.pass(sweep);
    this.#afterPass(true);
    return moved;
  }

  /** A pass over one domain that takes in `pull` entries at most, as on a busy scheduler worker. */
  shortPass(of: SimDomain, pull: number): void {
    if (of.state === 'stopping') return;
    this.#beforePass();
    pass(of.machine, { pull, sweep: false, now: 0 });
    publishCounts(of.machine);
    this.#afterPass(false, of);
  }

  #beforePass(): void {
    for (const each of this.domains) each.oracle.watchRings();
  }

  /** A stop has begun, and may have ended already. */
  beforeStop(): void {
    this.#beforePass();
  }

  afterStop(of: SimDomain): void {
    of.state = 'stopping';
    this.#afterPass(false);
  }

  #afterPass(whole: boolean, only?: SimDomain): void {
    for (const each of this.domains) {
      if (only !== undefined && each !== only) continue;
      each.makeUnlinks();
      if (each.state === 'stopping' && each.scheduled.stopping === null) this.#stopped(each);
      else each.oracle.afterPass();
      if (each.state === 'started') checkNothingWaits(each, whole);
    }
  }

  /** A stop has come to its end. */
  #stopped(of: SimDomain): void {
    of.state = 'stopped';
    of.oracle.stopped(this.seat.stops.get(of.domain.id)!.flushed!);
    of.fsck('after a stop');
  }

  log(line: () => string): void {
    if (this.trace !== null) this.trace.push(line());
  }
}

function queueShapes(spec: DomainSpec): QueueShape[] {
  return spec.queues.map((queue) => {
    const { type, priority = NORMAL, scope, fragments = 1, inflights = Infinity } = queue;
    return { type, priority, byFlow: scope === 'flow', fragments, inflights };
  });
}

function portShapes({ eventsLimit, ports, queues }: DomainSpec): PortShape[] {
  const deepest = Math.max(...ports.map((port) => port.enqueueDepth ?? 128));
  const takesPieces = queues.some((queue) => (queue.fragments ?? 1) > 1);
  const open = Math.min(ADAPTIVE_DEPTH, 2 ** Math.ceil(Math.log2(eventsLimit)));
  return ports.map((port, id) => ({
    depth: port.dequeueDepth ?? (port.independentEnqueue ? Math.min(open, 256) : open),
    threshold: port.newEventThreshold ?? eventsLimit,
    enqueueDepth: port.enqueueDepth ?? 128,
    implicit: port.implicitRelease ?? true,
    independent: port.independentEnqueue ?? false,
    hoards: port.independentEnqueue === true && port.implicitRelease === false && id % 2 === 1,
    historyDepth: port.historyDepth ?? Infinity,
    pieceSlots: takesPieces ? deepest : 0,
  }));
}
