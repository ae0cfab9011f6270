/** C11: counts the scavenges of a run on an inline device, after a warm-up. */
import { PerformanceObserver } from 'node:perf_hooks';
import { attachPort, EventBurst, OP, openDevice } from '../../../lib/index.js';
import { report } from './crew.js';

const WARM_UP = 300_000;
const EVENTS = Number(process.argv[2]);
const BURST = 32;

const device = await openDevice({ scheduling: 'inline' });
const domain = await device.createDomain({
  eventsLimit: 1024,
  queues: [{ type: 'atomic' }, { type: 'ordered' }, { type: 'directed' }],
  ports: [{}, { links: [0, 1], implicitRelease: false }, { links: [0, 1] }, { links: [2] }],
});
const ports = [0, 1, 2, 3].map((id) => attachPort(domain.attachment(id)));
await domain.start();
const fresh = new EventBurst(BURST);
const got = new EventBurst(BURST);

/** Half atomic, half ordered; on to the directed queue, or released, or implicitly released. */
function run(events: number): void {
  for (let sent = 0; sent < events;) {
    fresh.clear();
    for (let i = 0; i < BURST; i++) fresh.pushNew(i & 1, (sent + i) & 1023, 0, i);
    sent += ports[0]!.enqueueBurst(fresh);
    device.schedule();
    for (let id = 1; id <= 2; id++) {
      const port = ports[id]!;
      const count = port.dequeueBurst(got);
      for (let i = 0; i < count; i++) {
        if ((i & 3) === 3) got.setOp(i, OP.RELEASE);
        else got.setQueueId(i, 2);
      }
      port.enqueueBurst(got);
    }
    device.schedule();
    while (ports[3]!.dequeueBurst(got) > 0);
  }
}

let scavenges = 0;
const observer = new PerformanceObserver((list) => (scavenges += list.getEntries().length));
run(WARM_UP);
await new Promise((resolve) => setTimeout(resolve, 50));
observer.observe({ entryTypes: ['gc'] });
run(EVENTS);
await new Promise((resolve) => setTimeout(resolve, 50));
observer.disconnect();
const { tx } = domain.stats();
await device.close();
report({ scavenges, enough: tx > EVENTS });
