/**
 * C1 and C3 on threads: workers between an ordered queue and its sink are terminated, again and
 * again. Every event arrives all the same, once and in order: it was forwarded, or it goes again.
 */
import { once } from 'node:events';
import { attachPort, EventBurst, openDevice } from '../../../lib/index.js';
import { creditsAtRest, HOLD, makeCrew, report, TALLY, until } from './crew.js';

const EVENTS = Number(process.argv[2]);
const KILLS = Number(process.argv[3]);
const EVENTS_LIMIT = 1024;

const device = await openDevice();
const domain = await device.createDomain({
  eventsLimit: EVENTS_LIMIT,
  queues: [{ type: 'ordered', sequences: 256 }, { type: 'directed' }],
  ports: [
    { newEventThreshold: 512 },
    { links: [0], implicitRelease: false, dequeueDepth: 16 },
    { links: [0], implicitRelease: false, dequeueDepth: 16 },
    { links: [1] },
  ],
});
const sink = attachPort(domain.attachment(3));
const crew = makeCrew(domain, EVENTS);
await domain.start();
crew.hire('forward', 1);
let mortal = crew.hire('mortal', 2);
let hired = 2;
await until(() => Atomics.load(crew.tally, TALLY.ATTACHED) === hired);
crew.hire('produce', 0);
hired++;

const burst = new EventBurst(512);
let next = 0;
let broken = 0;
/** Takes in what is there. */
function takeIn(): void {
  while (sink.dequeueBurst(burst) > 0) {
    for (let i = 0; i < burst.length; i++) if (burst.payload(i) !== next++) broken++;
  }
}
/** Takes in what comes until `count` have come. */
async function receive(count: number): Promise<void> {
  while (next < count && (await sink.ready())) takeIn();
}

let held = 0;
for (let kill = 1; kill <= KILLS; kill++) {
  await receive(Math.floor((EVENTS * kill) / (KILLS + 1)));
  // By turns: at any moment, and with a burst in hand.
  if (kill % 2 === 0) {
    Atomics.store(crew.tally, TALLY.HOLDING, HOLD);
    await until(() => {
      takeIn();
      return Atomics.load(crew.tally, TALLY.HOLDING) !== HOLD;
    });
    held += Atomics.load(crew.tally, TALLY.HOLDING);
  }
  const gone = once(mortal, 'exit');
  void mortal.terminate();
  await gone;
  mortal = crew.hire('mortal', 2);
  hired++;
  await until(() => Atomics.load(crew.tally, TALLY.ATTACHED) === hired);
}
await receive(EVENTS);
sink.release(sink.outstanding);
const credits = await creditsAtRest(domain);
const { rx, queues } = domain.stats();
Atomics.store(crew.tally, TALLY.QUIT, 1);
Atomics.notify(crew.tally, TALLY.QUIT);
const { flushed } = await domain.stop();
await crew.exited();
await device.close();
const again = queues[0]!.tx - EVENTS;
report({ received: next, broken, rx, held, again, credits, flushed });
