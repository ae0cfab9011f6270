/** Scenarios of newEventThreshold: what the scheduler counts, and what the port adds. */
import { explore, prepared } from '../../lib/explore/index.js';
import type { Exploration, ExploreOptions } from '../../lib/explore/index.js';
import { EventBurst } from '../../lib/eventdev/event-burst.js';
import { attachPort } from '../../lib/port/index.js';
import { takeIn } from '../../lib/scheduler/intake.js';
import { publishCounts } from '../../lib/scheduler/pass.js';
import { awaited, wisher } from './credit.js';
import type { Wisher } from './credit.js';
import { domain, schedulerOf } from './domain.js';
import type { Rig } from './domain.js';
import { dutyUntil } from './idling.js';

/** One event may be inside, and is on its way there; the port tries to send a second. */
export function threshold(tries: number, options: ExploreOptions = {}): Exploration {
  return explore(
    {
      memory: () =>
        domain({
          eventsLimit: 2,
          queues: [{ type: 'directed' }],
          ports: [{ newEventThreshold: 1 }],
        }),
      threads: {
        scheduler: prepared(
          (rig: Rig) => schedulerOf(rig).machine,
          (machine) => {
            takeIn(machine, machine.ports[0]!, Infinity);
            publishCounts(machine);
          },
        ),
        port: prepared(
          (rig: Rig) => {
            const port = attachPort(rig.attachment(0));
            const burst = new EventBurst(1);
            burst.push({ queueId: 0 });
            return { port, burst, first: port.enqueueBurst(burst) };
          },
          ({ port, burst, first }) => {
            let sent = first;
            for (let i = 0; i < tries; i++) sent += port.enqueueBurst(burst);
            return sent;
          },
        ),
      },
      final: (_, { port }) => `sent ${port}`,
    },
    options,
  );
}

/**
 * One event may be inside, and is on its way there, to a queue that does not exist: it ends when it is taken in. The port
 * sleeps until it may send a second.
 */
export function belowThreshold(options: ExploreOptions = { reduce: true }): Exploration {
  return explore(
    {
      memory: () =>
        domain({
          eventsLimit: 2,
          queues: [{ type: 'directed' }],
          ports: [{ newEventThreshold: 1 }],
        }),
      threads: {
        scheduler: prepared(
          (rig: Rig) => ({ rig, ...schedulerOf(rig) }),
          ({ rig, scheduler, machine }) =>
            dutyUntil(rig, scheduler, () => machine.ports[0]!.takenNew === 1),
        ),
        port: prepared(
          (rig: Rig) => {
            const burst = new EventBurst(1);
            burst.push({ queueId: 9 });
            attachPort(rig.attachment(0)).enqueueBurst(burst);
            return wisher(rig, 0);
          },
          (its: Wisher) => awaited(its, 1),
        ),
      },
      final: (_, { port }) => `let in ${port}`,
    },
    options,
  );
}
