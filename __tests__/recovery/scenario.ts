/**
 * Traffic over a domain whose scheduler can be cut off, and what must be inside afterwards.
 *
 * An event's payload is its own: `number << 2 | stage`, numbered per flow in the order of intake, in both
 * halves. A worker passes an event on from stage 0 to stage 1, or ends it; before, it may renew it, to stage 2
 * and to stage 3. Whatever was accepted and is neither ended, renewed nor passed on is inside; nothing else is.
 */
import { attachPort, EventBurst, OP, SCHED } from '../../lib/index.js';
import type { DomainSpec, EventFields, Port } from '../../lib/index.js';
import { fsck } from '../../lib/scheduler/fsck.js';
import { CutRig, Knife } from './cut.js';
import { generator } from './random.js';

export interface Topology {
  readonly name: string;
  readonly spec: DomainSpec;
  /** Queues that the producer, port 0, enqueues to. */
  readonly first: readonly number[];
  /** The queue that workers pass events on to. */
  readonly next: number;
  readonly schedTypes?: readonly number[];
  /** Pieces that a worker may make of an event of stage 0, less one; and whether it renews some. */
  readonly pieces?: number;
  readonly renews?: boolean;
  /** Completions come in any order; that of the oldest never if there are others. */
  readonly isIndependent?: boolean;
  readonly keepsOldest?: boolean;
  /** Events of a flow are in order at this stage. */
  readonly inOrder: readonly boolean[];
  /** Ports detach, are disabled and change profiles. */
  readonly isRestless?: boolean;
}

const FLOWS = 5;
/** What a renewal makes of an event of each stage; undefined: it is not renewed. */
const RENEWED: readonly (number | undefined)[] = [2, undefined, 3];

type Name = Pick<EventFields, 'implOpaque' | 'subEventType'>;

/** An event that a worker has dequeued. */
interface Held {
  payload: number;
  readonly flow: number;
  readonly name: Name;
  /** Pieces of it so far. */
  made: number;
}

interface Worker {
  readonly id: number;
  port: Port;
  /** Oldest first. */
  held: Held[];
}

export class Scenario {
  readonly rig: CutRig;
  readonly topology: Topology;
  readonly random: (n: number) => number;
  readonly inside = new Map<number, number>();
  readonly #producer: Port;
  readonly #workers: Worker[];
  readonly #burst = new EventBurst(64);
  /** Numbers given out per stage and flow. */
  readonly #given = new Map<string, number>();

  constructor(rig: CutRig, topology: Topology, seed: number) {
    this.rig = rig;
    this.topology = topology;
    this.random = generator(seed);
    const ports = topology.spec.ports.map((_, id) => attachPort(rig.domain.attachment(id)));
    this.#producer = ports[0]!;
    this.#workers = ports.slice(1).map((port, i) => ({ id: i + 1, port, held: [] }));
  }

  static async open(topology: Topology, seed: number): Promise<Scenario> {
    const rig = await CutRig.open(topology.spec);
    const scenario = new Scenario(rig, topology, seed);
    await rig.domain.start();
    return scenario;
  }

  /** Something that threads on ports do. */
  act(): void {
    const { random } = this;
    if (random(3) === 0) this.#produce(1 + random(6));
    for (const worker of this.#workers) {
      const what = random(5);
      if (what <= 1) this.#dequeue(worker, 1 + random(4));
      else if (what <= 3) this.#complete(worker, 1 + random(4));
    }
  }

  /** As `act`, what changes who has a port; not in the middle of a pass. */
  unrest(): void {
    const worker = this.#workers[this.random(this.#workers.length)]!;
    const what = this.random(4);
    if (what === 0) {
      worker.port.detach();
      worker.held = [];
      worker.port = attachPort(this.rig.domain.attachment(worker.id));
    } else if (what === 1) worker.port.switchProfile(this.random(2));
    else if (what === 2) void this.rig.domain.disablePort(worker.id).catch(() => {});
    else void this.rig.domain.enablePort(worker.id).catch(() => {});
  }

  /** Compares what a recovery found with what has to be inside. Returns what is wrong. */
  check(events: Int32Array, isOrdered = true): string[] {
    const wrong: string[] = [];
    const found = new Map<number, number>();
    const last = new Map<string, number>();
    for (let i = 0; i < events.length; i += 4) {
      const payload = events[i + 2]!;
      if (events[i + 3] !== payload) wrong.push(`${show(payload)} is torn`);
      if (found.has(payload)) wrong.push(`${show(payload)} is reported twice`);
      found.set(payload, i);
      if (!this.inside.has(payload)) wrong.push(`${show(payload)} is reported and not inside`);
      const stage = payload & 3;
      const key = `${(events[i + 1]! >>> 8) & 0xff}/${stage}/${events[i]! & 0xfffff}`;
      const before = last.get(key) ?? -1;
      last.set(key, payload);
      if (isOrdered && this.topology.inOrder[stage] === true && before > payload) {
        wrong.push(`queue/stage/flow ${key}: ${show(payload)} after ${show(before)}`);
      }
    }
    for (const payload of this.inside.keys()) {
      if (!found.has(payload)) wrong.push(`${show(payload)} is lost`);
    }
    return wrong;
  }

