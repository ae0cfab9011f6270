/** Links may change at any time; an unlink takes effect at the next pass. */
import { expect, test } from '@jest/globals';
import { fresh, refusalOf, rig, send, took } from '../contracts/harness.js';

const THREE = [{ type: 'atomic' }, { type: 'atomic' }, { type: 'atomic' }] as const;

test('unlinks of a started domain are in progress until the next pass', async () => {
  const r = await rig({ queues: THREE, ports: [{ links: [0, 1, 2] }, {}] });
  expect(r.domain.unlinksInProgress(0)).toBe(0);
  for (const queue of [0, 1, 2]) r.domain.unlink(0, queue);
  expect([r.domain.unlinksInProgress(0), r.domain.unlinksInProgress(1)]).toEqual([3, 0]);
  r.pass();
  expect(r.domain.unlinksInProgress(0)).toBe(0);
});

test('unlinks of a domain that is not started take effect at once', async () => {
  const r = await rig({ queues: THREE, ports: [{ links: [0, 1] }], started: false });
  r.domain.unlink(0, 0);
  expect(r.domain.unlinksInProgress(0)).toBe(0);
  await r.domain.start();
  send(r.ports[0]!, { queueId: 0 }, { queueId: 1, payload: 1 });
  r.pass();
  expect(took(r.ports[0]!)).toEqual([1]);
});

test('what a port was given before an unlink stays with it, nothing new comes', async () => {
  const r = await rig({
    queues: [{ type: 'parallel' }],
    ports: [{}, { links: [0], dequeueDepth: 2 }],
  });
  send(r.ports[0]!, ...fresh(5));
  r.pass();
  r.domain.unlink(1, 0);
  expect(took(r.ports[1]!)).toEqual([0, 1]);
  r.pass();
  expect(took(r.ports[1]!)).toEqual([]);
  expect(r.ports[1]!.release(2)).toBe(2);
  // Linked again, it goes on.
  r.domain.link(1, 0);
  r.pass();
  expect(took(r.ports[1]!)).toEqual([2, 3]);
});

test('a flow leaves an unlinked port when it is idle there', async () => {
  const r = await rig({
    queues: [{ type: 'atomic' }],
    ports: [{}, { links: [0], dequeueDepth: 4 }, {}],
  });
  send(r.ports[0]!, ...fresh(2, { flowId: 1 }));
  r.pass();
  r.domain.unlink(1, 0);
  r.domain.link(2, 0);
  send(r.ports[0]!, ...fresh(2, { flowId: 1 }, 2), { flowId: 2, payload: 10 });
  r.pass();
  expect(took(r.ports[2]!)).toEqual([10]);
  expect(took(r.ports[1]!)).toEqual([0, 1]);
  r.ports[1]!.release(2);
  r.pass();
  expect(took(r.ports[2]!)).toEqual([2, 3]);
});

test('an unlink and a link at once leave the link', async () => {
  const r = await rig({ queues: [{ type: 'parallel' }], ports: [{ links: [0] }] });
  r.domain.unlink(0, 0);
  r.domain.link(0, 0, 7);
  expect(r.domain.unlinksInProgress(0)).toBe(0);
  send(r.ports[0]!, { payload: 1 });
  r.pass();
  expect(took(r.ports[0]!)).toEqual([1]);
});

test('a queue with no link keeps its events, and they count as waiting', async () => {
  const r = await rig({ queues: [{ type: 'parallel' }], ports: [{}] });
  send(r.ports[0]!, ...fresh(3));
  r.pass(5);
  expect(r.stats().queues[0]).toMatchObject({ rx: 3, tx: 0, iqUsed: [0, 0, 0, 0, 3, 0, 0, 0] });
  r.domain.link(0, 0);
  r.pass();
  expect(took(r.ports[0]!)).toEqual([0, 1, 2]);
});

test.each([
  ['ERR_DLB_INVALID_PORT_ID', 'portId', [2, 0]],
  ['ERR_DLB_INVALID_PORT_ID', 'portId', [-1, 0]],
  ['ERR_DLB_INVALID_PORT_ID', 'portId', [0.5, 0]],
  ['ERR_DLB_INVALID_QID', 'queueId', [0, 1]],
  ['ERR_DLB_INVALID_QID', 'queueId', [0, -1]],
  ['ERR_DLB_INVALID_PRIORITY', 'priority', [0, 0, 256]],
  ['ERR_DLB_INVALID_PRIORITY', 'priority', [0, 0, Number.NaN]],
] as const)('link is refused with %s for %s: %p', async (code, field, [port, queue, priority]) => {
  const r = await rig({ queues: [{ type: 'parallel' }], ports: [{}, { links: [0] }] });
  const error = await refusalOf(() => r.domain.link(port, queue, priority));
  expect([error.code, error.details['field']]).toEqual([code, field]);
  send(r.ports[0]!, { payload: 1 });
  r.pass();
  expect(took(r.ports[1]!)).toEqual([1]);
});

test('unlink of what is not linked is refused and changes nothing', async () => {
  const r = await rig({ queues: [{ type: 'parallel' }], ports: [{}, { links: [0] }] });
  expect((await refusalOf(() => r.domain.unlink(0, 0))).code).toBe('ERR_DLB_INVALID_QID');
  expect((await refusalOf(() => r.domain.unlink(0, 4))).code).toBe('ERR_DLB_INVALID_QID');
  expect((await refusalOf(() => r.domain.unlink(9, 0))).code).toBe('ERR_DLB_INVALID_PORT_ID');
  expect((await refusalOf(() => r.domain.unlinksInProgress(9))).code).toBe(
    'ERR_DLB_INVALID_PORT_ID',
  );
  expect([0, 1].map((id) => r.domain.unlinksInProgress(id))).toEqual([0, 0]);
});

test('a port may go from load-balanced to directed use', async () => {
  const r = await rig({
    queues: [{ type: 'atomic' }, { type: 'directed' }],
    ports: [{ links: [0] }, {}],
  });
  r.domain.unlink(0, 0);
  r.domain.link(0, 1);
  r.domain.link(1, 0);
  r.pass();
  send(r.ports[0]!, { queueId: 0, payload: 1 }, { queueId: 1, payload: 2 });
  r.pass();
  expect([0, 1].map((id) => took(r.ports[id]!))).toEqual([[2], [1]]);
});
