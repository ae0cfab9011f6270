/** C1 to C4, C7, C9 and C12 under any sequence of operations, against a plain model. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { attachPort, OP } from '../../lib/index.js';
import { ascending, expectCreditsSumUp, expectEmpty, forward, payloads } from './harness.js';
import { rig, send, take, upTo } from './harness.js';
import type { Rig } from './harness.js';
import { ATOMIC, DIRECTED, Model, ORDERED } from './model.js';

const PRODUCER = 0;
const WORKERS = [1, 2, 3];
const LAST = 4;
/** It releases with each dequeue; the others complete explicitly. */
const IMPLICIT = 3;
const UNKNOWN = 9;

type Step =
  | { readonly do: 'send'; readonly count: number; readonly queue: number; readonly flow: number }
  | { readonly do: 'pass' }
  | { readonly do: 'take'; readonly port: number; readonly max: number }
  | { readonly do: 'forward'; readonly port: number; readonly count: number }
  | { readonly do: 'lose'; readonly port: number }
  | { readonly do: 'release'; readonly port: number; readonly count: number };

const worker = fc.constantFrom(...WORKERS);
const few = fc.integer({ min: 1, max: 5 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant('send' as const),
    count: few,
    queue: fc.constantFrom(ORDERED, ATOMIC, DIRECTED),
    flow: fc.nat({ max: 3 }),
  }),
  fc.record({ do: fc.constant('pass' as const) }),
  fc.record({ do: fc.constant('pass' as const) }),
  fc.record({ do: fc.constant('take' as const), port: worker, max: few }),
  fc.record({ do: fc.constant('take' as const), port: fc.constant(LAST), max: few }),
  fc.record({ do: fc.constant('forward' as const), port: worker, count: few }),
  fc.record({ do: fc.constant('lose' as const), port: fc.constantFrom(...WORKERS, LAST) }),
  fc.record({
    do: fc.constant('release' as const),
    port: fc.constantFrom(...WORKERS, LAST),
    count: few,
  }),
);

interface Size {
  readonly eventsLimit: number;
  readonly depth: number;
  readonly sequences: number;
}

/** Not mostly a handful, as is the default. */
const LONG = { maxLength: 80, size: 'max' } as const;

const size: fc.Arbitrary<Size> = fc.record({
  eventsLimit: fc.integer({ min: 1, max: 24 }),
  depth: fc.constantFrom(1, 2, 8),
  sequences: fc.constantFrom(1, 4, 64),
});

function makeRig({ eventsLimit, depth, sequences }: Size): Promise<Rig> {
  return rig({
    eventsLimit,
    queues: [{ type: 'ordered', sequences }, { type: 'atomic', flows: 16 }, { type: 'directed' }],
    ports: [
      {},
      ...WORKERS.map((id) => ({
        links: [ORDERED, ATOMIC],
        dequeueDepth: depth,
        implicitRelease: id === IMPLICIT,
      })),
      { links: [DIRECTED], dequeueDepth: depth },
    ],
  });
}

/** Ordered events go on to the directed queue, so that their order shows; atomic ones go round. */
function forwardOldest(r: Rig, model: Model, port: number, hands: Hands): void {
  const { burst, i } = hands.get(port)!.shift()!;
  const to = burst.queueId(i) === ORDERED ? DIRECTED : ATOMIC;
  const flowId = (burst.flowId(i) + 1) % 4;
  expect(forward(r.ports[port]!, burst, i, to, { flowId })).toBe(1);
  model.completed(port, to, flowId);
}

/** What a dequeue of a port with implicit release does first. */
function releaseAll(model: Model, hands: Hands, port: number): void {
  for (const _ of hands.get(port)!.splice(0)) model.completed(port, null);
}

/** What holds after each call, passes or not: inline statistics are exact. */
function expectExact(r: Rig, model: Model, hands: Hands): void {
  const { creditsFree, inflight, ports, queues } = r.stats();
  const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0);
  const held = sum(ports.map((port) => port.inflight));
  const worst = [...hands].map(([id, hand]) => ({
    // Completions in the ring are not taken in yet.
    untaken: ports[id]!.inflight - hand.length - ports[id]!.cqUsed,
    owed: r.ports[id]!.outstanding - hand.length,
  }));
  expect({
    inflight,
    all: creditsFree + sum(ports.map((port) => port.credits)) + inflight,
    heldOfQueues: sum(queues.map((queue) => queue.inflight)),
    fits: held <= inflight && worst.every(({ untaken, owed }) => untaken >= 0 && owed === 0),
  }).toEqual({
    inflight: model.inflight,
    all: r.eventsLimit,
    heldOfQueues: held,
    fits: true,
  });
}

type Hands = Map<number, { burst: ReturnType<typeof take>; i: number }[]>;

function perform(r: Rig, model: Model, hands: Hands, next: { payload: number }, op: Step): void {
  if (op.do === 'pass') {
    r.pass();
    model.passed();
  } else if (op.do === 'send') {
    const { queue: queueId, flow: flowId } = op;
    const burst = upTo(op.count, next.payload).map((payload) => ({ queueId, flowId, payload }));
    const accepted = send(r.ports[PRODUCER]!, ...burst);
    for (const { payload } of burst.slice(0, accepted)) {
      model.accepted(PRODUCER, payload, queueId, flowId);
    }
    next.payload += accepted;
  } else if (op.do === 'take') {
    if (op.port === IMPLICIT) releaseAll(model, hands, op.port);
    const burst = take(r.ports[op.port]!, op.max);
    model.dequeued(op.port, burst);
    for (let i = 0; i < burst.length; i++) hands.get(op.port)!.push({ burst, i });
  } else if (op.do === 'lose') {
    const oldest = hands.get(op.port)!.shift();
    if (oldest === undefined) return;
    expect(forward(r.ports[op.port]!, oldest.burst, oldest.i, UNKNOWN)).toBe(1);
    model.completed(op.port, null);
  } else {
    for (let i = 0; i < op.count && hands.get(op.port)!.length > 0; i++) {
      if (op.do === 'forward') forwardOldest(r, model, op.port, hands);
      else {
        expect(r.ports[op.port]!.release(1)).toBe(1);
        hands.get(op.port)!.shift();
        model.completed(op.port, null);
      }
    }
  }
}

