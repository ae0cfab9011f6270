/** Events that stay open on a port that completes in any order: each keeps its own place and no other. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { attachPort, EventBurst, OP } from '../../lib/index.js';
import type { Port, PortSpec, QueueSpec } from '../../lib/index.js';
import { fsck } from '../../lib/scheduler/fsck.js';
import {
  expectCreditsSumUp,
  fresh,
  refusalOf,
  rig,
  sendAll,
  take,
  upTo,
} from '../contracts/harness.js';
import type { Rig } from '../contracts/harness.js';
import { CutRig } from '../recovery/cut.js';

const WORKER = 1;

/** An event that a port has dequeued and not completed. */
class Open {
  readonly event = new EventBurst(1);

  constructor(burst: EventBurst, i: number) {
    this.event.append(burst, i);
  }

  get payload(): number {
    return this.event.payload(0);
  }

  get name(): number {
    return (this.event.subEventType(0) << 8) | this.event.implOpaque(0);
  }

  complete(port: Port, op: number = OP.RELEASE, queueId = 1): number {
    this.event.setOp(0, op);
    this.event.setQueueId(0, queueId);
    return port.enqueueBurst(this.event);
  }
}

const taken = new EventBurst(256);

function takeOpen(port: Port, max?: number): Open[] {
  port.dequeueBurst(taken, max);
  return upTo(taken.length).map((i) => new Open(taken, i));
}

function openRig(queue: QueueSpec, port: PortSpec, eventsLimit: number, others = 0): Promise<Rig> {
  const worker: PortSpec = { links: [0], independentEnqueue: true, ...port };
  const ports = [{}, ...Array.from({ length: others + 1 }, () => worker)];
  return rig({ eventsLimit, queues: [queue, { type: 'directed' }], ports });
}

test.each([
  ['narrow', 'parallel', 64],
  ['wide', 'parallel', 64],
  ['narrow', 'atomic', 1024],
  ['wide', 'atomic', 1024],
] as const)(
  'S1: behind an event that stays open 4000 others pass: %s, %s',
  async (names, type, limit) => {
    const r = await openRig({ type }, { wideNames: names === 'wide' }, limit);
    sendAll(r, r.ports[0]!, [{ flowId: 9, payload: 77 }]);
    r.pass();
    const [forever] = takeOpen(r.ports[WORKER]!);
    for (let sent = 0; sent < 4000; sent += 50) {
      sendAll(
        r,
        r.ports[0]!,
        fresh(50, {}, 1000).map((each, i) => ({ ...each, flowId: 100 + i })),
      );
      r.pass();
      const others = takeOpen(r.ports[WORKER]!);
      expect(others.map(({ payload }) => payload)).toEqual(upTo(50, 1000));
      expect(others.every(({ name }) => name !== forever!.name)).toBe(true);
      for (const each of others.toReversed()) each.complete(r.ports[WORKER]!);
      r.pass();
    }
    expect(r.stats()).toMatchObject({ inflight: 1, dropped: 0 });
    expect(r.stats().ports[WORKER]).toMatchObject({ inflight: 1, misordered: 0 });
    expect(forever!.complete(r.ports[WORKER]!)).toBe(1);
    r.pass();
    expect(r.stats().inflight).toBe(0);
    expectCreditsSumUp(r);
  },
);

test.each([
  ['256', {}, 256],
  ['more with wide names', { wideNames: true }, 1900],
] as const)('S1: the last of the places is as good as the first: %s', async (_, port, places) => {
  const r = await openRig({ type: 'parallel' }, port, 2048);
  const worker = r.ports[WORKER]!;
  const open: Open[] = [];
  while (open.length < places - 1) {
    sendAll(r, r.ports[0]!, fresh(Math.min(64, places - 1 - open.length), {}, open.length));
    r.pass();
    open.push(...takeOpen(worker));
  }
  const names = new Set(open.map(({ name }) => name));
  expect(names.size).toBe(places - 1);
  for (let i = 0; i < 300; i++) {
    sendAll(r, r.ports[0]!, fresh(1, {}, 5000 + i));
    r.pass();
    const [one, ...more] = takeOpen(worker);
    expect(more).toEqual([]);
    expect(one!.payload).toBe(5000 + i);
    expect(names.has(one!.name)).toBe(false);
    one!.complete(worker);
  }
  r.pass();
  expect(r.stats().ports[WORKER]).toMatchObject({ inflight: places - 1, misordered: 0 });
  // Oldest first, also among those that were moved.
  expect(worker.release(2)).toBe(2);
  for (const each of open.splice(2).toReversed()) expect(each.complete(worker)).toBe(1);
  r.pass();
  expect(r.stats().inflight).toBe(0);
  expect(r.stats().ports[WORKER]!.misordered).toBe(0);
});

