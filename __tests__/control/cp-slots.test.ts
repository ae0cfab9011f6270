/** Links on a device of a DLB model: eight slots per port, and what changes at run time waits. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Domain, LinkSlot, QueueSpec } from '../../lib/index.js';
import {
  addRig,
  drain,
  expectCreditsSumUp,
  expectEmpty,
  fresh,
  inlineDevice,
  refusalOf,
  send,
  sendAll,
  took,
  upTo,
} from '../contracts/harness.js';
import type { Rig, RigSpec } from '../contracts/harness.js';

async function strict(spec: RigSpec): Promise<Rig> {
  return addRig(await inlineDevice('dlb2.5'), spec);
}

function parallel(count: number): QueueSpec[] {
  return upTo(count).map(() => ({ type: 'parallel' }));
}

/** `[queue, state]` of the slots in use, `[queue, state, pending]` where a queue waits. */
function slotsOf(domain: Domain, port: number): unknown[] {
  return domain
    .slots(port)
    .filter(({ state }) => state !== 'unmapped')
    .map(({ queue, state, pending }) =>
      pending === undefined ? [queue, state] : [queue, state, pending],
    );
}

/** Two queues on port 1, which holds two events of queue 0; more events wait. */
async function busy(): Promise<Rig> {
  const r = await strict({
    queues: parallel(3),
    ports: [{}, { links: [0, 1], dequeueDepth: 2 }, { links: [1], dequeueDepth: 4 }],
  });
  send(r.ports[0]!, ...fresh(4));
  r.pass();
  expect(took(r.ports[1]!)).toEqual([0, 1]);
  r.pass();
  return r;
}

test('CP-31: a ninth queue is refused, and no queue stands still for it', async () => {
  const r = await strict({
    queues: parallel(9),
    ports: [{}, { links: upTo(8), dequeueDepth: 1 }, { links: [8], dequeueDepth: 4 }],
  });
  // Queue 8 has an event out, so that a link to it would have to wait.
  send(r.ports[0]!, ...fresh(1, { queueId: 8 }));
  r.pass();
  const before = r.domain.slots(1);
  const error = await refusalOf(() => r.domain.link(1, 8));
  expect(error.code).toBe('ERR_DLB_NO_QID_SLOTS_AVAILABLE');
  expect(error.details).toMatchObject({ field: 'queueId', queueId: 8, portId: 1, slots: 8 });
  expect(r.domain.slots(1)).toEqual(before);
  expect(r.domain.links(1).map(({ queue }) => queue)).toEqual(upTo(8));
  send(r.ports[0]!, ...fresh(2, { queueId: 8 }, 1));
  r.pass();
  expect(took(r.ports[2]!)).toEqual([0, 1, 2]);
});

test('CP-31: seven that are linked and one that is on its way are eight', async () => {
  const r = await strict({
    queues: parallel(9),
    ports: [{}, { links: upTo(7), dequeueDepth: 1 }, { links: [7, 8], dequeueDepth: 8 }],
  });
  send(r.ports[0]!, ...fresh(2, { queueId: 7 }), ...fresh(2, { queueId: 8 }, 10));
  r.pass();
  r.domain.link(1, 7);
  expect(slotsOf(r.domain, 1).at(-1)).toEqual([7, 'map-in-progress']);
  expect((await refusalOf(() => r.domain.link(1, 8))).code).toBe('ERR_DLB_NO_QID_SLOTS_AVAILABLE');
  // Queue 8 goes on, for the consumer that it has.
  send(r.ports[0]!, ...fresh(2, { queueId: 8 }, 12));
  r.pass();
  expect(took(r.ports[2]!)).toEqual([0, 1, 10, 11, 12, 13]);
});

