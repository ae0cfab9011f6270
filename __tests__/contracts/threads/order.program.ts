/** C3 on threads: producer -> ordered -> two workers -> directed -> this thread. */
import { attachPort, EventBurst, openDevice } from '../../../lib/index.js';
import { creditsAtRest, makeCrew, report, TALLY, until } from './crew.js';

const EVENTS = Number(process.argv[2]);
const EVENTS_LIMIT = 4096;

const device = await openDevice();
const domain = await device.createDomain({
  eventsLimit: EVENTS_LIMIT,
  queues: [{ type: 'ordered', sequences: 1024 }, { type: 'directed' }],
  ports: [
    { newEventThreshold: 2048 },
    { links: [0], implicitRelease: false },
    { links: [0], implicitRelease: false },
    { links: [1] },
  ],
});
const sink = attachPort(domain.attachment(3));
const crew = makeCrew(domain, EVENTS);
await domain.start();
crew.hire('forward', 1);
crew.hire('forward', 2);
// Both are there before the first event.
await until(() => Atomics.load(crew.tally, TALLY.ATTACHED) === 2);
crew.hire('produce', 0);

const burst = new EventBurst(512);
let next = 0;
let broken = 0;
while (next < EVENTS && (await sink.ready({ depth: 64 }))) {
  while (sink.dequeueBurst(burst) > 0) {
    for (let i = 0; i < burst.length; i++) if (burst.payload(i) !== next++) broken++;
  }
}
sink.release(sink.outstanding);
const credits = await creditsAtRest(domain);
const { queues } = domain.stats();
Atomics.store(crew.tally, TALLY.QUIT, 1);
Atomics.notify(crew.tally, TALLY.QUIT);
const { flushed } = await domain.stop();
await crew.exited();
await device.close();
report({ received: next, broken, credits, flushed, reordered: queues[0]!.reordered });
