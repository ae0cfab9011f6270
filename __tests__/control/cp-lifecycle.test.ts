/** Rows of a DLB's control plane that calls of a domain and its ports answer: lifecycle, links, credits. */
import { expect, test } from '@jest/globals';
import { REFUSAL } from '../../lib/index.js';
import {
  addRig,
  burstOf,
  expectCreditsSumUp,
  fresh,
  inlineDevice,
  refusalOf,
  rig,
  send,
  take,
  took,
  upTo,
} from '../contracts/harness.js';

const QUEUES = [{ type: 'parallel' }, { type: 'parallel' }] as const;

test('CP-26: a started domain can be given no other queue or port', async () => {
  const r = await rig({ queues: QUEUES, ports: [{}] });
  expect((await refusalOf(() => r.domain.link(0, 2))).code).toBe('ERR_DLB_INVALID_QID');
  expect((await refusalOf(() => r.domain.link(1, 0))).code).toBe('ERR_DLB_INVALID_PORT_ID');
  expect(r.stats()).toMatchObject({ ports: { length: 1 }, queues: { length: 2 } });
});

test('CP-27: a second start is refused, and traffic goes on', async () => {
  const r = await rig({ queues: QUEUES, ports: [{}, { links: [0] }] });
  send(r.ports[0]!, ...fresh(2));
  expect((await refusalOf(() => r.domain.start())).code).toBe('ERR_DLB_DOMAIN_STARTED');
  expect(r.domain.state).toBe('started');
  r.pass();
  expect(took(r.ports[1]!)).toEqual([0, 1]);
});

test('CP-28: a stop of what is not started is refused', async () => {
  const r = await rig({ queues: QUEUES, ports: [{}], started: false });
  expect((await refusalOf(() => r.domain.stop())).code).toBe('ERR_DLB_DOMAIN_NOT_STARTED');
  await r.domain.start();
  await r.domain.stop();
  expect((await refusalOf(() => r.domain.stop())).code).toBe('ERR_DLB_DOMAIN_NOT_STARTED');
});

test('CP-30: before the start nothing is accepted, stored, or paid for', async () => {
  const r = await rig({ queues: QUEUES, ports: [{}], started: false });
  expect(send(r.ports[0]!, { payload: 1 })).toBe(0);
  expect(r.ports[0]!.refusal).toBe(REFUSAL.NOT_STARTED);
  r.pass();
  expect(r.stats()).toMatchObject({ inflight: 0, rx: 0, creditsFree: 64 });
  await r.domain.start();
  expect(send(r.ports[0]!, { payload: 2 })).toBe(1);
  expectCreditsSumUp(r);
});

test.each(['host', 'dlb2.5'] as const)(
  'CP-35: what is not linked cannot be unlinked: %s',
  async (model) => {
    const r = await addRig(await inlineDevice(model), { queues: QUEUES, ports: [{ links: [0] }] });
    expect((await refusalOf(() => r.domain.unlink(0, 1))).code).toBe('ERR_DLB_INVALID_QID');
    expect([r.domain.links(0).length, r.domain.unlinksInProgress(0)]).toEqual([1, 0]);
  },
);

test.each([-1, 1, 64, 0.5])('CP-41: port %p is unknown to every call', async (port) => {
  const r = await rig({ queues: QUEUES, ports: [{}] });
  // A port of another domain has ids of its own.
  await addRig(r.device, { queues: QUEUES, ports: upTo(8).map(() => ({})) });
  const calls = [
    () => r.domain.link(port, 0),
    () => r.domain.unlink(port, 0),
    () => r.domain.enablePort(port),
    () => r.domain.disablePort(port),
    () => r.domain.unlinksInProgress(port),
    () => r.domain.slots(port),
    () => r.domain.reclaim(port),
  ];
  for (const call of calls) expect((await refusalOf(call)).code).toBe('ERR_DLB_INVALID_PORT_ID');
});

