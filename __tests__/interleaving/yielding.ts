/** The scenario of a port that gives back what lies undelivered in its CQ. */
import { explore, prepared } from '../../lib/explore/index.js';
import type { Exploration, ExploreOptions } from '../../lib/explore/index.js';
import { EventBurst } from '../../lib/eventdev/event-burst.js';
import { attachPort } from '../../lib/port/index.js';
import { domain, schedulerOf } from './domain.js';
import type { Rig } from './domain.js';
import { dutyUntil } from './idling.js';

/**
 * Two events lie in the port's CQ. It takes one, gives the rest back, and looks again. What it has
 * taken is what the scheduler takes it to hold.
 */
export function yielding(options: ExploreOptions = {}): Exploration {
  return explore(
    {
      memory: () =>
        domain({
          eventsLimit: 4,
          queues: [{ type: 'directed' }],
          ports: [{ dequeueDepth: 2, links: [0], implicitRelease: false }, {}],
        }),
      threads: {
        scheduler: prepared(
          (rig: Rig) => {
            const made = schedulerOf(rig);
            const burst = new EventBurst(2);
            for (let i = 0; i < 2; i++) burst.push({ queueId: 0 });
            attachPort(rig.attachment(1)).enqueueBurst(burst);
            made.scheduler.pass();
            return { rig, ...made };
          },
          ({ rig, scheduler, machine }) => {
            const port = machine.ports[0]!;
            dutyUntil(rig, scheduler, () => port.yielded !== 0);
            return port.historyTail - port.historyHead;
          },
        ),
        port: prepared(
          (rig: Rig) => attachPort(rig.attachment(0)),
          (port) => {
            const burst = new EventBurst(2);
            const first = port.dequeueBurst(burst, 1);
            // Of a profile without links nothing comes.
            port.switchProfile(1);
            return first + port.dequeueBurst(burst);
          },
        ),
      },
      final: (_, { port, scheduler }) => `taken ${port}, held ${scheduler}`,
    },
    options,
  );
}
