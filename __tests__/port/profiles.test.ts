/** Link profiles: several sets of links, of which a port serves one at a time. */
import { expect, test } from '@jest/globals';
import { attachPort, EventBurst } from '../../lib/index.js';
import {
  drain,
  expectCreditsSumUp,
  expectEmpty,
  fresh,
  refusalOf,
  rig,
  send,
  took,
  upTo,
} from '../contracts/harness.js';
import type { Rig } from '../contracts/harness.js';

/** Port 1 serves queue 0 in profile 0, queue 1 in profile 1. */
async function twoProfiles(): Promise<Rig> {
  const r = await rig({
    queues: [{ type: 'parallel' }, { type: 'parallel' }],
    ports: [{}, { links: [0] }],
  });
  r.domain.linkProfile(1, 1, 1, 7);
  return r;
}

test('the links of each profile are its own', async () => {
  const r = await twoProfiles();
  expect(r.domain.links(1)).toEqual([{ queue: 0, priority: 128 }]);
  expect(r.domain.links(1, 1)).toEqual([{ queue: 1, priority: 7 }]);
  expect(r.domain.links(1, 7)).toEqual([]);
  r.domain.linkProfile(1, 1, 0);
  expect(r.domain.links(1, 1)).toEqual([
    { queue: 0, priority: 128 },
    { queue: 1, priority: 7 },
  ]);
  r.domain.unlinkProfile(1, 1, 1);
  expect(r.domain.links(1, 1)).toEqual([{ queue: 0, priority: 128 }]);
  expect(r.domain.links(1)).toEqual([{ queue: 0, priority: 128 }]);
});

test('after a switch events come from the queues of the new profile only', async () => {
  const r = await twoProfiles();
  const port = r.ports[1]!;
  send(r.ports[0]!, { queueId: 0, payload: 10 }, { queueId: 1, payload: 11 });
  // In the CQ already: it goes back.
  r.pass();
  expect(r.stats().ports[1]!.cqUsed).toBe(1);
  expect(port.switchProfile(1)).toBe(true);
  expect(took(port)).toEqual([]);
  r.pass();
  expect(took(port)).toEqual([11]);
  for (let i = 0; i < 4; i++) {
    r.pass();
    expect(took(port)).toEqual([]);
  }
  port.switchProfile(0);
  r.pass();
  expect(took(port)).toEqual([10]);
  port.release(2);
  r.pass();
  expectEmpty(r);
  expectCreditsSumUp(r);
});

test('what goes back keeps its order and is not counted as an attempt', async () => {
  const r = await rig({
    queues: [{ type: 'atomic' }, { type: 'ordered' }, { type: 'directed' }],
    ports: [{}, { links: [0, 1, 2], dequeueDepth: 32 }],
  });
  for (const queueId of [0, 1, 2]) send(r.ports[0]!, ...fresh(8, { queueId }, queueId * 10));
  r.pass();
  const port = r.ports[1]!;
  // Two of them are in hand and stay there.
  expect(took(port, 2)).toEqual([0, 1]);
  port.switchProfile(3);
  r.pass();
  expect(took(port)).toEqual([]);
  expect(r.stats()).toMatchObject({ inflight: 24 });
  expect(r.stats().ports[1]).toMatchObject({ inflight: 2, cqUsed: 0 });
  port.switchProfile(0);
  r.pass();
  const burst = new EventBurst(32);
  expect(port.dequeueBurst(burst)).toBe(22);
  const got = upTo(22).map((i) => [burst.payload(i), burst.attempts(i)]);
  expect(got).toEqual([...upTo(6, 2), ...upTo(8, 10), ...upTo(8, 20)].map((p) => [p, 0]));
  expect(port.outstanding).toBe(24);
  expect(port.release(24)).toBe(24);
  r.pass();
  expectEmpty(r);
  expectCreditsSumUp(r);
  expect(r.stats().ports[1]!.misordered).toBe(0);
});

test('a switch back before the scheduler has passed is one switch', async () => {
  const r = await twoProfiles();
  const port = r.ports[1]!;
  send(r.ports[0]!, { queueId: 0, payload: 10 }, { queueId: 1, payload: 11 });
  port.switchProfile(1);
  port.switchProfile(0);
  port.switchProfile(0);
  r.pass();
  expect(took(port)).toEqual([10]);
});

