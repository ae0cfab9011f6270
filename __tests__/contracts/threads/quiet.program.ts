/** C11: counts the collections during a round of events on an inline device: the least of several rounds. */
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

/** What V8's compilers allocate for code that has just become hot comes once; garbage of the data
 *  path would come in every round. */
const ROUNDS = 8;
const settle = () => new Promise((resolve) => setTimeout(resolve, 50));
let scavenges = 0;
const observer = new PerformanceObserver((list) => (scavenges += list.getEntries().length));
let least = Infinity;
run(WARM_UP);
await settle();
observer.observe({ entryTypes: ['gc'] });
for (let round = 0; round < ROUNDS && least > 0; round++) {
  scavenges = 0;
  run(EVENTS);
  await settle();
  least = Math.min(least, scavenges);
}
observer.disconnect();
const { tx } = domain.stats();
await device.close();
report({ scavenges: least, enough: tx > EVENTS });