test('CP-31: more than eight links of a port in the spec are refused', async () => {
  const device = await inlineDevice('dlb2.0');
  const before = device.resources();
  const nine = { eventsLimit: 8, queues: parallel(9), ports: [{ links: upTo(9) }] };
  expect((await refusalOf(() => device.createDomain(nine))).code).toBe(
    'ERR_DLB_NO_QID_SLOTS_AVAILABLE',
  );
  expect(device.resources()).toEqual(before);
  const domain = await device.createDomain({ ...nine, ports: [{ links: upTo(8) }] });
  expect(domain.links(0)).toHaveLength(8);
  expect(domain.slots(0)).toHaveLength(8);
});

test('CP-31: a device of model host has no slots, and no limit', async () => {
  const r = await addRig(await inlineDevice(), {
    queues: parallel(12),
    ports: [{ links: upTo(12) }],
  });
  expect(r.domain.slots(0)).toEqual([]);
  expect(r.domain.links(0)).toHaveLength(12);
});

test('CP-34: linked again the priority is what was asked for last, in the same slot', async () => {
  const r = await strict({
    queues: parallel(2),
    ports: [{ links: [{ queue: 0, priority: 160 }] }],
  });
  r.domain.link(0, 0, 64);
  expect(r.domain.links(0)).toEqual([{ queue: 0, priority: 64 }]);
  r.domain.link(0, 1, 96);
  r.domain.link(0, 0, 128);
  expect(r.domain.links(0)).toEqual([
    { queue: 0, priority: 128 },
    { queue: 1, priority: 96 },
  ]);
  expect(slotsOf(r.domain, 0)).toEqual([
    [0, 'mapped'],
    [1, 'mapped'],
  ]);
  // In force: where the port has one place, queue 1 has it.
  send(r.ports[0]!, { queueId: 0, payload: 1 }, { queueId: 1, payload: 2 });
  r.pass();
  expect(took(r.ports[0]!, 1)).toEqual([2]);
});

test('CP-36: an unlink stalls the whole port until it has completed what it holds', async () => {
  const r = await busy();
  const worker = r.ports[1]!;
  r.domain.unlink(1, 0);
  expect(r.domain.unlinksInProgress(1)).toBe(1);
  // Other queues as well: what it holds are two of its CQ, of four.
  send(r.ports[0]!, ...fresh(8, { queueId: 1 }, 10));
  r.pass(3);
  expect(took(worker)).toEqual([2, 3]);
  worker.release(1);
  r.pass(2);
  expect(took(worker)).toEqual([]);
  expect(r.domain.unlinksInProgress(1)).toBe(1);
  expect(slotsOf(r.domain, 1)).toEqual([
    [0, 'unmap-in-progress'],
    [1, 'mapped'],
  ]);
  worker.release(3);
  r.pass();
  expect(r.domain.unlinksInProgress(1)).toBe(0);
  expect(slotsOf(r.domain, 1)).toEqual([[1, 'mapped']]);
  // The other queue resumes, in the same pass.
  expect(took(worker)).toHaveLength(2);
});

test('CP-36: an unlink of a port that holds nothing takes effect at once', async () => {
  const r = await strict({ queues: parallel(1), ports: [{ links: [0] }] });
  r.domain.unlink(0, 0);
  expect([r.domain.unlinksInProgress(0), slotsOf(r.domain, 0)]).toEqual([0, []]);
  send(r.ports[0]!, { payload: 1 });
  r.pass();
  expect(took(r.ports[0]!)).toEqual([]);
});

test('CP-36: before a start, and after a stop, links change at once', async () => {
  const r = await strict({ queues: parallel(2), ports: [{ links: [0, 1] }], started: false });
  r.domain.unlink(0, 1);
  expect(slotsOf(r.domain, 0)).toEqual([[0, 'mapped']]);
  await r.domain.start();
  send(r.ports[0]!, ...fresh(3));
  r.pass();
  await r.domain.stop();
  r.domain.unlink(0, 0);
  r.domain.link(0, 1);
  expect([r.domain.unlinksInProgress(0), slotsOf(r.domain, 0)]).toEqual([0, [[1, 'mapped']]]);
});

