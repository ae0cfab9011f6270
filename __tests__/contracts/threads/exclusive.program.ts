/**
 * C2, and C2 behind C3, on threads: producer -> atomic or ordered -> atomic, both stages on the same
 * two workers.
 */
import { openDevice } from '../../../lib/index.js';
import { creditsAtRest, makeCrew, report, TALLY, until } from './crew.js';

const EVENTS = Number(process.argv[2]);
const FIRST = process.argv[3] as 'atomic' | 'ordered';
const EVENTS_LIMIT = 4096;

const device = await openDevice();
const domain = await device.createDomain({
  eventsLimit: EVENTS_LIMIT,
  // The first table is smaller than the flows are many: some share a slot.
  queues: [{ type: FIRST, flows: 32 }, { type: 'atomic' }],
  ports: [
    { newEventThreshold: 2048 },
    { links: [0, 1], implicitRelease: false },
    { links: [0, 1], implicitRelease: false, dequeueDepth: 32 },
  ],
});
const crew = makeCrew(domain, EVENTS, FIRST === 'atomic');
await domain.start();
for (const port of [1, 2]) crew.hire('exclusive', port);
// Both are there before the first event.
await until(() => Atomics.load(crew.tally, TALLY.ATTACHED) === 2);
crew.hire('produce', 0);
await until(() => Atomics.load(crew.tally, TALLY.DONE) >= EVENTS);
const credits = await creditsAtRest(domain);
const { rx, dropped, ports, queues } = domain.stats();
Atomics.store(crew.tally, TALLY.QUIT, 1);
Atomics.notify(crew.tally, TALLY.QUIT);
const { flushed } = await domain.stop();
await crew.exited();
await device.close();
report({
  broken: crew.tally[TALLY.BROKEN],
  once: crew.done.every((times) => times === 1),
  stages: queues.map((queue) => [queue.rx, queue.tx]),
  rx,
  dropped: [...ports, ...queues].reduce((sum, each) => sum + each.dropped, dropped),
  credits,
  flushed,
  bothWorked: ports[1]!.tx > 0 && ports[2]!.tx > 0,
  // Only of an ordered stage.
  overtaken: queues[0]!.reordered > 0,
});