const emptyHands = (): Hands => new Map([...WORKERS, LAST].map((port) => [port, []]));

/** Runs until nothing is inside. */
function finish(r: Rig, model: Model, hands: Hands, next: { payload: number }): void {
  for (let round = 0; model.inside.size > 0 && round < 200; round++) {
    for (const port of [...WORKERS, LAST]) {
      perform(r, model, hands, next, { do: 'take', port, max: 64 });
      // Of the ordered queue all go on; atomic events end.
      while (hands.get(port)!.length > 0) {
        const { burst, i } = hands.get(port)![0]!;
        const how = burst.queueId(i) === ORDERED ? 'forward' : 'release';
        perform(r, model, hands, next, { do: how, port, count: 1 });
      }
      perform(r, model, hands, next, { do: 'pass' });
    }
  }
  perform(r, model, hands, next, { do: 'pass' });
  expect(model.inside.size).toBe(0);
}

test('any sequence of operations keeps events, flows, order and credits', async () => {
  await fc.assert(
    fc.asyncProperty(size, fc.array(step, LONG), async (sized, steps) => {
      const r = await makeRig(sized);
      const model = new Model(5);
      const hands = emptyHands();
      const next = { payload: 0 };
      for (const each of steps) {
        perform(r, model, hands, next, each);
        expectExact(r, model, hands);
      }
      finish(r, model, hands, next);
      model.checkOrder();
      expectEmpty(r);
      expectCreditsSumUp(r);
      await r.device.close();
    }),
    { numRuns: 200 },
  );
});

test('a stop after any sequence of operations flushes what is inside, no more and no less', async () => {
  await fc.assert(
    fc.asyncProperty(size, fc.array(step, LONG), async (sized, steps) => {
      const r = await makeRig(sized);
      const model = new Model(5);
      const hands = emptyHands();
      for (const [payload, each] of steps.entries()) {
        perform(r, model, hands, { payload: payload * 10 }, each);
      }
      const flushed: number[] = [];
      await r.domain.stop((events) => flushed.push(...payloads(events)));
      expect(flushed.toSorted(ascending)).toEqual([...model.inside].toSorted(ascending));
      expectEmpty(r);
      await r.domain.start();
      expectCreditsSumUp(r);
      await r.device.close();
    }),
    { numRuns: 150 },
  );
});

test('ports that change hands in any way lose nothing, and deliver nothing that was completed', async () => {
  const change = fc.oneof(
    fc.record({ do: fc.constant('detach' as const), port: worker }),
    fc.record({ do: fc.constant('reclaim' as const), port: worker }),
  );
  await fc.assert(
    fc.asyncProperty(
      size,
      fc.array(fc.oneof(step, step, step, change), LONG),
      async (sized, steps) => {
        const r = await makeRig(sized);
        const inside = new Set<number>();
        const hands = new Map<number, number[]>([...WORKERS, LAST].map((port) => [port, []]));
        for (const [i, op] of steps.entries()) {
          if (op.do === 'pass') r.pass();
          else if (op.do === 'lose') {
            const [lost] = hands.get(op.port)!.splice(0, 1);
            if (lost !== undefined) {
              expect(send(r.ports[op.port]!, { op: OP.FORWARD, queueId: UNKNOWN })).toBe(1);
              inside.delete(lost);
            }
          } else if (op.do === 'send') {
            const events = upTo(op.count, i * 10).map((payload) => ({
              queueId: op.queue,
              flowId: op.flow,
              payload,
            }));
            const accepted = send(r.ports[PRODUCER]!, ...events);
            for (const { payload } of events.slice(0, accepted)) inside.add(payload);
          } else if (op.do === 'detach' || op.do === 'reclaim') {
            if (op.do === 'detach') r.ports[op.port]!.detach();
            else await r.domain.reclaim(op.port);
            hands.set(op.port, []);
            r.ports[op.port] = attachPort(r.domain.attachment(op.port));
          } else if (op.do === 'take') {
            if (op.port === IMPLICIT) {
              for (const payload of hands.get(op.port)!.splice(0)) inside.delete(payload);
            }
            const got = payloads(take(r.ports[op.port]!, op.max));
            for (const payload of got) expect(inside.has(payload)).toBe(true);
            // In one hand only, and once.
            const all = [...hands.values()].flat().concat(got);
            expect(new Set(all).size).toBe(all.length);
            hands.get(op.port)!.push(...got);
          } else {
            const due = r.ports[op.port]!.release(op.count);
            expect(due).toBe(Math.min(op.count, hands.get(op.port)!.length));
            for (const payload of hands.get(op.port)!.splice(0, due)) inside.delete(payload);
          }
          expectCreditsSumUp(r);
        }
        const flushed: number[] = [];
        await r.domain.stop((events) => flushed.push(...payloads(events)));
        expect(flushed.toSorted(ascending)).toEqual([...inside].toSorted(ascending));
        // Each owner has come round to seeing the stop.
        expect(new Set(r.ports.map((port) => port.state))).toEqual(new Set(['stopped']));
        expectEmpty(r);
        expectCreditsSumUp(r);
        await r.device.close();
      },
    ),
    { numRuns: 200 },
  );
});
