/** One message of a tenant, or a flood of them: nobody else is harmed, and the controller says what became of it. */
import { afterEach, expect, jest, test } from '@jest/globals';
import { attachVirtualDevice, openDevice } from '../../lib/index.js';
import type { Device, DlbError, TenantDevice, VirtualDevice } from '../../lib/index.js';
import { refusalOf, upTo } from '../contracts/harness.js';
import { turn } from './tenant-thread.js';

const open: { close(): unknown }[] = [];

afterEach(async () => {
  for (const each of open.splice(0).toReversed()) await each.close();
});

const QUOTA = { domains: 1, queues: 2, ports: 2, credits: 64, historyEntries: 256 };

interface Scene {
  readonly device: Device;
  readonly bad: VirtualDevice;
  readonly good: TenantDevice;
  readonly cutOffs: DlbError[];
}

async function scene(): Promise<Scene> {
  const device = await openDevice({ scheduling: 'inline' });
  open.push(device);
  const cutOffs: DlbError[] = [];
  const onCutOff = (why: DlbError): void => void cutOffs.push(why);
  const bad = await device.createVirtualDevice({ quota: QUOTA, onCutOff });
  const other = await device.createVirtualDevice({ quota: QUOTA });
  const good = await attachVirtualDevice(other.handle);
  open.push(good);
  return { device, bad, good, cutOffs };
}

/** Past the library: whatever a thread may post. Resolves to the answers, by id. */
async function post(bad: VirtualDevice, bodies: [string, unknown][]): Promise<Map<number, Answer>> {
  const { mailbox } = bad.handle;
  const answers = new Map<number, Answer>();
  mailbox.on('message', (answer: Answer) => answers.set(answer.id, answer));
  for (const [i, [command, body]] of bodies.entries()) {
    mailbox.postMessage({ kind: 'request', id: i, command, body });
  }
  while (answers.size < bodies.length) await turn();
  return answers;
}

interface Answer {
  readonly id: number;
  readonly error?: { readonly code: string; readonly message: string };
}

test('A1: lists of holes, of any length, in any field, are refused', async () => {
  const { bad, good } = await scene();
  const holes = (length: number): unknown[] => Object.assign([], { length });
  const spec = { eventsLimit: 4, queues: [{ type: 'atomic' }], ports: [{ links: [0] }] };
  const specs = [3, 2 ** 32 - 1].flatMap((length) => [
    { ...spec, name: holes(length) },
    { ...spec, queues: holes(length) },
    { ...spec, ports: [{ links: [holes(length)] }] },
    { ...spec, eventsLimit: { valueOf: holes(length) } },
  ]);
  const answers = await post(bad, [
    ['register', { min: holes(2 ** 32 - 1), max: 2 }],
    ['register', { min: 1, max: 2 }],
    ...specs.map((each): [string, unknown] => ['createDomain', { spec: each }]),
  ]);
  for (const [id, { error }] of answers) {
    if (id === 1) expect(error).toBeUndefined();
    else expect(['ERR_DLB_INVALID_ARGUMENT', 'ERR_DLB_INVALID_SPEC']).toContain(error?.code);
    expect(error?.message.length ?? 0).toBeLessThan(2500);
  }
  expect(bad.domains()).toEqual([]);
  expect((await good.resources()).domains.available).toBe(1);
});

test('A1: a specification with holes is refused from code as well, and takes nothing', async () => {
  const { device } = await scene();
  const before = device.resources();
  const queue = { type: 'atomic' as const };
  const hole = <T>(list: T[], length: number): T[] => Object.assign([...list], { length });
  const wrong = [
    { queues: hole([queue], 2), ports: [{ links: [0] }], field: 'spec.queues[1]' },
    { queues: [queue], ports: hole([{}], 2), field: 'spec.ports[1]' },
    { queues: [queue, queue], ports: [{ links: hole([0], 2) }], field: 'spec.ports[0].links[1]' },
  ];
  for (const { queues, ports, field } of wrong) {
    const error = await refusalOf(() => device.createDomain({ eventsLimit: 4, queues, ports }));
    expect([error.code, error.details['field']]).toEqual(['ERR_DLB_INVALID_SPEC', field]);
  }
  expect(device.resources()).toEqual(before);
});

test('A2: a flood of expensive requests ends when it has had its share, and is told of', async () => {
  const { bad, good, cutOffs } = await scene();
  const { mailbox } = bad.handle;
  const body = { spec: { a: upTo(99_000) } };
  let sent = 0;
  while (bad.state !== 'cut-off') {
    // Ten a turn: never as many within a second as are too many.
    if (sent < 5000) for (let i = 0; i < 10; i++) mailbox.postMessage(message(sent++, body));
    await turn();
  }
  expect(cutOffs).toHaveLength(1);
  expect(cutOffs[0]).toMatchObject({
    code: 'ERR_DLB_TENANT_CUT_OFF',
    details: { device: bad.name, cause: expect.stringMatching(/^(time|messages|waiting)$/) },
  });
  expect(bad.cutOff).toBe(cutOffs[0]);
  expect((await good.resources()).domains.available).toBe(1);
  // It is let back in by its controller, not by itself.
  const handle = await bad.renew();
  expect([bad.state, bad.cutOff]).toEqual(['unlocked', null]);
  open.push(await attachVirtualDevice(handle));
});

function message(id: number, body: unknown): object {
  return { kind: 'request', id, command: id === 0 ? 'register' : 'createDomain', body };
}

test('A2: a cut-off that nobody has asked to be told of is a warning', async () => {
  const { device } = await scene();
  const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
  const virtual = await device.createVirtualDevice({ quota: QUOTA });
  for (let i = 0; i < 1001; i++) virtual.handle.mailbox.postMessage(i);
  while (warn.mock.calls.length === 0) await turn();
  const [text, options] = warn.mock.calls[0]!;
  warn.mockRestore();
  expect(text).toMatch(/^a tenant was cut off: device=vdev2, cause=(messages|time), /);
  expect(options).toEqual({ code: 'ERR_DLB_TENANT_CUT_OFF' });
  const onCutOff = 7 as never;
  const error = await refusalOf(() => device.createVirtualDevice({ quota: QUOTA, onCutOff }));
  expect(error.details['field']).toBe('spec.onCutOff');
});
