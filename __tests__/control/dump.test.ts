/** `dump()`: a domain as text, in a layout that stays. */
import { expect, test } from '@jest/globals';
import { domainLayout } from '../../lib/memory/layout.js';
import { fresh, inlineDevice, rig, send, take } from '../contracts/harness.js';
import type { Rig } from '../contracts/harness.js';

/** The block of a port or queue. */
function block({ domain }: Rig, start: string): string[] {
  const found = domain
    .dump()
    .split('\n\n')
    .find((each) => each.startsWith(start));
  return found!.trimEnd().split('\n').slice(1);
}

/** What a line of a block says. */
function said(r: Rig, start: string, word: string): string {
  const found = block(r, start).find((each) => each.startsWith(`  ${word} `));
  return found!.slice(12);
}

test('the whole domain, in one layout', async () => {
  const r = await rig({
    eventsLimit: 64,
    queues: [{ type: 'atomic', name: 'work' }, { type: 'directed' }],
    ports: [{ name: 'in', newEventThreshold: 32 }, { links: [{ queue: 0, priority: 3 }, 1] }],
    attach: [0],
  });
  send(r.ports[0]!, ...fresh(3, { flowId: 7 }));
  r.pass();
  expect(r.domain.dump()).toBe(`domain ${r.domain.id} "domain0": started
  counts    rx 3, tx 3, dropped 0
  passes    all 1, without intake 0, without delivery 0
  credits   limit 64, capacity 64, free 0, granted 61, inflight 3
  buffers   none

port 0 "in": attached by thread 0
  set up    threshold 32, dequeue depth 64 at most, enqueue depth 128
  release   implicit off, independent off
  counts    rx 3, tx 0, dropped 0, misordered 0
  refused   credit 0, threshold 0, ring full 0
  holds     inflight 0, credits 29
  rings     enqueue used 0, CQ used 0, CQ free 64
  links     none
  stall     none

port 1 "port1": not attached
  set up    threshold 64, dequeue depth 64 at most, enqueue depth 128
  release   implicit off, independent off
  counts    rx 0, tx 3, dropped 0, misordered 0
  refused   credit 0, threshold 0, ring full 0
  holds     inflight 3, credits 32
  rings     enqueue used 0, CQ used 3, CQ free 61
  links     queue 0 priority 3, queue 1 priority 128
  stall     events wait in its CQ, and no thread has it

queue 0 "work": atomic
  set up    priority 128, weight 0, affinity 0, flows 16384, sequences 1024, scope queue, fragments 1
  counts    rx 3, tx 3, dropped 0, reordered 0
  waiting   all 0, by level 0 0 0 0 0 0 0 0
  held      port 1 events 3 flows 1
  given     port 1 events 3
  links     port 1 priority 3
  stall     none

queue 1 "queue1": directed
  set up    priority 128, weight 0, affinity 0, flows 16384, sequences 1024, scope queue, fragments 1
  counts    rx 0, tx 0, dropped 0, reordered 0
  waiting   all 0, by level 0 0 0 0 0 0 0 0
  held      none
  given     none
  links     port 1 priority 128
  stall     none
`);
});

test('each port and queue takes the same lines, whatever happens in it', async () => {
  const r = await rig({
    eventsLimit: 16,
    queues: [{ type: 'atomic' }, { type: 'ordered' }],
    ports: [{}, { links: [0] }, { links: [1] }],
  });
  const words = (): string[][] =>
    ['port 0', 'port 2', 'queue 0', 'queue 1'].map((start) =>
      block(r, start).map((each) => each.slice(2, 12).trim()),
    );
  const before = words();
  send(r.ports[0]!, ...fresh(3), { queueId: 9 }, { queueId: 1 });
  r.pass();
  take(r.ports[1]!, 1);
  expect(words()).toEqual(before);
});

