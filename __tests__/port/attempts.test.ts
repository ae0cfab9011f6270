/** What `working` names is the suspect when a port is reclaimed: its attempts are raised. */
import { expect, test } from '@jest/globals';
import { attachPort, EventBurst } from '../../lib/index.js';
import { forward, fresh, payloads, rig, send, take, took, upTo } from '../contracts/harness.js';

test('reclaim raises the attempts of the event that was named, and of no other', async () => {
  const r = await rig({ queues: [{ type: 'directed' }], ports: [{}, { links: [0] }] });
  send(r.ports[0]!, ...fresh(6));
  r.pass();
  took(r.ports[1]!, 1);
  took(r.ports[1]!, 3);
  r.ports[1]!.working(2);
  await r.domain.reclaim(1);
  const next = attachPort(r.domain.attachment(1));
  r.pass();
  const again = take(next);
  expect(payloads(again)).toEqual(upTo(6));
  expect(upTo(6).map((i) => again.attempts(i))).toEqual([0, 0, 0, 1, 0, 0]);
});

test('a suspect is found among many', async () => {
  const r = await rig({
    eventsLimit: 1024,
    queues: [{ type: 'directed' }],
    ports: [{ enqueueDepth: 1024 }, { links: [0], dequeueDepth: 512 }],
  });
  send(r.ports[0]!, ...fresh(400));
  r.pass();
  expect(took(r.ports[1]!)).toHaveLength(400);
  r.ports[1]!.working(300);
  await r.domain.reclaim(1);
  const next = attachPort(r.domain.attachment(1));
  r.pass();
  const again = take(next);
  expect(upTo(400).filter((i) => again.attempts(i) > 0)).toEqual([300]);
});

test('attempts count up to 3; a forward and a new dequeue forget', async () => {
  const r = await rig({ queues: [{ type: 'directed' }], ports: [{}, { links: [0] }] });
  send(r.ports[0]!, {});
  const burst = new EventBurst(4);
  let port = r.ports[1]!;
  for (const expected of [0, 1, 2, 3, 3]) {
    r.pass();
    port.dequeueBurst(burst);
    expect([burst.length, burst.attempts(0)]).toEqual([1, expected]);
    await r.domain.reclaim(1);
    port = attachPort(r.domain.attachment(1));
  }
  r.pass();
  port.dequeueBurst(burst);
  expect(forward(port, burst, 0, 0)).toBe(1);
  r.pass();
  port.dequeueBurst(burst);
  expect(burst.attempts(0)).toBe(0);
});

test('a suspect named in an earlier burst is no suspect after the next dequeue', async () => {
  const r = await rig({ queues: [{ type: 'directed' }], ports: [{}, { links: [0] }] });
  send(r.ports[0]!, ...fresh(4));
  r.pass();
  took(r.ports[1]!, 2);
  r.ports[1]!.working(0);
  took(r.ports[1]!, 1);
  await r.domain.reclaim(1);
  const next = attachPort(r.domain.attachment(1));
  r.pass();
  const again = take(next);
  // None was named of the last burst: all it held are suspects.
  expect(upTo(4).map((i) => again.attempts(i))).toEqual([1, 1, 1, 1]);
});