test('beyond 256 open events such a port is given the next when one is completed', async () => {
  const r = await openRig({ type: 'parallel' }, { dequeueDepth: 256 }, 1024);
  sendAll(r, r.ports[0]!, fresh(300));
  r.pass();
  const open = takeOpen(r.ports[WORKER]!);
  r.pass();
  expect([open.length, takeOpen(r.ports[WORKER]!).length]).toEqual([256, 0]);
  open[100]!.complete(r.ports[WORKER]!);
  r.pass();
  const [next] = takeOpen(r.ports[WORKER]!);
  expect([next!.payload, next!.name]).toEqual([256, open[100]!.name]);
});

test('subEventType is the device’s only with wide names', async () => {
  for (const wideNames of [false, true]) {
    const r = await openRig({ type: 'parallel' }, { wideNames }, 2048);
    sendAll(
      r,
      r.ports[0]!,
      [...fresh(300)].map((each) => ({ ...each, subEventType: 7 })),
    );
    r.pass();
    const open = takeOpen(r.ports[WORKER]!);
    r.pass();
    open.push(...takeOpen(r.ports[WORKER]!));
    const found = new Set(open.map(({ event }) => event.subEventType(0)));
    expect([...found]).toEqual(wideNames ? [0, 1] : [7]);
  }
});

test('wide names are for ports that complete in any order; only then a CQ is deeper than 256', async () => {
  const r = await openRig({ type: 'parallel' }, {}, 4);
  const create = (port: PortSpec): Promise<unknown> =>
    r.device.createDomain({ eventsLimit: 4, queues: [{ type: 'any' }], ports: [port] });
  const error = await refusalOf(() => create({ wideNames: true }));
  expect(error.code).toBe('ERR_DLB_INVALID_SPEC');
  expect(error.details).toMatchObject({ field: 'spec.ports[0].wideNames', value: true });
  await create({ wideNames: true, independentEnqueue: true, dequeueDepth: 4096 });
});

test('a reclaim behind gaps: the rest in order, the suspect blamed', async () => {
  const r = await openRig({ type: 'ordered' }, { dequeueDepth: 16 }, 64, 1);
  r.domain.unlink(2, 0);
  r.pass();
  sendAll(r, r.ports[0]!, fresh(16));
  r.pass();
  const worker = r.ports[WORKER]!;
  const burst = take(worker);
  const open = upTo(16).map((i) => new Open(burst, i));
  worker.working(13);
  // The others are moved together twice.
  for (const i of [2, 3, 4, 5, 6, 7, 8, 9, 10]) open[i]!.complete(worker, OP.FORWARD);
  r.pass();
  for (const i of [14, 11, 1]) open[i]!.complete(worker, OP.FORWARD);
  r.pass();
  r.domain.link(2, 0);
  expect(await r.domain.reclaim(WORKER)).toEqual({ rescheduled: 4 });
  r.pass();
  const again = take(r.ports[2]!);
  const seen = upTo(again.length).map((i) => [again.payload(i), again.attempts(i)]);
  expect(seen).toEqual([
    [0, 0],
    [12, 0],
    [13, 1],
    [15, 0],
  ]);
});

type Step =
  | { readonly do: 'send' | 'take' | 'release'; readonly count: number }
  | { readonly do: 'complete'; readonly count: number; readonly at: number; readonly on: boolean }
  | { readonly do: 'pass' | 'reclaim' | 'giveBack' | 'refused' };

const count = fc.integer({ min: 1, max: 9 });
const simple = (...kinds: ('pass' | 'reclaim' | 'giveBack' | 'refused')[]): fc.Arbitrary<Step> =>
  fc.record({ do: fc.constantFrom(...kinds) });
const counted = (kind: 'send' | 'take' | 'release'): fc.Arbitrary<Step> =>
  fc.record({ do: fc.constant(kind), count });
const complete: fc.Arbitrary<Step> = fc.record({
  do: fc.constant('complete' as const),
  count,
  at: fc.nat({ max: 1000 }),
  on: fc.boolean(),
});
const step = fc.oneof(
  { weight: 4, arbitrary: counted('send') },
  { weight: 4, arbitrary: simple('pass') },
  { weight: 4, arbitrary: counted('take') },
  { weight: 6, arbitrary: complete },
  { weight: 1, arbitrary: counted('release') },
  { weight: 1, arbitrary: simple('reclaim', 'giveBack', 'refused') },
);

/** A port that completes in any order, beside the list of what it has to hold. */
class Model {
  readonly #rig: CutRig;
  readonly #producer: Port;
  #worker: Port;
  #open: Open[] = [];
  /** Sent and not dequeued, and what was forwarded. */
  #waiting: number[] = [];
  #sent = 0;