  /** What follows a recovery: ports forget, traffic goes on, memory is sound. */
  goOn(): string[] {
    const { rig } = this;
    this.inside.clear();
    for (const worker of this.#workers) {
      worker.held = [];
      if (worker.port.outstanding !== 0) return [`port ${worker.id} holds events`];
    }
    const wrong: string[] = [];
    for (let turn = 0; turn < 12; turn++) {
      this.#produce(3);
      rig.pass();
      for (const worker of this.#workers) {
        this.#dequeue(worker, 64);
        this.#complete(worker, 64);
      }
    }
    rig.pass(3);
    if (this.#given.size === 0) wrong.push('nothing was enqueued');
    rig.guarded(() => wrong.push(...fsck(rig.machine)));
    const { recoveries } = rig.domain;
    const { inflight } = rig.domain.stats();
    if (recoveries !== 1) wrong.push(`${recoveries} recoveries are counted`);
    if (inflight !== this.inside.size) wrong.push(`${inflight} inside, not ${this.inside.size}`);
    return wrong;
  }

  #next(stage: number, flow: number): number {
    const key = `${stage}/${flow}`;
    const number = this.#given.get(key) ?? 0;
    this.#given.set(key, number + 1);
    return (((number * FLOWS + flow) << 2) | stage) >>> 0;
  }

  #produce(count: number): void {
    const { topology, random } = this;
    const burst = this.#burst;
    burst.length = 0;
    const from = new Map(this.#given);
    for (let i = 0; i < count; i++) {
      const flowId = random(FLOWS);
      const schedType = topology.schedTypes?.[random(topology.schedTypes.length)] ?? SCHED.ATOMIC;
      const queueId = topology.first[flowId % topology.first.length]!;
      const payload = this.#next(0, flowId);
      burst.push({ queueId, flowId, schedType, payload, payloadHigh: payload, priority: 128 });
    }
    const sent = this.#producer.enqueueBurst(burst);
    for (let i = 0; i < sent; i++) this.inside.set(burst.payload(i), burst.flowId(i));
    // What was refused never was; its numbers are used again, so that they stay in order.
    if (sent < count) {
      for (const [key, value] of from) this.#given.set(key, value);
      for (const key of this.#given.keys()) if (!from.has(key)) this.#given.delete(key);
      for (let i = 0; i < sent; i++) this.#next(0, burst.flowId(i));
    }
  }

  #dequeue(worker: Worker, count: number): void {
    const burst = this.#burst;
    worker.port.dequeueBurst(burst, count);
    for (let i = 0; i < burst.length; i++) {
      const [payload, flow] = [burst.payload(i), burst.flowId(i)];
      if (!this.inside.has(payload)) throw new Error(`${show(payload)} is delivered after its end`);
      const name = { implOpaque: burst.implOpaque(i), subEventType: burst.subEventType(i) };
      worker.held.push({ payload, flow, name, made: 0 });
    }
  }

  /** Ends or passes on events of a worker: its oldest, or any if it may. */
  #complete(worker: Worker, count: number): void {
    const { topology, random } = this;
    for (let i = 0; i < count && worker.held.length > 0; i++) {
      const kept = topology.keepsOldest === true && worker.held.length > 1 ? 1 : 0;
      const any = kept + random(worker.held.length - kept);
      const at = topology.isIndependent === true ? any : 0;
      const event = worker.held[at]!;
      const stage = event.payload & 3;
      const renewed = topology.renews === true ? RENEWED[stage] : undefined;
      if (renewed !== undefined && random(3) === 0) {
        this.#renew(worker, event, renewed);
        continue;
      }
      const isPassedOn = stage !== 1 && random(4) > 0;
      if (isPassedOn) this.#pass(worker, event);
      else if (topology.isIndependent === true) this.#name(worker, event);
      else if (worker.port.release(1) === 1) this.inside.delete(event.payload);
      worker.held.splice(at, 1);
    }
  }

  #name(worker: Worker, { payload, name }: Held): void {
    const burst = this.#burst;
    burst.length = 0;
    burst.push({ op: OP.RELEASE, ...name });
    if (worker.port.enqueueBurst(burst) === 1) this.inside.delete(payload);
  }

  /** Numbers follow the source's, so that the order of stage 1 is that of stage 0. */
  #pass(worker: Worker, event: Held): void {
    const burst = this.#burst;
    burst.length = 0;
    this.#pushPieces(event);
    this.#pushOwn(event, OP.FORWARD, this.#numbered(event, 3));
    this.#send(worker, event);
  }

  /** Pieces so far go on, the event stays with another payload. */
  #renew(worker: Worker, event: Held, stage: number): void {
    const burst = this.#burst;
    burst.length = 0;
    this.#pushPieces(event);
    const payload = ((event.payload & ~3) | stage) >>> 0;
    this.#pushOwn(event, OP.FRAGMENT, payload);
    burst.setRenewal(burst.length - 1);
    if (this.#send(worker, event)) event.payload = payload;
  }

  #pushPieces(event: Held): void {
    const { pieces } = this.topology;
    const count = pieces === undefined ? 0 : this.random(pieces - event.made);
    for (let i = 0; i < count; i++) {
      this.#pushOwn(event, OP.FRAGMENT, this.#numbered(event, event.made++));
    }
  }

  #pushOwn({ flow, name }: Held, op: number, payload: number): void {
    const to = { queueId: this.topology.next, flowId: flow, schedType: SCHED.ATOMIC };
    this.#burst.push({ ...to, priority: 128, op, payload, payloadHigh: payload, ...name });
  }

  /** The payload of what an event becomes at stage 1. */
  #numbered({ payload }: Held, i: number): number {
    return ((((payload >>> 2) * 4 + i) << 2) | 1) >>> 0;
  }

  /** Whether all was accepted. Then the event is no longer what it was. */
  #send({ port }: Worker, { payload, flow }: Held): boolean {
    const burst = this.#burst;
    const sent = port.enqueueBurst(burst);
    for (let i = 0; i < sent; i++) this.inside.set(burst.payload(i), flow);
    if (sent < burst.length) return false;
    return this.inside.delete(payload);
  }
}

function show(payload: number): string {
  return `event ${payload >>> 2} of stage ${payload & 3}`;
}

export { Knife };
