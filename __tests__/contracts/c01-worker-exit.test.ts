/** C1: a worker that exits gives back what it held, and only what is still its own. */
import { EventEmitter } from 'node:events';
import { threadId } from 'node:worker_threads';
import type { Worker } from 'node:worker_threads';
import { expect, test } from '@jest/globals';
import { attachPort } from '../../lib/index.js';
import {
  expectCreditsSumUp,
  fresh,
  payloads,
  refusalOf,
  rig,
  send,
  take,
  took,
} from './harness.js';
import { upTo } from './harness.js';
import type { Rig } from './harness.js';

/** What `bind` sees of a Worker. It exits when a test says so. */
function workerOf(thread: number): Worker {
  return Object.assign(new EventEmitter(), { threadId: thread }) as unknown as Worker;
}

/** Port 1 holds 0 to 2, two of them in hand. */
async function holding(): Promise<Rig> {
  const r = await rig({
    queues: [{ type: 'directed' }, { type: 'parallel' }],
    ports: [{}, { links: [0] }, { links: [1] }],
  });
  send(r.ports[0]!, ...fresh(3));
  r.pass();
  expect(took(r.ports[1]!, 2)).toEqual([0, 1]);
  return r;
}

test.each([0, 1, -1])('a port is reclaimed when its worker exits with code %i', async (code) => {
  const r = await holding();
  const worker = workerOf(threadId);
  r.domain.bind(1, worker);
  r.ports[1]!.working(1);
  worker.emit('exit', code);
  await new Promise(setImmediate);
  expect(r.ports[1]!.state).toBe('disabled');
  const next = attachPort(r.domain.attachment(1));
  r.pass();
  const again = take(next);
  expect(payloads(again)).toEqual([0, 1, 2]);
  expect(upTo(3).map((i) => again.attempts(i))).toEqual([0, 1, 0]);
  expectCreditsSumUp(r);
});

test('a worker that exits takes no port with it that another thread has meanwhile', async () => {
  const r = await holding();
  const worker = workerOf(threadId + 1000);
  r.domain.bind(1, worker);
  worker.emit('exit', 1);
  await new Promise(setImmediate);
  r.pass();
  expect(r.ports[1]!.state).toBe('started');
  expect(r.ports[1]!.outstanding).toBe(2);
  expect(r.stats().ports[1]!.inflight).toBe(3);
});

test('a worker may be bound to several ports, and all are reclaimed', async () => {
  const r = await holding();
  send(r.ports[0]!, { queueId: 1, payload: 9 });
  r.pass();
  const worker = workerOf(threadId);
  for (const port of [1, 2, 2]) r.domain.bind(port, worker);
  worker.emit('exit', 0);
  await new Promise(setImmediate);
  expect([0, 1, 2].map((id) => r.ports[id]!.state)).toEqual(['started', 'disabled', 'disabled']);
  expect(r.stats()).toMatchObject({ inflight: 4 });
  expectCreditsSumUp(r);
});

test('a worker that exits after the domain closed does no harm', async () => {
  const r = await holding();
  const worker = workerOf(threadId);
  r.domain.bind(1, worker);
  await r.domain.close();
  worker.emit('exit', 0);
  await new Promise(setImmediate);
  expect([r.domain.state, r.ports[1]!.state]).toEqual(['closed', 'closed']);
});

test('what is no running worker cannot be bound', async () => {
  const r = await holding();
  for (const wrong of [undefined, null, {}, workerOf(-1)]) {
    const error = await refusalOf(() => r.domain.bind(1, wrong as Worker));
    expect(error.code).toMatch(/^ERR_DLB_/);
  }
  expect((await refusalOf(() => r.domain.bind(3, workerOf(1)))).code).toBe(
    'ERR_DLB_INVALID_PORT_ID',
  );
});
