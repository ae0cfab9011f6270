/** C10 on threads: one event goes round, every thread parks in between, nobody oversleeps. */
import { attachPort, EventBurst, openDevice } from '../../../lib/index.js';
import { creditsAtRest, makeCrew, report } from './crew.js';

const TRIPS = Number(process.argv[2]);
const DOMAINS = 3;

const device = await openDevice();
const parties = await Promise.all(
  Array.from({ length: DOMAINS }, async () => {
    const domain = await device.createDomain({
      eventsLimit: 64,
      queues: [{ type: 'atomic' }, { type: 'directed' }],
      ports: [{ links: [1] }, { links: [0], implicitRelease: false }],
    });
    const crew = makeCrew(domain, 1);
    crew.hire('echo', 1);
    return { domain, crew, port: attachPort(domain.attachment(0)), burst: new EventBurst(4) };
  }),
);
for (const { domain } of parties) await domain.start();

/** Through `ready`, then blocking, by turns. */
async function goRound({ port, burst }: (typeof parties)[number], trip: number): Promise<number> {
  burst.clear();
  burst.pushNew(0, trip % 5, 0, trip);
  if (port.enqueueBurst(burst) !== 1) return 1;
  if (trip % 2 === 0) await port.ready();
  const count = port.dequeueBurst(burst, 4, Infinity);
  return count === 1 && burst.payload(0) === trip ? 0 : 1;
}

let wrong = 0;
for (let trip = 0; trip < TRIPS; trip++) {
  // One domain alone, then all at once: they share a scheduler worker and its bell.
  const some = trip % 4 === 3 ? parties : [parties[trip % DOMAINS]!];
  for (const failed of await Promise.all(some.map((party) => goRound(party, trip))))
    wrong += failed;
}
const credits: number[] = [];
for (const { domain, port, crew } of parties) {
  port.release(port.outstanding);
  credits.push(await creditsAtRest(domain));
  await domain.close();
  await crew.exited();
}
await device.close();
report({ wrong, credits });
