/** What a scheduler worker shows of its domains is at most one pass old. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { attachPort, openDevice } from '../../lib/index.js';
import { fresh, send, take } from '../contracts/harness.js';

test('credits that a reclaim gives back and a later pass hands on are counted once', async () => {
  await using device = await openDevice();
  const domain = await device.createDomain({
    eventsLimit: 64,
    queues: [{ type: 'parallel' }],
    ports: [{ links: [0], implicitRelease: false }, {}],
  });
  await domain.start();
  const busy = attachPort(domain.attachment(0));
  for (let round = 0; round < 10; round++) {
    const idle = attachPort(domain.attachment(1));
    await sleep(2);
    expect(send(busy, ...fresh(1))).toBe(1);
    await busy.ready();
    // What the other port gives back goes to the one that spends, though nobody rings.
    await domain.reclaim(idle.id);
    await sleep(5);
    const { creditsFree, inflight, ports } = domain.stats();
    const sum = ports.reduce((all, port) => all + port.credits, creditsFree + inflight);
    expect({ round, sum }).toEqual({ round, sum: 64 });
    busy.release(take(busy).length);
  }
});
