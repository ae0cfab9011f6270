/** A defect that shows in one domain ends that domain; the others of its scheduler go on. */
import { afterEach, expect, test } from '@jest/globals';
import { attachPort, openDevice } from '../../lib/index.js';
import type { Device, Domain, Port } from '../../lib/index.js';
import { schedulerLayout } from '../../lib/memory/scheduler-layout.js';
import { fresh, refusalOf, send, take } from '../contracts/harness.js';

const EVENTS_LIMIT = 64;
const MODES = ['inline', 'worker'] as const;

interface Party {
  readonly domain: Domain;
  readonly from: Port;
  readonly to: Port;
  /** Writes nonsense over the histories, which only the scheduler may write. */
  break(this: void): void;
}

const open: Device[] = [];

afterEach(async () => {
  for (const device of open.splice(0)) await device.close();
});

/** A device, and what makes its scheduler look at what was enqueued. */
async function deviceWith(
  scheduling: (typeof MODES)[number],
): Promise<{ device: Device; turn: () => void }> {
  const device = await openDevice({ scheduling });
  open.push(device);
  return { device, turn: () => void (scheduling === 'inline' && device.schedule()) };
}

async function partyOn(device: Device): Promise<Party> {
  const made: SharedArrayBuffer[] = [];
  const Real = globalThis.SharedArrayBuffer;
  // Nobody but control and the scheduler has this memory, so it is caught where it is made.
  globalThis.SharedArrayBuffer = new Proxy(Real, {
    construct(target, [bytes]: [number]) {
      made.push(new target(bytes));
      return made.at(-1)!;
    },
  });
  const queues = [{ type: 'atomic' as const, flows: 64 }];
  const ports = [{}, { links: [0], implicitRelease: false }];
  const domain = await device.createDomain({ eventsLimit: EVENTS_LIMIT, queues, ports });
  globalThis.SharedArrayBuffer = Real;
  const { priority, newEventThreshold } = { priority: 128, newEventThreshold: EVENTS_LIMIT };
  const port = {
    depth: 1,
    adaptive: false,
    independent: false,
    names: 0,
    newEventThreshold,
    historyDepth: 0,
  };
  const queue = {
    ...queues[0]!,
    priority,
    sequences: 0,
    scope: 'queue',
    fragments: 1,
    weight: 0,
    affinity: 0,
    inflights: 0,
  } as const;
  const layout = schedulerLayout({
    eventsLimit: EVENTS_LIMIT,
    capacity: EVENTS_LIMIT,
    queues: [queue],
    ports: [port, port],
  });
  const words = new Int32Array(made.find((each) => each.byteLength === layout.words * 4)!);
  await domain.start();
  const [from, to] = [attachPort(domain.attachment(0)), attachPort(domain.attachment(1))];
  const end = layout.history + 2 * layout.historyDepth * 8;
  return { domain, from, to, break: () => words.fill(-1, layout.history, end) };
}

/** Three events go to the scheduler and come back; the port holds them. */
async function goRound({ from, to }: Party, turn: () => void): Promise<void> {
  expect(send(from, ...fresh(3, { flowId: 5 }))).toBe(3);
  for (let held = 0; held < 3; held += take(to).length) {
    turn();
    await to.ready();
  }
}

test.each(MODES)('what fails in one domain ends that one only: %s', async (scheduling) => {
  const { device, turn } = await deviceWith(scheduling);
  const before = device.resources();
  const first = await partyOn(device);
  const broken = await partyOn(device);
  const last = await partyOn(device);
  for (const party of [first, broken, last]) await goRound(party, turn);
  broken.break();
  broken.to.release(3);
  turn();
  // Its threads are woken and told, and so is whoever calls.
  expect(await broken.to.ready()).toBe(false);
  expect([broken.from.state, broken.to.state]).toEqual(['closed', 'closed']);
  const refusal = await refusalOf(() => broken.domain.stop());
  expect(refusal.code).toBe('ERR_DLB_SCHEDULER_FAILED');
  expect(refusal.details).toEqual({ domain: broken.domain.id, why: expect.any(String) });
  expect((await refusalOf(() => broken.domain.start())).details).toEqual(refusal.details);
  expect((await refusalOf(() => broken.domain.attachment(0))).code).toBe(refusal.code);
  expect(broken.domain.stats().ports).toHaveLength(2);
  await broken.domain.close();
  expect(broken.domain.state).toBe('closed');
  for (const party of [first, last]) {
    expect(party.to.release(3)).toBe(3);
    await goRound(party, turn);
  }
  await goRound(await partyOn(device), turn);
  expect(await first.domain.stop()).toEqual({ flushed: 3 });
  await device.close();
  expect(device.resources()).toEqual(before);
});

test.each(MODES)('a stop that meets the failure is refused with it: %s', async (scheduling) => {
  const { device, turn } = await deviceWith(scheduling);
  const party = await partyOn(device);
  await goRound(party, turn);
  party.break();
  party.to.release(3);
  const stopping = refusalOf(() => party.domain.stop(undefined, { graceMs: 5 }));
  expect((await stopping).code).toBe('ERR_DLB_SCHEDULER_FAILED');
  expect([party.from.state, party.to.state]).toEqual(['closed', 'closed']);
  await party.domain.close();
  await goRound(await partyOn(device), turn);
});
