/** C2: at any moment at most one port holds events of a flow, and a flow keeps its order. */
import { expect, test } from '@jest/globals';
import { drain, expectEmpty, forward, fresh, rig, send, take, took, upTo } from './harness.js';
import type { Rig } from './harness.js';

/** Port 0 produces; the others serve one atomic queue, each with a CQ of `depth`. */
function atomicRig(workers: number, depth: number, flows = 16384): Promise<Rig> {
  return rig({
    eventsLimit: 128,
    queues: [{ type: 'atomic', flows }],
    ports: [{}, ...upTo(workers).map(() => ({ links: [0], dequeueDepth: depth }))],
  });
}

/** Flow ids of `events` events, one after the other. */
function ofFlows(...flows: number[]): { flowId: number; payload: number }[] {
  return flows.map((flowId, i) => ({ flowId, payload: i }));
}

test('a flow stays on its port while others go elsewhere', async () => {
  const r = await atomicRig(3, 16);
  send(r.ports[0]!, ...ofFlows(0, 1, 1, 0, 0, 2, 2, 0, 2));
  r.pass();
  expect([1, 2, 3].map((id) => took(r.ports[id]!))).toEqual([
    [0, 3, 4, 7],
    [1, 2],
    [5, 6, 8],
  ]);
});

test('a flow stays on its port until its last event is completed, then it may move', async () => {
  const r = await atomicRig(2, 8);
  send(r.ports[0]!, ...ofFlows(5, 5));
  r.pass();
  expect(took(r.ports[1]!)).toEqual([0, 1]);
  r.ports[1]!.release(1);
  r.pass();
  // One is left in hand: port 2 has more room, and still the flow does not move.
  send(r.ports[0]!, { flowId: 5, payload: 2 });
  r.pass();
  expect(took(r.ports[2]!)).toEqual([]);
  expect(took(r.ports[1]!)).toEqual([2]);
  r.ports[1]!.release(2);
  r.pass();
  expectEmpty(r);
  // Idle: round robin goes on behind port 1.
  send(r.ports[0]!, { flowId: 5, payload: 3 });
  r.pass();
  expect(took(r.ports[2]!)).toEqual([3]);
});

test('events that wait in a CQ keep the flow as well as those in hand', async () => {
  const r = await atomicRig(2, 8);
  send(r.ports[0]!, ...ofFlows(1, 1, 1));
  r.pass();
  expect(took(r.ports[1]!, 1)).toEqual([0]);
  r.ports[1]!.release(1);
  r.pass();
  expect(r.stats().queues[0]!.pinned).toEqual([{ port: 1, flows: 1, events: 2 }]);
  send(r.ports[0]!, { flowId: 1, payload: 3 });
  r.pass();
  expect(took(r.ports[2]!)).toEqual([]);
  expect(took(r.ports[1]!)).toEqual([1, 2, 3]);
});

test('a busy flow waits for its port, however free the others are, and keeps its order', async () => {
  const r = await atomicRig(2, 2);
  send(r.ports[0]!, ...ofFlows(9, 9, 9, 9, 9, 9));
  r.pass();
  expect(took(r.ports[2]!)).toEqual([]);
  const seen: number[] = [];
  for (let i = 0; i < 6; i++) {
    // One completion and one dequeue at a time: the port is never without an event of the flow.
    seen.push(...took(r.ports[1]!, 1));
    if (i < 5) expect(r.stats().queues[0]!.pinned).toMatchObject([{ port: 1, flows: 1 }]);
    r.ports[1]!.release(1);
    r.pass();
  }
  expect(seen).toEqual([0, 1, 2, 3, 4, 5]);
  expect(took(r.ports[2]!)).toEqual([]);
});

test('new events of a flow go behind its blocked ones', async () => {
  const r = await atomicRig(2, 1);
  send(r.ports[0]!, ...ofFlows(4, 4));
  r.pass();
  // 0 is in the CQ, 1 is blocked. Now the port has room again, and 2 and 3 come along.
  expect(took(r.ports[1]!)).toEqual([0]);
  send(r.ports[0]!, { flowId: 4, payload: 2 }, { flowId: 4, payload: 3 });
  r.pass();
  expect(took(r.ports[1]!)).toEqual([1]);
  r.pass();
  expect(took(r.ports[1]!)).toEqual([2]);
  r.pass();
  expect(took(r.ports[1]!)).toEqual([3]);
});

test('flows that share a slot of the table are exclusive together', async () => {
  const r = await atomicRig(2, 8, 4);
  send(r.ports[0]!, ...ofFlows(1, 5, 2));
  r.pass();
  expect(took(r.ports[1]!)).toEqual([0, 1]);
  expect(took(r.ports[2]!)).toEqual([2]);
});