test('CP-36: several unlinks of a port complete together', async () => {
  const r = await busy();
  r.domain.unlink(1, 1);
  r.domain.unlink(1, 0);
  expect(r.domain.unlinksInProgress(1)).toBe(2);
  took(r.ports[1]!);
  r.ports[1]!.release(4);
  r.pass();
  expect([r.domain.unlinksInProgress(1), slotsOf(r.domain, 1)]).toEqual([0, []]);
});

test('CP-36: an unlink of a port whose thread is gone completes with the reclaim', async () => {
  const r = await busy();
  r.domain.unlink(1, 0);
  await r.domain.reclaim(1);
  r.pass();
  expect([r.domain.unlinksInProgress(1), slotsOf(r.domain, 1)]).toEqual([0, [[1, 'mapped']]]);
});

test('CP-38: an unlink that is in progress cannot be asked for again', async () => {
  const r = await busy();
  r.domain.unlink(1, 0);
  expect((await refusalOf(() => r.domain.unlink(1, 0))).code).toBe('ERR_DLB_INVALID_QID');
  expect(r.domain.unlinksInProgress(1)).toBe(1);
});

test('a link to a queue that is being unlinked cancels the unlink, and the port goes on', async () => {
  const r = await busy();
  r.domain.unlink(1, 0);
  r.domain.link(1, 0, 7);
  expect(r.domain.unlinksInProgress(1)).toBe(0);
  expect(slotsOf(r.domain, 1)[0]).toEqual([0, 'mapped']);
  expect(r.domain.links(1)[0]).toEqual({ queue: 0, priority: 7 });
  send(r.ports[0]!, ...fresh(2, {}, 20));
  expect(took(r.ports[1]!)).toEqual([2, 3]);
  r.pass();
  expect(took(r.ports[1]!)).toEqual([20, 21]);
});

test('with two unlinks in progress a cancelled one leaves the port stalled', async () => {
  const r = await busy();
  r.domain.unlink(1, 0);
  r.domain.unlink(1, 1);
  r.domain.link(1, 0);
  expect(took(r.ports[1]!)).toEqual([2, 3]);
  send(r.ports[0]!, ...fresh(2, {}, 20));
  r.pass();
  expect(took(r.ports[1]!)).toEqual([]);
  expect(r.domain.unlinksInProgress(1)).toBe(1);
  r.ports[1]!.release(4);
  r.pass();
  expect(slotsOf(r.domain, 1)).toEqual([[0, 'mapped']]);
  expect(took(r.ports[1]!)).toEqual([20, 21]);
});

/** Queue 0 has two events with port 1, and is being linked to port 2. */
async function mapping(): Promise<Rig> {
  const r = await strict({
    queues: parallel(2),
    ports: [{}, { links: [0], dequeueDepth: 8 }, { links: [1], dequeueDepth: 8 }],
  });
  send(r.ports[0]!, ...fresh(2));
  r.pass();
  expect(took(r.ports[1]!)).toEqual([0, 1]);
  r.domain.link(2, 0);
  return r;
}

test('CP-39: a link to a queue with events out takes effect when they are completed', async () => {
  const r = await mapping();
  expect(slotsOf(r.domain, 2)).toEqual([
    [1, 'mapped'],
    [0, 'map-in-progress'],
  ]);
  // Nobody gets anything new of it; other queues go on.
  send(r.ports[0]!, ...fresh(4, {}, 10), ...fresh(1, { queueId: 1 }, 99));
  r.pass(3);
  expect([1, 2].map((id) => took(r.ports[id]!))).toEqual([[], [99]]);
  r.ports[1]!.release(1);
  r.pass(2);
  expect([1, 2].map((id) => took(r.ports[id]!))).toEqual([[], []]);
  r.ports[1]!.release(1);
  r.pass();
  expect(slotsOf(r.domain, 2)[1]).toEqual([0, 'mapped']);
  expect([1, 2].map((id) => took(r.ports[id]!).length)).toEqual([2, 2]);
});

