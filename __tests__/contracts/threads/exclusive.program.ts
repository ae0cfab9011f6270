/** C2 on threads: producer -> atomic -> atomic, both stages on the same two workers. */
import { openDevice } from '../../../lib/index.js';
import { creditsAtRest, makeCrew, report, TALLY, until } from './crew.js';

const EVENTS = Number(process.argv[2]);
const EVENTS_LIMIT = 4096;

const device = await openDevice();
const domain = await device.createDomain({
  eventsLimit: EVENTS_LIMIT,
  // The table is smaller than the flows are many: some share a slot.
  queues: [{ type: 'atomic', flows: 32 }, { type: 'atomic' }],
  ports: [
    { newEventThreshold: 2048 },
    { links: [0, 1], implicitRelease: false },
    { links: [0, 1], implicitRelease: false, dequeueDepth: 32 },
  ],
});
const crew = makeCrew(domain, EVENTS);
await domain.start();
for (const port of [1, 2]) crew.hire('exclusive', port);
crew.hire('produce', 0);
await until(() => Atomics.load(crew.tally, TALLY.DONE) === EVENTS);
const credits = await creditsAtRest(domain);
const { ports } = domain.stats();
Atomics.store(crew.tally, TALLY.QUIT, 1);
Atomics.notify(crew.tally, TALLY.QUIT);
const { flushed } = await domain.stop();
await crew.exited();
await device.close();
report({
  broken: crew.tally[TALLY.BROKEN],
  once: crew.done.every((times) => times === 1),
  credits,
  flushed,
  bothWorked: ports[1]!.tx > 0 && ports[2]!.tx > 0,
});