test('all 20 bits of a flow id count', async () => {
  const r = await rig({
    queues: [{ type: 'atomic', flows: 1 << 20 }],
    ports: [{}, { links: [0] }, { links: [0] }],
  });
  send(r.ports[0]!, ...ofFlows(0x8_0001, 0x0_0001, 0x8_0001));
  r.pass();
  expect(took(r.ports[1]!)).toEqual([0, 2]);
  expect(took(r.ports[2]!)).toEqual([1]);
});

test('the same flow id on two queues is two flows', async () => {
  const r = await rig({
    queues: [{ type: 'atomic' }, { type: 'atomic' }],
    ports: [{}, { links: [0, 1] }, { links: [0, 1] }],
  });
  send(r.ports[0]!, { queueId: 0, flowId: 1, payload: 1 }, { queueId: 1, flowId: 1, payload: 2 });
  r.pass();
  // Each queue starts its own round robin at port 1; port 2 then has strictly more room.
  expect(took(r.ports[1]!)).toEqual([1]);
  expect(took(r.ports[2]!)).toEqual([2]);
});

test('a forward back to the same queue frees the flow and takes its place behind', async () => {
  const r = await atomicRig(1, 8);
  send(r.ports[0]!, ...ofFlows(1, 1));
  r.pass();
  const batch = take(r.ports[1]!);
  forward(r.ports[1]!, batch, 0, 0, { payload: 10 });
  r.pass();
  expect(r.stats().queues[0]!.pinned).toEqual([{ port: 1, flows: 1, events: 2 }]);
  expect(took(r.ports[1]!)).toEqual([10]);
});

test.each(['detach', 'reclaim'] as const)(
  'a flow moves in order after a %s of its port',
  async (how) => {
    const r = await atomicRig(2, 4);
    send(r.ports[0]!, ...ofFlows(3, 3, 3, 3, 3, 3, 3));
    r.pass();
    expect(took(r.ports[1]!, 2)).toEqual([0, 1]);
    r.ports[1]!.release(1);
    if (how === 'detach') r.ports[1]!.detach();
    else await r.domain.reclaim(1);
    r.pass();
    // 0 was completed; 1 in hand, 2 and 3 in the CQ, 4 to 6 blocked behind them.
    expect(drain(r)[2]).toEqual([1, 2, 3, 4, 5, 6]);
  },
);

test('no two ports hold a flow at any moment of a long run', async () => {
  const r = await atomicRig(4, 4);
  const workers = r.ports.slice(1);
  // Flows in hand per port, oldest first.
  const hands: number[][] = r.ports.map(() => []);
  const lastOf = new Map<number, number>();
  let next = 0;
  let shared = 0;
  let whole = 0;
  for (let round = 0; round < 400; round++) {
    const events = fresh(7, {}, next).map((e) => ({ ...e, flowId: (e.payload! * 5) % 6 }));
    next += send(r.ports[0]!, ...events);
    r.pass();
    // In every fifth round all CQs are emptied: then what is in hand is all that the ports hold.
    const all = round % 5 === 0;
    for (const port of workers) {
      const batch = take(port, all ? 4 : 1 + ((round + port.id) % 3));
      for (let i = 0; i < batch.length; i++) {
        const flow = batch.flowId(i);
        expect(batch.payload(i)).toBeGreaterThan(lastOf.get(flow) ?? -1);
        lastOf.set(flow, batch.payload(i));
        hands[port.id]!.push(flow);
      }
    }
    const holders = upTo(6).map((flow) => hands.filter((hand) => hand.includes(flow)).length);
    expect(Math.max(...holders)).toBeLessThanOrEqual(1);
    if (holders.filter((count) => count === 1).length > 1) shared++;
    // The statistics say the same, CQs included: a flow is pinned to one port at most.
    const { pinned } = r.stats().queues[0]!;
    expect(pinned.reduce((sum, { flows }) => sum + flows, 0)).toBeLessThanOrEqual(6);
    if (all) {
      const held = workers.filter(({ id }) => hands[id]!.length > 0);
      expect(pinned).toEqual(
        held.map(({ id: port }) => ({
          port,
          flows: new Set(hands[port]).size,
          events: hands[port]!.length,
        })),
      );
      if (held.length > 2) whole++;
    }
    for (const port of workers) hands[port.id]!.splice(0, port.release((round % 3) + 1));
  }
  // The run was not one flow after the other.
  expect(shared).toBeGreaterThan(100);
  expect(whole).toBeGreaterThan(20);
  drain(r);
  expectEmpty(r);
});