  constructor(rigged: CutRig) {
    this.#rig = rigged;
    this.#producer = attachPort(rigged.domain.attachment(0));
    this.#worker = attachPort(rigged.domain.attachment(WORKER));
  }

  async take(each: Step): Promise<void> {
    if (each.do === 'send') this.#send(each.count);
    else if (each.do === 'take') this.#dequeue(each.count);
    else if (each.do === 'complete') this.#complete(each.count, each.at, each.on);
    else if (each.do === 'release') {
      const due = Math.min(each.count, this.#open.length);
      expect(this.#worker.release(each.count)).toBe(due);
      this.#open.splice(0, due);
    } else if (each.do === 'reclaim') await this.#reclaim();
    else if (each.do === 'giveBack') this.#worker.switchProfile(0);
    else if (each.do === 'refused') this.#refused();
    if (each.do === 'pass') this.#pass();
    expect(this.#worker.outstanding).toBe(this.#open.length);
  }

  /** All of it comes out in the end, once. */
  end(): void {
    for (let turn = 0; this.#open.length + this.#waiting.length > 0; turn++) {
      expect(turn).toBeLessThan(200);
      this.#complete(100, turn * 7, false);
      this.#pass();
      this.#dequeue(64);
    }
    this.#pass();
    const stats = this.#rig.domain.stats();
    expect(stats).toMatchObject({ inflight: 0, dropped: 0 });
    expect(stats.ports[WORKER]!.misordered).toBe(0);
  }

  #send(many: number): void {
    const burst = new EventBurst(16);
    for (let i = 0; i < many; i++) burst.push({ queueId: 0, payload: this.#sent + i });
    const sent = this.#producer.enqueueBurst(burst);
    this.#waiting.push(...upTo(sent, this.#sent));
    this.#sent += sent;
  }

  #dequeue(max: number): void {
    for (const each of takeOpen(this.#worker, max)) {
      const at = this.#waiting.indexOf(each.payload);
      expect([each.payload, at >= 0]).toEqual([each.payload, true]);
      this.#waiting.splice(at, 1);
      expect(this.#open.every(({ name }) => name !== each.name)).toBe(true);
      this.#open.push(each);
    }
  }

  /** Mostly not the oldest. */
  #complete(many: number, at: number, on: boolean): void {
    for (let i = 0; i < many && this.#open.length > 0; i++) {
      const length = Math.max(1, this.#open.length - 1);
      const [one] = this.#open.splice(this.#open.length - 1 - ((at + i) % length), 1);
      if (on) this.#waiting.push(one!.payload);
      expect(one!.complete(this.#worker, on ? OP.FORWARD : OP.RELEASE, 0)).toBe(1);
    }
  }

  /** A burst that ends at a NEW without credit completes what is before it only. */
  #refused(): void {
    const burst = new EventBurst(64);
    const [first, ...rest] = this.#open;
    if (first !== undefined) burst.append(first.event, 0);
    for (let i = 0; i < 30; i++) burst.push({ op: OP.NEW, queueId: 9 });
    for (const each of rest.slice(0, 8)) burst.append(each.event, 0);
    for (let i = 0; i < burst.length; i++) if (burst.queueId(i) !== 9) burst.setOp(i, OP.RELEASE);
    const sent = this.#worker.enqueueBurst(burst);
    expect(sent).toBeLessThan(31);
    if (first !== undefined && sent > 0) this.#open.shift();
  }

  #pass(): void {
    this.#rig.pass();
    expect(fsck(this.#rig.machine)).toEqual([]);
  }

  async #reclaim(): Promise<void> {
    await this.#rig.domain.reclaim(WORKER);
    this.#waiting.push(...this.#open.map(({ payload }) => payload));
    this.#open = [];
    this.#worker = attachPort(this.#rig.domain.attachment(WORKER));
  }
}

test.each([false, true])(
  'completions in any order, reclaims and gaps in between, against a plain list: wide names %s',
  async (wideNames) => {
    const types = fc.constantFrom('parallel' as const, 'ordered' as const, 'atomic' as const);
    await fc.assert(
      fc.asyncProperty(
        types,
        fc.array(step, { minLength: 20, maxLength: 80 }),
        async (type, steps) => {
          const worker = {
            links: [0],
            implicitRelease: false,
            independentEnqueue: true,
            wideNames,
          };
          const queues: QueueSpec[] = [{ type, fragments: 2 }];
          const rigged = await CutRig.open({ eventsLimit: 12, queues, ports: [{}, worker] });
          const model = new Model(rigged);
          await rigged.domain.start();
          for (const each of steps) await model.take(each);
          model.end();
        },
      ),
      { numRuns: 25 },
    );
  },
);