test('CP-39: a link to a queue of which nothing is out takes effect at once', async () => {
  const r = await strict({ queues: parallel(1), ports: [{}, {}] });
  send(r.ports[0]!, ...fresh(2));
  r.pass();
  r.domain.link(1, 0);
  expect(slotsOf(r.domain, 1)).toEqual([[0, 'mapped']]);
  r.pass();
  expect(took(r.ports[1]!)).toEqual([0, 1]);
});

test('CP-39: an unlink aborts a link that is on its way, and the queue goes on', async () => {
  const r = await mapping();
  r.domain.unlink(2, 0);
  expect([r.domain.unlinksInProgress(2), slotsOf(r.domain, 2)]).toEqual([0, [[1, 'mapped']]]);
  send(r.ports[0]!, ...fresh(2, {}, 10));
  r.pass();
  expect([1, 2].map((id) => took(r.ports[id]!))).toEqual([[10, 11], []]);
});

test('CP-39: of two links on their way one is aborted, and the queue still waits for the other', async () => {
  const r = await strict({
    queues: parallel(1),
    ports: [{}, { links: [0] }, {}, {}],
  });
  send(r.ports[0]!, { payload: 0 });
  r.pass();
  expect(took(r.ports[1]!)).toEqual([0]);
  r.domain.link(2, 0);
  r.domain.link(3, 0);
  r.domain.unlink(2, 0);
  send(r.ports[0]!, { payload: 1 });
  r.pass();
  expect(took(r.ports[1]!)).toEqual([]);
  r.ports[1]!.release(1);
  r.pass();
  expect([2, 3].map((id) => slotsOf(r.domain, id))).toEqual([[], [[0, 'mapped']]]);
  expect(r.stats().queues[0]!.inflight).toBe(1);
});

test('CP-39: the priority of a link on its way can be changed', async () => {
  const r = await mapping();
  r.domain.link(2, 0, 3);
  expect(slotsOf(r.domain, 2)).toHaveLength(2);
  r.ports[1]!.release(2);
  r.pass();
  expect(r.domain.links(2)).toEqual([
    { queue: 0, priority: 3 },
    { queue: 1, priority: 128 },
  ]);
  r.domain.unlink(1, 0);
  send(r.ports[0]!, ...fresh(8, { queueId: 1 }, 20), ...fresh(8, {}, 10));
  r.pass();
  expect(took(r.ports[2]!)).toEqual(upTo(8, 10));
});

/** Port 1 is linked to queues 0..7 and holds an event; queue 0 is being unlinked. */
async function full(): Promise<Rig> {
  const r = await strict({
    queues: parallel(11),
    ports: [{}, { links: upTo(8), dequeueDepth: 4 }],
  });
  send(r.ports[0]!, { payload: 0 });
  r.pass();
  expect(took(r.ports[1]!)).toEqual([0]);
  r.domain.unlink(1, 0);
  return r;
}

test('a ninth queue may wait for a slot that is being freed, and a tenth may not', async () => {
  const r = await full();
  r.domain.link(1, 8);
  expect(slotsOf(r.domain, 1)[0]).toEqual([0, 'unmap-in-progress-pending-map', 8]);
  expect((await refusalOf(() => r.domain.link(1, 9))).code).toBe('ERR_DLB_NO_QID_SLOTS_AVAILABLE');
  send(r.ports[0]!, ...fresh(1, { queueId: 8 }, 5));
  r.pass();
  expect(took(r.ports[1]!)).toEqual([]);
  r.ports[1]!.release(1);
  r.pass();
  expect(slotsOf(r.domain, 1)[0]).toEqual([8, 'mapped']);
  expect(took(r.ports[1]!)).toEqual([5]);
});

