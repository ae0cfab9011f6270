/** Ports that control disables for a while, and ports that give back what they were sent. */
import { expect, test } from '@jest/globals';
import { attachPort, REFUSAL } from '../../lib/index.js';
import type { EventBurst } from '../../lib/index.js';
import {
  ascending,
  drain,
  expectCreditsSumUp,
  expectEmpty,
  forward,
  fresh,
  payloads,
  refusalOf,
  rig,
  send,
  take,
  took,
  upTo,
} from '../contracts/harness.js';
import type { Rig } from '../contracts/harness.js';

const twoWorkers = (type: 'atomic' | 'ordered' | 'parallel' = 'parallel'): Promise<Rig> =>
  rig({
    queues: [{ type }, { type: 'directed' }],
    ports: [{}, { links: [0] }, { links: [0] }, { links: [1] }],
  });

test('a disabled port gets nothing, and its NEW events are refused with PORT_DISABLED', async () => {
  const r = await twoWorkers();
  await r.domain.disablePort(1);
  expect(r.ports[1]!.state).toBe('disabled');
  send(r.ports[0]!, ...fresh(4));
  r.pass();
  expect(took(r.ports[1]!)).toEqual([]);
  expect(took(r.ports[2]!)).toEqual(upTo(4));
  expect(send(r.ports[1]!, {})).toBe(0);
  expect(r.ports[1]!.refusal).toBe(REFUSAL.PORT_DISABLED);
  expect(r.stats().ports[1]).toMatchObject({ credits: 0, inflight: 0 });
  expectCreditsSumUp(r);
  await r.domain.enablePort(1);
  expect(r.ports[1]!.state).toBe('started');
  // Its credits went to others meanwhile.
  send(r.ports[1]!, {});
  r.pass(2);
  expect(send(r.ports[1]!, {})).toBe(1);
});

test.each(['atomic', 'ordered', 'parallel'] as const)(
  'what lay in the CQ of a disabled port goes back in front, %s, what it had dequeued it completes',
  async (type) => {
    const r = await twoWorkers(type);
    r.domain.unlink(2, 0);
    r.pass();
    send(r.ports[0]!, ...fresh(8));
    r.pass();
    const hand = take(r.ports[1]!, 3);
    await r.domain.disablePort(1);
    r.domain.link(2, 0);
    send(r.ports[0]!, ...fresh(2, {}, 8));
    // Its thread finds out when it calls.
    expect(took(r.ports[1]!)).toEqual([]);
    r.pass(2);
    expect(r.stats().ports[1]).toMatchObject({ inflight: 3, cqUsed: 0 });
    // An atomic flow stays with whoever has events of it in hand.
    expect(took(r.ports[2]!)).toEqual(type === 'atomic' ? [] : upTo(7, 3));
    expect(r.ports[1]!.outstanding).toBe(3);
    for (let i = 0; i < 3; i++) expect(forward(r.ports[1]!, hand, i, 1)).toBe(1);
    const rest = drain(r);
    if (type === 'atomic') expect(rest[2]).toEqual(upTo(7, 3));
    expect(rest[3]!.toSorted(ascending)).toEqual([0, 1, 2]);
    r.ports[2]!.release(99);
    drain(r);
    expectEmpty(r);
    expectCreditsSumUp(r);
  },
);

test('a port may be disabled before its thread comes, and stays so through a stop', async () => {
  const r = await rig({
    queues: [{ type: 'parallel' }],
    ports: [{}, { links: [0] }],
    attach: [0],
    started: false,
  });
  await r.domain.disablePort(1);
  const port = attachPort(r.domain.attachment(1));
  expect(port.state).toBe('disabled');
  await r.domain.start();
  expect(r.stats().ports.map((each) => each.credits)).toEqual([64, 0]);
  send(r.ports[0]!, ...fresh(2));
  r.pass();
  expect(took(port)).toEqual([]);
  expect((await r.domain.stop()).flushed).toBe(2);
  expect(port.state).toBe('disabled');
  await r.domain.start();
  await r.domain.enablePort(1);
  await r.domain.enablePort(1);
  send(r.ports[0]!, ...fresh(2));
  r.pass(2);
  expect(took(port)).toEqual([0, 1]);
});

test('ready() of a disabled port is false; an id that does not exist is refused', async () => {
  const r = await twoWorkers();
  await r.domain.disablePort(2);
  expect(await r.ports[2]!.ready()).toBe(false);
  const error = await refusalOf(() => r.domain.disablePort(9));
  expect(error.code).toBe('ERR_DLB_INVALID_PORT_ID');
  expect(error.details).toMatchObject({ field: 'portId', value: 9 });
});

test('quiesce hands out what is left in the CQ and releases all that is outstanding', async () => {
  const r = await twoWorkers();
  r.domain.unlink(2, 0);
  r.pass();
  send(r.ports[0]!, ...fresh(6));
  r.pass();
  took(r.ports[1]!, 2);
  r.domain.unlink(1, 0);
  r.pass();
  const left: number[] = [];
  expect(r.ports[1]!.quiesce((events: EventBurst) => left.push(...payloads(events)))).toBe(4);
  expect(left).toEqual(upTo(4, 2));
  expect(r.ports[1]!.outstanding).toBe(0);
  r.pass();
  expectEmpty(r);
  expectCreditsSumUp(r);
  // The port stays what it is.
  r.domain.link(1, 0);
  send(r.ports[0]!, {});
  r.pass();
  expect(r.ports[1]!.quiesce()).toBe(1);
});

test('events are released even if the callback of quiesce throws', async () => {
  const r = await twoWorkers();
  send(r.ports[0]!, ...fresh(2));
  r.pass();
  expect(() =>
    r.ports[1]!.quiesce(() => {
      throw new Error('no');
    }),
  ).toThrow('no');
  r.pass();
  expect(r.stats().ports[1]!.inflight).toBe(0);
});