test('links that change while another profile is served take effect with their own', async () => {
  const r = await twoProfiles();
  const port = r.ports[1]!;
  port.switchProfile(1);
  r.pass();
  r.domain.unlink(1, 0);
  r.domain.link(1, 1);
  r.pass();
  expect(r.domain.unlinksInProgress(1)).toBe(0);
  send(r.ports[0]!, { queueId: 1, payload: 1 });
  r.pass();
  expect(took(port)).toEqual([1]);
  port.switchProfile(0);
  send(r.ports[0]!, { queueId: 0, payload: 2 }, { queueId: 1, payload: 3 });
  r.pass();
  expect(took(port)).toEqual([3]);
});

test('the next owner of a port begins with profile 0', async () => {
  for (const way of ['detach', 'reclaim'] as const) {
    const r = await twoProfiles();
    r.ports[1]!.switchProfile(1);
    // Once before the scheduler saw the switch, once after.
    if (way === 'reclaim') r.pass();
    if (way === 'detach') r.ports[1]!.detach();
    else await r.domain.reclaim(1);
    const next = attachPort(r.domain.attachment(1));
    send(r.ports[0]!, { queueId: 0, payload: 10 }, { queueId: 1, payload: 11 });
    r.pass(2);
    expect(took(next)).toEqual([10]);
    next.switchProfile(1);
    r.pass(2);
    expect(took(next)).toEqual([11]);
  }
});

test('a profile that does not exist is refused: on the data path by false, else with an error', async () => {
  const r = await twoProfiles();
  for (const profile of [-1, 8, 0.5, Number.NaN]) {
    expect(r.ports[1]!.switchProfile(profile)).toBe(false);
    const error = await refusalOf(() => r.domain.linkProfile(1, profile, 0));
    expect(error.code).toBe('ERR_DLB_INVALID_ARGUMENT');
    expect(error.details).toMatchObject({ field: 'profile', value: profile });
  }
  r.ports[1]!.detach();
  expect(r.ports[1]!.switchProfile(1)).toBe(false);
});

test('a directed queue has one port, whatever the profile', async () => {
  const r = await rig({ queues: [{ type: 'directed' }], ports: [{ links: [0] }, {}] });
  r.domain.linkProfile(0, 1, 0);
  const error = await refusalOf(() => r.domain.linkProfile(1, 1, 0));
  expect(error.code).toBe('ERR_DLB_DIR_QUEUE_LINKED');
});

test('profiles that change all the time lose and double nothing', async () => {
  const r = await rig({
    queues: [{ type: 'atomic' }, { type: 'ordered' }],
    ports: [{}, { links: [0] }, { links: [0, 1] }],
  });
  r.domain.linkProfile(1, 1, 1);
  r.domain.linkProfile(2, 1, 0);
  const got: number[] = [];
  for (let round = 0; round < 400; round++) {
    send(r.ports[0]!, ...fresh(5, { queueId: round % 2, flowId: round % 7 }, round * 5));
    if (round % 3 === 0) r.ports[1]!.switchProfile((round / 3) % 2);
    if (round % 4 === 1) r.ports[2]!.switchProfile((round >> 2) % 2);
    r.pass();
    for (const id of [1, 2]) {
      got.push(...took(r.ports[id]!, 1 + (round % 5)));
      if (round % 2 === id - 1) r.ports[id]!.release(99);
    }
  }
  for (const id of [1, 2]) r.ports[id]!.release(99);
  got.push(...drain(r).flat());
  for (const id of [1, 2]) r.ports[id]!.switchProfile(1);
  got.push(...drain(r).flat());
  for (const id of [1, 2]) r.ports[id]!.switchProfile(0);
  got.push(...drain(r).flat());
  const accepted = r.stats().ports[0]!.rx;
  expect(got.length).toBe(accepted);
  expect(new Set(got).size).toBe(accepted);
  expectEmpty(r);
  expectCreditsSumUp(r);
});