test.each(['host', 'dlb2.5'] as const)(
  'CP-42: a priority that is none is refused: %s',
  async (model) => {
    const r = await addRig(await inlineDevice(model), { queues: QUEUES, ports: [{}] });
    for (const priority of [-1, 256, 1.5]) {
      expect((await refusalOf(() => r.domain.link(0, 0, priority))).code).toBe(
        'ERR_DLB_INVALID_PRIORITY',
      );
    }
    expect(r.domain.links(0)).toEqual([]);
  },
);

test('CP-43: a port can be disabled and enabled again and again', async () => {
  const r = await rig({ queues: QUEUES, ports: [{}, { links: [0] }] });
  for (let i = 0; i < 2; i++) await r.domain.disablePort(1);
  expect(r.ports[1]!.state).toBe('disabled');
  for (let i = 0; i < 2; i++) await r.domain.enablePort(1);
  r.pass();
  expect(r.ports[1]!.state).toBe('started');
  send(r.ports[0]!, { payload: 1 });
  r.pass();
  expect(took(r.ports[1]!)).toEqual([1]);
});

test('CP-44: what a disabled port has not dequeued goes to others; what it has it may complete', async () => {
  const worker = { links: [0], dequeueDepth: 4 };
  const r = await rig({ queues: QUEUES, ports: [{}, worker, {}] });
  send(r.ports[0]!, ...fresh(4));
  r.pass();
  expect(took(r.ports[1]!, 1)).toEqual([0]);
  await r.domain.disablePort(1);
  expect([took(r.ports[1]!), r.ports[1]!.state]).toEqual([[], 'disabled']);
  expect(await r.ports[1]!.ready()).toBe(false);
  r.domain.link(2, 0);
  r.pass(2);
  expect(took(r.ports[2]!)).toEqual([1, 2, 3]);
  expect(r.ports[1]!.release(1)).toBe(1);
  r.pass();
  expect(r.stats().ports[1]!.inflight).toBe(0);
});

test('CP-50: a domain lives on when a port is detached, and ends when it is closed', async () => {
  const r = await rig({ queues: QUEUES, ports: [{}, { links: [0] }] });
  send(r.ports[0]!, { payload: 1 });
  r.pass();
  r.ports[0]!.detach();
  r.pass();
  expect(r.domain.state).toBe('started');
  expect(took(r.ports[1]!)).toEqual([1]);
  await r.domain.close();
  expect(r.ports[1]!.state).toBe('closed');
});

test.each([1, 5, 64])(
  'CP-56: with %i credits as many events are accepted, and no more',
  async (credits) => {
    const r = await rig({ queues: QUEUES, ports: [{}], eventsLimit: credits });
    const burst = burstOf(...fresh(credits + 1));
    expect(r.ports[0]!.enqueueBurst(burst)).toBe(credits);
    expect(r.ports[0]!.refusal).toBe(REFUSAL.CREDIT);
    r.pass();
    expect(r.stats()).toMatchObject({ inflight: credits, dropped: 0 });
    expectCreditsSumUp(r);
  },
);

test('CP-61: a sender that fails gets what others do not use, all of it', async () => {
  const r = await rig({ queues: QUEUES, ports: [{}, {}, {}], eventsLimit: 12 });
  const burst = burstOf(...fresh(12));
  let sent = 0;
  for (let i = 0; i < 100 && sent < 12; i++) {
    sent += r.ports[0]!.enqueueBurst(burst, sent);
    r.pass();
  }
  expect(sent).toBe(12);
  expect(r.stats().ports.map(({ credits }) => credits)).toEqual([0, 0, 0]);
});

test('CP-62: a release of more than is owed is cut to it', async () => {
  const r = await rig({ queues: QUEUES, ports: [{ links: [0] }] });
  send(r.ports[0]!, ...fresh(3));
  r.pass();
  expect(take(r.ports[0]!).length).toBe(3);
  expect([r.ports[0]!.release(7), r.ports[0]!.release(1), r.ports[0]!.release(-1)]).toEqual([
    3, 0, 0,
  ]);
  expect(r.ports[0]!.outstanding).toBe(0);
  r.pass();
  expect(r.stats()).toMatchObject({ inflight: 0 });
  expect(r.stats().ports[0]!.inflight).toBe(0);
  // A well-meaning port makes no fault by it.
  expect(r.domain.nextAlert()).toBeUndefined();
});
