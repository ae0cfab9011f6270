/** Scenarios of credits: places of the ring handed round, and a wish for more. */
import { explore, prepared } from '../../lib/explore/index.js';
import type { Exploration, ExploreOptions } from '../../lib/explore/index.js';
import { grantCredits, takeCredits } from '../../lib/credit/credit-word.js';
import { ringDoorbell } from '../../lib/idle/doorbell.js';
import { Waiter } from '../../lib/idle/waiter.js';
import { PORT } from '../../lib/memory/layout.js';
import { attachPort } from '../../lib/port/index.js';
import { Admission } from '../../lib/port/admission.js';
import { MODE } from '../../lib/port/port-gate.js';
import { RingConsumer } from '../../lib/ring/consumer.js';
import { RingProducer } from '../../lib/ring/producer.js';
import { domain, schedulerOf } from './domain.js';
import type { Rig } from './domain.js';
import { NO_SPIN, dutyUntil } from './idling.js';

/** One place in the ring, so one credit: each event overwrites the one before it. */
export function creditRound(tries: number, options: ExploreOptions = {}): Exploration {
  return explore(
    {
      memory: () => {
        const rig = domain({ eventsLimit: 1, queues: [{ type: 'directed' }], ports: [{}] });
        grantCredits(rig.words, rig.layout.ports[0]!.at + PORT.CREDIT, 1);
        return rig;
      },
      threads: {
        port: prepared(
          ({ words, layout }: Rig) => new RingProducer(words, layout.ports[0]!.enqueue),
          (ring) => {
            let sent = 0;
            for (let i = 0; i < tries; i++) {
              const at = ring.layout.tailAt - PORT.PP_TAIL + PORT.CREDIT;
              if (takeCredits(ring.words, at, 0, 1) === 0) continue;
              ring.words[ring.slot()] = ++sent;
              ring.publish();
            }
            return sent;
          },
        ),
        scheduler: prepared(
          ({ words, layout }: Rig) => new RingConsumer(words, layout.ports[0]!.enqueue),
          (ring) => {
            const taken: number[] = [];
            for (let look = 0; look < tries; look++) {
              if (ring.available() === 0) continue;
              taken.push(ring.words[ring.slot(ring.head)]!);
              ring.head = (ring.head + 1) | 0;
              const at = ring.layout.tailAt - PORT.PP_TAIL + PORT.CREDIT;
              grantCredits(ring.words, at, 1);
            }
            return taken;
          },
        ),
      },
      final: (_, { port, scheduler }) => `sent ${port}, taken ${String(scheduler)}`,
    },
    options,
  );
}

/** Port 1, about to wish for credits and to sleep until it has them. */
function wisher(rig: Rig): { rig: Rig; admission: Admission; waiter: Waiter } {
  const port = rig.layout.ports[1]!;
  const admission = new Admission(rig.words, port.at, rig.attachment(1));
  admission.beginLease(rig.words[port.at + PORT.LEASE]!);
  return { rig, admission, waiter: new Waiter(rig.words, port, NO_SPIN) };
}

/**
 * Port 0 has the only credit and does nothing; port 1 wants it, and sleeps until it has it. It has
 * rung before, for something else. The scheduler parks whenever nobody rings.
 */
export function wish(options: ExploreOptions = {}): Exploration {
  return explore(
    {
      memory: () => {
        const rig = domain({ eventsLimit: 1, queues: [{ type: 'directed' }], ports: [{}, {}] });
        // Both have a thread.
        for (const { at } of rig.layout.ports) rig.words[at + PORT.OWNER] = 1;
        return rig;
      },
      threads: {
        scheduler: prepared(
          (rig: Rig) => ({ rig, ...schedulerOf(rig) }),
          ({ rig, scheduler, machine }) =>
            dutyUntil(rig, scheduler, () => machine.ports[1]!.unspent === 1),
        ),
        port: prepared(
          wisher,
          // As port.ts#awaitCredits does it.
          ({ rig, admission, waiter }) => {
            ringDoorbell(rig.words, rig.bell, 1);
            admission.wishFor(1);
            ringDoorbell(rig.words, rig.bell, 1);
            waiter.block(() => admission.hasCredits(1), Infinity);
            return admission.admit(1, MODE.FLOWING);
          },
        ),
      },
      final: (_, { port }) => `taken ${port}`,
    },
    options,
  );
}

/** Port 1 wishes for the credit of port 0, which has no thread; meanwhile one takes port 0. */
export function wishAgainstAttach(options: ExploreOptions = {}): Exploration {
  return explore(
    {
      memory: () => {
        const rig = domain({ eventsLimit: 2, queues: [{ type: 'directed' }], ports: [{}, {}] });
        rig.words[rig.layout.ports[1]!.at + PORT.OWNER] = 1;
        return rig;
      },
      threads: {
        scheduler: prepared(
          (rig: Rig) => ({ rig, ...schedulerOf(rig) }),
          ({ rig, scheduler, machine }) => {
            dutyUntil(rig, scheduler, () => machine.ports[1]!.unspent === 2);
            return machine.free + machine.ports[0]!.unspent + machine.ports[1]!.unspent;
          },
        ),
        port: prepared(wisher, ({ rig, admission, waiter }) => {
          admission.wishFor(2);
          ringDoorbell(rig.words, rig.bell, 1);
          waiter.block(() => admission.hasCredits(2), Infinity);
          return admission.admit(2, MODE.FLOWING);
        }),
        late: (rig: Rig) => attachPort(rig.attachment(0)).id,
      },
      final: (_, { scheduler, port }) => `taken ${port}, credits ${scheduler}`,
    },
    options,
  );
}