test('what waits for a slot can be given up, and its priority be changed', async () => {
  const r = await full();
  r.domain.link(1, 8, 9);
  r.domain.link(1, 8, 3);
  expect(r.domain.links(1).at(-1)).toEqual({ queue: 8, priority: 3 });
  r.domain.unlink(1, 8);
  expect(slotsOf(r.domain, 1)[0]).toEqual([0, 'unmap-in-progress']);
  expect(r.domain.unlinksInProgress(1)).toBe(1);
  r.domain.link(1, 10);
  r.ports[1]!.release(1);
  r.pass();
  expect(slotsOf(r.domain, 1)[0]).toEqual([10, 'mapped']);
});

test('who waits for a slot that is kept after all waits for another that is being freed', async () => {
  const r = await full();
  r.domain.unlink(1, 1);
  r.domain.link(1, 8, 5);
  r.domain.link(1, 0);
  expect(slotsOf(r.domain, 1).slice(0, 2)).toEqual([
    [0, 'mapped'],
    [1, 'unmap-in-progress-pending-map', 8],
  ]);
  expect(r.domain.unlinksInProgress(1)).toBe(1);
  r.ports[1]!.release(1);
  r.pass();
  expect(slotsOf(r.domain, 1).slice(0, 2)).toEqual([
    [0, 'mapped'],
    [8, 'mapped'],
  ]);
  expect(r.domain.links(1).at(-1)).toEqual({ queue: 8, priority: 5 });
});

test('a queue that comes into a freed slot waits for its events that are out', async () => {
  const r = await strict({
    queues: parallel(9),
    ports: [{}, { links: upTo(8), dequeueDepth: 4 }, { links: [8] }],
  });
  send(r.ports[0]!, { payload: 0 }, { queueId: 8, payload: 1 });
  r.pass();
  expect([1, 2].map((id) => took(r.ports[id]!))).toEqual([[0], [1]]);
  r.domain.unlink(1, 0);
  r.domain.link(1, 8);
  r.ports[1]!.release(1);
  r.pass();
  expect(slotsOf(r.domain, 1)[0]).toEqual([8, 'map-in-progress']);
  r.ports[2]!.release(1);
  r.pass();
  expect(slotsOf(r.domain, 1)[0]).toEqual([8, 'mapped']);
});

test('a disabled port is not let back in by an unlink that ends', async () => {
  const r = await busy();
  r.domain.unlink(1, 0);
  await r.domain.disablePort(1);
  r.ports[1]!.release(2);
  r.pass(3);
  took(r.ports[1]!);
  r.pass(2);
  expect(r.domain.unlinksInProgress(1)).toBe(0);
  send(r.ports[0]!, ...fresh(8, { queueId: 1 }, 30));
  r.pass();
  expect(r.stats().ports[1]!.inflight).toBe(0);
  await r.domain.enablePort(1);
  r.pass(2);
  expect(took(r.ports[1]!).length).toBeGreaterThan(0);
});

test('a directed queue is linked and unlinked at once, and takes no slot', async () => {
  const r = await strict({
    queues: [{ type: 'directed' }, { type: 'parallel' }],
    ports: [{}, { links: [0], dequeueDepth: 4 }, {}, { links: [1] }],
  });
  send(r.ports[0]!, ...fresh(2));
  r.pass();
  expect(slotsOf(r.domain, 1)).toEqual([]);
  r.domain.unlink(1, 0);
  r.domain.link(2, 0);
  send(r.ports[0]!, ...fresh(2, {}, 10), { queueId: 1, payload: 20 });
  r.pass();
  expect([1, 2, 3].map((id) => took(r.ports[id]!))).toEqual([[0, 1], [10, 11], [20]]);
});