test('a reset shows, the payload buffers show, and a closed domain can be shown', async () => {
  const device = await inlineDevice();
  const domain = await device.createDomain({
    name: 'with "buffers"\n',
    eventsLimit: 8,
    queues: [{ type: 'parallel' }],
    ports: [{}],
    buffers: { count: 4, bytes: 64 },
  });
  await domain.start();
  device.schedule();
  domain.resetXstats('device');
  const lines = domain.dump().split('\n');
  expect(lines[0]).toBe(`domain ${domain.id} "with \\"buffers\\"\\n": started`);
  expect(lines[2]).toBe('  passes    all 0, without intake 0, without delivery 0');
  expect(lines[4]).toBe('  buffers   count 4, bytes 64');
  await domain.close();
  expect(domain.dump()).toMatch(/: closed\n/);
});

test('a queue says why its events do not move', async () => {
  const r = await rig({
    queues: [{ type: 'parallel' }],
    ports: [{}, { dequeueDepth: 1 }],
    attach: [0],
  });
  const stall = (): string => said(r, 'queue 0', 'stall');
  expect(stall()).toBe('none');
  send(r.ports[0]!, ...fresh(2));
  r.pass();
  expect(said(r, 'queue 0', 'waiting')).toBe('all 2, by level 0 0 0 0 2 0 0 0');
  expect(stall()).toBe('no port is linked');
  r.domain.link(1, 0);
  expect(stall()).toBe('no thread has a linked port');
  r.domain.link(0, 0);
  expect(stall()).toBe('until a pass');
});

test.each([
  ['parallel', 'every linked CQ is full'],
  ['atomic', 'every linked CQ is full'],
] as const)('a full CQ stalls %s: %s', async (type, why) => {
  const r = await rig({ queues: [{ type }], ports: [{}, { links: [0], dequeueDepth: 1 }] });
  send(r.ports[0]!, ...fresh(2, { flowId: 1 }));
  r.pass();
  expect(said(r, 'queue 0', 'stall')).toBe(why);
  expect(said(r, 'port 1', 'stall')).toBe('its CQ is full');
});

test('a held flow stalls its events, though another port has room', async () => {
  const r = await rig({
    queues: [{ type: 'atomic' }],
    ports: [{}, { links: [0], dequeueDepth: 1 }, {}],
  });
  send(r.ports[0]!, ...fresh(2, { flowId: 1 }));
  r.pass();
  r.domain.link(2, 0);
  r.pass();
  expect(said(r, 'queue 0', 'held')).toBe('port 1 events 1 flows 1');
  expect(said(r, 'queue 0', 'links')).toBe('port 1 priority 128, port 2 priority 128');
  expect(said(r, 'queue 0', 'stall')).toBe(
    'until a pass, or their flows are held by ports without room',
  );
});

test('a full window stalls an ordered queue', async () => {
  const r = await rig({
    queues: [{ type: 'ordered', sequences: 1 }],
    ports: [{}, { links: [0] }],
  });
  send(r.ports[0]!, ...fresh(2));
  r.pass();
  expect(said(r, 'queue 0', 'stall')).toBe('until a pass, or the window is full');
});

test('a port says that it waits for credits', async () => {
  const r = await rig({ eventsLimit: 4, queues: [{ type: 'parallel' }], ports: [{}, {}] });
  send(r.ports[0]!, ...fresh(2));
  send(r.ports[0]!, ...fresh(3));
  expect(said(r, 'port 0', 'stall')).toBe('it waits for 3 credits');
  expect(said(r, 'port 0', 'refused')).toBe('credit 1, threshold 0, ring full 0');
});

test('a port says that it is disabled', async () => {
  const r = await rig({ queues: [{ type: 'parallel' }], ports: [{ name: 'wild' }] });
  const { memory, shape } = r.domain.attachment(0);
  const [port] = domainLayout(shape).ports;
  const words = new Int32Array(memory);
  words[port!.enqueue.tailAt] = words[port!.enqueue.tailAt]! + 1_000_000;
  r.ports[0]!.detach();
  r.pass();
  expect(r.domain.dump()).toContain('port 0 "wild": disabled\n');
});
