/** CP-47: what is set in one domain changes nothing in another. CP-59: a CQ that is full, on a DLB. */
import { expect, test } from '@jest/globals';
import { addRig, fresh, inlineDevice, send, take, took } from '../contracts/harness.js';

const QUEUES = [{ type: 'atomic' as const }, { type: 'parallel' as const }];
const PORTS = [{}, { links: [0, 1], dequeueDepth: 4 }];

test.each(['host', 'dlb2.0', 'dlb2.5'] as const)(
  'CP-47: settings of ports and queues are those of their domain: %s',
  async (model) => {
    const device = await inlineDevice(model);
    const a = await addRig(device, { queues: QUEUES, ports: PORTS });
    const b = await addRig(device, { queues: QUEUES, ports: PORTS });
    const seen = (): unknown => ({
      ports: [0, 1].map((id) => [
        b.domain.portAttributes(id),
        b.domain.portEnabled(id),
        b.domain.links(id),
        b.domain.slots(id),
      ]),
      queues: [0, 1].map((id) => b.domain.queueAttributes(id)),
      domain: b.domain.domainAttributes(),
    });
    const before = seen();
    a.domain.setQueueAttributes(0, { priority: 1, weight: 7, affinity: 3 });
    await a.domain.disablePort(1);
    a.domain.unlink(1, 1);
    a.domain.link(0, 1, 5);
    a.pass();
    expect(seen()).toEqual(before);
    send(b.ports[0]!, ...fresh(3));
    send(b.ports[0]!, ...fresh(1, { queueId: 1 }, 3));
    device.schedule();
    expect(took(b.ports[1]!)).toEqual([0, 1, 2, 3]);
    expect(a.domain.portEnabled(1)).toBe(false);
  },
);

test.each(['dlb2.0', 'dlb2.5'] as const)(
  'CP-59: completions make no room in a CQ that is full, taking an event does: %s',
  async (model) => {
    const device = await inlineDevice(model);
    const r = await addRig(device, { queues: QUEUES, ports: PORTS });
    send(r.ports[0]!, ...fresh(12, { queueId: 1 }));
    r.pass();
    // All four are taken, and the CQ is full again with four that nobody has taken.
    expect(take(r.ports[1]!).length).toBe(4);
    r.pass();
    expect(r.stats().ports[1]).toMatchObject({ tx: 8, cqUsed: 4, cqFree: 0 });
    // The four in hand are completed: no room.
    expect(r.ports[1]!.release(4)).toBe(4);
    r.pass(3);
    expect(r.stats().ports[1]).toMatchObject({ tx: 8, cqUsed: 4 });
    // One is taken: one comes.
    expect(take(r.ports[1]!, 1).length).toBe(1);
    r.pass(3);
    expect(r.stats().ports[1]).toMatchObject({ tx: 9, cqUsed: 4 });
  },
);
