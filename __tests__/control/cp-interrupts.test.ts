/** Waiting for a CQ: armed once, by depth, and never woken for nothing. */
import { expect, test } from '@jest/globals';
import { attachPort } from '../../lib/index.js';
import { fresh, refusalOf, rig, send, took, upTo } from '../contracts/harness.js';
import type { Rig } from '../contracts/harness.js';

async function pair(): Promise<Rig> {
  return rig({ queues: [{ type: 'parallel' }], ports: [{}, { links: [0], dequeueDepth: 64 }] });
}

/** Lets everything run that can. */
async function turns(): Promise<void> {
  for (let i = 0; i < 10; i++) await new Promise(setImmediate);
}

/** A wait, with what became of it so far. */
function watched(wait: Promise<boolean>): {
  readonly results: boolean[];
  readonly done: Promise<void>;
} {
  const results: boolean[] = [];
  return { results, done: wait.then((result) => void results.push(result)) };
}

test('CP-82: a wait on an empty CQ ends once, when an event arrives', async () => {
  const r = await pair();
  const { results, done } = watched(r.ports[1]!.ready());
  await turns();
  expect(results).toEqual([]);
  send(r.ports[0]!, { payload: 1 });
  await turns();
  // Enqueued, and not delivered.
  expect(results).toEqual([]);
  r.pass();
  await done;
  expect(results).toEqual([true]);
  expect(took(r.ports[1]!)).toEqual([1]);
  // Disarmed: the next wait is for the next event.
  const next = watched(r.ports[1]!.ready());
  await turns();
  expect([results, next.results]).toEqual([[true], []]);
  send(r.ports[0]!, { payload: 2 });
  r.pass();
  await next.done;
  expect(next.results).toEqual([true]);
});

test('CP-84: with a threshold of four the fourth event wakes', async () => {
  const r = await pair();
  const { results, done } = watched(r.ports[1]!.ready({ depth: 4, withinMs: Infinity }));
  for (let i = 0; i < 3; i++) {
    send(r.ports[0]!, { payload: i });
    r.pass();
    await turns();
    expect(results).toEqual([]);
  }
  send(r.ports[0]!, { payload: 3 });
  r.pass();
  await done;
  expect(results).toEqual([true]);
  expect(took(r.ports[1]!)).toEqual(upTo(4));
});

test('CP-84: a CQ that has as many already is not waited for', async () => {
  const r = await pair();
  send(r.ports[0]!, ...fresh(4));
  r.pass();
  expect(await r.ports[1]!.ready({ depth: 4, withinMs: Infinity })).toBe(true);
});

test('CP-85: a second owner of the port is refused; waits of its one owner end together', async () => {
  const r = await pair();
  const error = await refusalOf(() => attachPort(r.domain.attachment(1)));
  expect(error.code).toBe('ERR_DLB_PORT_IN_USE');
  const waits = [watched(r.ports[1]!.ready()), watched(r.ports[1]!.ready())];
  const deeper = watched(r.ports[1]!.ready({ depth: 2, withinMs: Infinity }));
  send(r.ports[0]!, { payload: 1 });
  r.pass();
  await Promise.all(waits.map(({ done }) => done));
  expect(waits.map(({ results }) => results)).toEqual([[true], [true]]);
  // Not for one that waits for more.
  await turns();
  expect(deeper.results).toEqual([]);
  send(r.ports[0]!, { payload: 2 });
  r.pass();
  await deeper.done;
  expect(took(r.ports[1]!)).toEqual([1, 2]);
});

test('CP-86: what arrived while nobody waited is one wake, with all events', async () => {
  const r = await pair();
  for (let i = 0; i < 5; i++) {
    send(r.ports[0]!, { payload: i });
    r.pass();
  }
  expect(await r.ports[1]!.ready()).toBe(true);
  expect(took(r.ports[1]!)).toEqual(upTo(5));
  const next = watched(r.ports[1]!.ready());
  await turns();
  expect(next.results).toEqual([]);
  await r.domain.close();
  await next.done;
  expect(next.results).toEqual([false]);
});

test('CP-87: polling needs no wake, and every port can be waited for', async () => {
  const r = await pair();
  expect(took(r.ports[1]!)).toEqual([]);
  send(r.ports[0]!, { payload: 1 });
  r.pass();
  expect(took(r.ports[1]!)).toEqual([1]);
  const waits = r.ports.map((port) => watched(port.ready()));
  await r.domain.disablePort(1);
  await waits[1]!.done;
  expect(waits.map(({ results }) => results)).toEqual([[], [false]]);
});
