/** A domain's life: configured, started, stopped, closed. */
import { expect, test } from '@jest/globals';
import { addRig, inlineDevice, refusalOf, rig, send, took } from '../contracts/harness.js';

test('start and stop in the wrong state are refused and change nothing', async () => {
  const r = await rig({ queues: [{ type: 'parallel' }], ports: [{}], started: false });
  const codeOf = async (call: () => Promise<unknown>) => (await refusalOf(call)).code;
  expect(await codeOf(() => r.domain.stop())).toBe('ERR_DLB_DOMAIN_NOT_STARTED');
  expect(r.domain.state).toBe('configured');
  await r.domain.start();
  send(r.ports[0]!, {});
  expect(await codeOf(() => r.domain.start())).toBe('ERR_DLB_DOMAIN_STARTED');
  expect([r.domain.state, r.stats().inflight]).toEqual(['started', 1]);
  await r.domain.stop();
  expect(await codeOf(() => r.domain.stop())).toBe('ERR_DLB_DOMAIN_NOT_STARTED');
  expect(r.domain.state).toBe('stopped');
});

test.each(['configured', 'started', 'stopped', 'closed'] as const)(
  'close works on a domain that is %s, and its ports read closed',
  async (state) => {
    const r = await rig({
      queues: [{ type: 'parallel' }],
      ports: [{ links: [0] }],
      started: false,
    });
    if (state !== 'configured') await r.domain.start();
    if (state === 'started') send(r.ports[0]!, {});
    if (state === 'stopped') await r.domain.stop();
    if (state === 'closed') await r.domain.close();
    await r.domain.close();
    await r.domain.close();
    expect([r.domain.state, r.ports[0]!.state]).toEqual(['closed', 'closed']);
    expect([send(r.ports[0]!, {}), took(r.ports[0]!), r.ports[0]!.release(1)]).toEqual([0, [], 0]);
    expect((await refusalOf(() => r.domain.start())).code).toBe('ERR_DLB_DOMAIN_CLOSED');
    expect((await refusalOf(() => r.domain.stop())).code).toBe('ERR_DLB_DOMAIN_CLOSED');
  },
);

test('a closed device has closed its domains and gives nothing more', async () => {
  const device = await inlineDevice();
  const spec = { queues: [{ type: 'parallel' as const }], ports: [{ links: [0] }] };
  const [a, b] = [await addRig(device, spec), await addRig(device, { ...spec, started: false })];
  await device.close();
  await device.close();
  expect([a.domain.state, b.domain.state, a.ports[0]!.state]).toEqual([
    'closed',
    'closed',
    'closed',
  ]);
  expect((await refusalOf(() => addRig(device, spec))).code).toBe('ERR_DLB_DEVICE_CLOSED');
});