test('CP-48: a stop finishes what is in progress, and everything comes back', async () => {
  const device = await inlineDevice('dlb2.5');
  const before = device.resources();
  const r = await addRig(device, {
    queues: parallel(10),
    ports: [{}, { links: upTo(8), dequeueDepth: 4 }, { links: [9] }],
  });
  send(r.ports[0]!, ...fresh(3), { queueId: 9 }, ...fresh(2, { queueId: 5 }));
  r.pass();
  took(r.ports[1]!, 1);
  r.domain.unlink(1, 0);
  r.domain.link(1, 8);
  r.domain.link(2, 1);
  r.domain.link(2, 9, 4);
  const { flushed } = await r.domain.stop();
  expect(flushed).toBe(6);
  expectEmpty(r);
  expect([1, 2].map((id) => r.domain.unlinksInProgress(id))).toEqual([0, 0]);
  expect(slotsOf(r.domain, 1)[0]).toEqual([8, 'mapped']);
  await r.domain.start();
  sendAll(r, r.ports[0]!, [{ queueId: 8 }, { queueId: 1 }, { queueId: 9 }]);
  expect(drain(r).flat()).toHaveLength(3);
  await r.domain.close();
  expect(device.resources()).toEqual(before);
});

/** What a port is asked for, step by step; 'work' completes what it holds. */
interface Step {
  readonly do: 'link' | 'unlink' | 'work' | 'send';
  readonly queue: number;
}

const steps = fc.array(
  fc.record({
    do: fc.constantFrom<Step['do']>('link', 'link', 'link', 'unlink', 'unlink', 'work', 'send'),
    queue: fc.nat(10),
  }),
  { maxLength: 60 },
);

/** Queues that the slots of a port stand for in the end. */
function wanted(slots: readonly LinkSlot[]): number[] {
  return slots
    .flatMap(({ state, queue, pending }) => {
      if (pending !== undefined) return [pending];
      return state === 'mapped' || state === 'map-in-progress' ? [queue!] : [];
    })
    .toSorted((a, b) => a - b);
}

test('whatever is asked for in whatever order, slots say what was asked for last', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (list: readonly Step[]) => {
      const r = await strict({
        queues: parallel(11),
        ports: [{}, { dequeueDepth: 4 }, { links: upTo(8), dequeueDepth: 4 }],
      });
      const linked = new Set<number>();
      for (const step of list) {
        if (step.do === 'send') send(r.ports[0]!, ...upTo(11).map((queueId) => ({ queueId })));
        else if (step.do === 'work') {
          for (const port of r.ports) {
            took(port);
            port.release(port.outstanding);
          }
        } else if (step.do === 'link') {
          const isFull = linked.size === 8 && !linked.has(step.queue);
          const error = isFull ? await refusalOf(() => r.domain.link(1, step.queue)) : null;
          if (isFull) expect(error!.code).toBe('ERR_DLB_NO_QID_SLOTS_AVAILABLE');
          else {
            r.domain.link(1, step.queue);
            linked.add(step.queue);
          }
        } else if (linked.delete(step.queue)) r.domain.unlink(1, step.queue);
        else {
          const error = await refusalOf(() => r.domain.unlink(1, step.queue));
          expect(error.code).toBe('ERR_DLB_INVALID_QID');
        }
        if (step.do === 'send' || step.do === 'work') r.pass();
        const slots = r.domain.slots(1);
        expect(wanted(slots)).toEqual([...linked].toSorted((a, b) => a - b));
        const leaving = slots.filter(({ state }) => state.startsWith('unmap-'));
        expect(r.domain.unlinksInProgress(1)).toBe(leaving.length);
      }
      drain(r);
      expect(r.domain.slots(1).every(({ state }) => state.endsWith('mapped'))).toBe(true);
      // Every queue goes on for whoever is linked to it.
      const served = new Set([...linked, ...upTo(8)]);
      sendAll(
        r,
        r.ports[0]!,
        [...served].map((queueId) => ({ queueId, payload: queueId + 1000 })),
      );
      const got = drain(r).flat();
      expect(new Set(got)).toEqual(new Set([...served].map((queueId) => queueId + 1000)));
      await r.domain.stop();
      expectEmpty(r);
      expectCreditsSumUp(r);
      await r.device.close();
    }),
    { numRuns: 100 },
  );
});
