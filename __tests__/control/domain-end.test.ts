/** Who has something in a domain learns of its end, whoever brought it about. */
import { expect, test } from '@jest/globals';
import type { DlbError } from '../../lib/eventdev/errors.js';
import type { DomainSpec } from '../../lib/eventdev/spec.js';
import { openDevice } from '../../lib/device/index.js';
import type { Device } from '../../lib/device/index.js';
import type { Domain } from '../../lib/control/index.js';

const spec: DomainSpec = {
  name: 'ending',
  eventsLimit: 16,
  queues: [{ type: 'atomic' }],
  ports: [{}],
};

async function withDomain(use: (domain: Domain, device: Device) => Promise<void>): Promise<void> {
  const device = await openDevice({ scheduling: 'inline' });
  try {
    const domain = await device.createDomain(spec);
    await domain.start();
    await use(domain, device);
  } finally {
    await device.close();
  }
}

test.each([
  ['stop', 'ERR_DLB_DOMAIN_NOT_STARTED', (domain: Domain) => domain.stop()],
  ['close', 'ERR_DLB_DOMAIN_CLOSED', (domain: Domain) => domain.close()],
  ['close of the device', 'ERR_DLB_DOMAIN_CLOSED', (_: Domain, device: Device) => device.close()],
  [
    'stopped in the tree',
    'ERR_DLB_DOMAIN_NOT_STARTED',
    (domain: Domain, device: Device) => device.tree.write(`domains/${domain.id}/state`, 'stopped'),
  ],
] as const)('S6: the end of a domain is told once, before it begins: %s', async (_, code, end) => {
  await withDomain(async (domain, device) => {
    const told: [DlbError, string][] = [];
    domain.onEnd((reason) => told.push([reason, domain.state]));
    await end(domain, device);
    await domain.close();
    expect(told).toHaveLength(1);
    expect(told[0]![0]).toMatchObject({ code, details: { domain: 'ending' } });
    expect(told[0]![1]).toBe('started');
  });
});

test('S12: a grace that no timer could keep is refused, with what it may be', async () => {
  await withDomain(async (domain) => {
    for (const graceMs of [2 ** 31, 1e300, -1, Number.NaN, '5' as never]) {
      const error = await domain.stop(undefined, { graceMs }).catch((e: unknown) => e);
      expect(error).toMatchObject({ code: 'ERR_DLB_INVALID_ARGUMENT' });
      expect((error as Error).message).toContain('2147483647');
    }
    expect(domain.state).toBe('started');
    expect(await domain.stop(undefined, { graceMs: Infinity })).toEqual({ flushed: 0 });
  });
});
