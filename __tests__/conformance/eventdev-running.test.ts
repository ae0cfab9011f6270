/** DPDK's `app/test/test_eventdev.c`, row by row: what runs. Its set-up: eventdev-common.test.ts. */
import { expect, test } from '@jest/globals';
import { SCHED } from '../../lib/index.js';
import { drain, refusalOf, rig, take, upTo } from '../contracts/harness.js';
import type { Rig } from '../contracts/harness.js';
import { enqueue, mustBeOne, QUEUES, sane } from './upstream.js';

/** Links every queue to port 0; tells how many links there are then. */
function linkAll({ domain }: Rig): number {
  for (const id of upTo(QUEUES)) domain.link(0, id);
  return domain.links(0).length;
}

test('eventdev 23: start_stop', async () => {
  const r = await sane();
  expect(linkAll(r)).toBe(QUEUES);
  await r.domain.start();
  expect(r.domain.state).toBe('started');
  expect(await r.domain.stop()).toEqual({ flushed: 0 });
  expect(r.domain.state).toBe('stopped');
});

/** Passes and dequeues, up to four times, until an event comes: its flow and queue. */
function withinFour(r: Rig): (readonly [flow: number, queue: number])[] {
  for (let tries = 0; tries < 4; tries++) {
    r.pass();
    const burst = take(r.ports[0]!, 1);
    if (burst.length > 0) return [[burst.flowId(0), burst.queueId(0)]];
  }
  return [];
}

test('eventdev 24: profile_switch', async () => {
  const r = await sane({ ports: [{ implicitRelease: true }] });
  const [port] = r.ports;
  for (const id of [0, 1]) r.domain.linkProfile(0, id, id);
  for (const id of [0, 1]) {
    expect(r.domain.links(0, id)).toEqual([{ queue: id, priority: 128 }]);
  }
  await r.domain.start();
  for (const id of [0, 1]) {
    mustBeOne(enqueue(port!, { schedType: SCHED.PARALLEL, queueId: id, flowId: id }));
  }
  // What is on its way already, of profile 0, has to go back.
  r.pass();
  expect(r.stats().ports[0]!.cqUsed).toBe(1);
  for (const id of [1, 0]) {
    expect(port!.switchProfile(id)).toBe(true);
    expect(withinFour(r)).toEqual([[id, id]]);
    expect(withinFour(r)).toEqual([]);
  }
  for (const id of [0, 1]) {
    r.domain.unlinkProfile(0, id, id);
    expect(r.domain.links(0, id)).toEqual([]);
  }
});

test.each([
  ['NONE: one at a time', 1],
  ['PRESCHEDULE: a CQ of 128', 128],
  ['ADAPTIVE: the depth is left open', undefined],
])('eventdev 25: preschedule configure, %s', async (_, dequeueDepth) => {
  // What upstream prefetches, a CQ holds: its depth says how much of it.
  const depth = dequeueDepth === undefined ? {} : { dequeueDepth };
  const r = await rig({
    eventsLimit: 2048,
    queues: [{ type: 'parallel' }],
    ports: [{ links: [0], ...depth }],
  });
  const flows: number[] = [];
  for (const flowId of upTo(1024)) mustBeOne(enqueue(r.ports[0]!, { flowId, payload: flowId }));
  for (let got = drain(r)[0]!; got.length > 0; got = drain(r)[0]!) flows.push(...got);
  expect(flows).toEqual(upTo(1024));
});

test('eventdev 27: link', async () => {
  const r = await sane({ ports: [{}] });
  await r.domain.start();
  expect([linkAll(r), linkAll(r)]).toEqual([QUEUES, QUEUES]);
  expect(r.domain.unlinksInProgress(0)).toBe(0);
});

test('eventdev 28: unlink', async () => {
  const r = await sane();
  await r.domain.start();
  for (let time = 0; time < 2; time++) {
    expect(linkAll(r)).toBe(QUEUES);
    for (const id of upTo(QUEUES)) r.domain.unlink(0, id);
    expect(r.domain.links(0)).toEqual([]);
    expect(r.domain.unlinksInProgress(0)).toBe(QUEUES);
    r.pass();
    expect(r.domain.unlinksInProgress(0)).toBe(0);
  }
  // Upstream returns 0 for what is not linked; ours says so.
  expect((await refusalOf(() => r.domain.unlink(0, 0))).code).toBe('ERR_DLB_INVALID_QID');
});

test('eventdev 29: link_get', async () => {
  const r = await sane();
  linkAll(r);
  r.domain.unlink(0, 0);
  r.domain.link(0, 2, 7);
  expect(r.domain.links(0)).toEqual(
    upTo(QUEUES - 1, 1).map((queue) => ({ queue, priority: queue === 2 ? 7 : 128 })),
  );
});

test('eventdev 30: close', async () => {
  const r = await sane();
  linkAll(r);
  await r.domain.start();
  mustBeOne(enqueue(r.ports[0]!));
  await r.domain.stop();
  await r.domain.close();
  expect([r.domain.state, r.ports[0]!.state]).toEqual(['closed', 'closed']);
});
