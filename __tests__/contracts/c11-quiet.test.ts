/** C11: an idle device does nothing, a busy one allocates nothing per event. */
import { expect, test } from '@jest/globals';
import { fresh, rig, send, took } from './harness.js';
import { runChild } from './threads/run-child.js';

test('a million events through an inline device trigger no garbage collection', async () => {
  // A young generation of 1 MB: 1 byte per event would be seen.
  const flags = ['--max-semi-space-size=1'];
  const result = await runChild('quiet.program.js', [1_000_000], flags);
  expect(result).toEqual({ scavenges: 0, enough: true });
});

test('ports that nobody uses cost a pass nothing that counts', async () => {
  const r = await rig({ queues: [{ type: 'atomic' }], ports: [{}, { links: [0] }, {}, {}] });
  r.pass();
  const before = r.stats();
  expect(r.pass(1000)).toBe(0);
  expect(r.stats()).toEqual({ ...before, passes: before.passes + 1000 });
});

test('a refused burst and an empty dequeue do not make work for a pass', async () => {
  const r = await rig({ eventsLimit: 2, queues: [{ type: 'atomic' }], ports: [{}] });
  send(r.ports[0]!, ...fresh(2));
  r.pass();
  for (let i = 0; i < 10; i++) {
    expect(send(r.ports[0]!, {})).toBe(0);
    expect(took(r.ports[0]!)).toEqual([]);
    expect(r.pass()).toBe(0);
  }
});
