/** A producer that was refused sleeps until it has credits: `awaitCredits`. */
import { expect, test } from '@jest/globals';
import { attachPort, EventBurst, openDevice, REFUSAL } from '../../lib/index.js';
import { fresh, refusalOf, rig, send } from '../contracts/harness.js';

test('a thread that waits for credits goes on when they have come', async () => {
  await using device = await openDevice();
  const domain = await device.createDomain({
    eventsLimit: 4,
    queues: [{ type: 'directed' }],
    ports: [{ links: [0], implicitRelease: false }],
  });
  const port = attachPort(domain.attachment(0));
  await domain.start();
  const burst = new EventBurst(4);
  for (let round = 0; round < 20; round++) {
    // All credits are this port's or on their way to it.
    expect(port.awaitCredits(4, 10_000)).toBe(true);
    expect(send(port, ...fresh(4))).toBe(4);
    for (let left = 4; left > 0; left -= burst.length) port.dequeueBurst(burst, 4, 10_000);
    port.release(4);
  }
});

test('it gives up after its time, with nothing changed but the wish it takes back', async () => {
  const r = await rig({
    eventsLimit: 4,
    queues: [{ type: 'directed' }],
    ports: [{ links: [0] }, {}],
  });
  expect(r.ports[0]!.awaitCredits(2, 0)).toBe(true);
  expect(r.ports[0]!.awaitCredits(3, 0)).toBe(false);
  expect(send(r.ports[0]!, ...fresh(4))).toBe(2);
  expect(r.ports[0]!.refusal).toBe(REFUSAL.CREDIT);
  const begin = performance.now();
  expect(r.ports[0]!.awaitCredits(3, 20)).toBe(false);
  expect(performance.now() - begin).toBeGreaterThan(15);
  // The other port keeps what is its own.
  r.pass(20);
  expect(send(r.ports[1]!, ...fresh(2))).toBe(2);
});

test('it does not wait where none can come', async () => {
  const r = await rig({ queues: [{ type: 'directed' }], ports: [{ links: [0] }, {}] });
  await r.domain.disablePort(1);
  await r.domain.stop();
  const begin = performance.now();
  expect(r.ports.map((port) => port.awaitCredits(1, 20_000))).toEqual([false, false]);
  expect(performance.now() - begin).toBeLessThan(10_000);
  expect((await refusalOf(() => r.domain.stop())).code).toBe('ERR_DLB_DOMAIN_NOT_STARTED');
});
