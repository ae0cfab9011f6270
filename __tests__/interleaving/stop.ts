/** The scenario of a stop without grace, while a port goes on. */
import { explore, prepared } from '../../lib/explore/index.js';
import type { Exploration, ExploreOptions } from '../../lib/explore/index.js';
import { EventBurst } from '../../lib/eventdev/event-burst.js';
import { creditCount } from '../../lib/memory/domain-state.js';
import { PORT } from '../../lib/memory/layout.js';
import { attachPort } from '../../lib/port/index.js';
import { closeGate, drain } from '../../lib/scheduler/reset.js';
import { domain, schedulerOf } from './domain.js';
import type { Rig } from './domain.js';

const SPEC = { eventsLimit: 2, queues: [{ type: 'directed' as const }], ports: [{}] };

/** What the port was told it sent is flushed, once; all credits are with the scheduler again. */
export function stopped(events: number, options: ExploreOptions = {}): Exploration {
  return explore(
    {
      memory: () => domain(SPEC, { NEW_COUNT: 'latest' }),
      threads: {
        scheduler: prepared(
          (rig: Rig) => schedulerOf(rig).machine,
          (machine) => {
            closeGate(machine, []);
            const flushed = drain(machine, []).length / 4;
            return { flushed, free: machine.free, takenNew: machine.ports[0]!.takenNew };
          },
        ),
        port: prepared(
          (rig: Rig) => attachPort(rig.attachment(0)),
          (port) => {
            const burst = new EventBurst(1);
            burst.push({ queueId: 0 });
            let sent = 0;
            for (let i = 0; i < events; i++) sent += port.enqueueBurst(burst);
            return sent;
          },
        ),
      },
      final: ({ words, layout }, { port, scheduler }) => {
        const { flushed, free, takenNew } = scheduler;
        const { at } = layout.ports[0]!;
        const credits = creditCount(words[at + PORT.CREDIT]!);
        const isCounted = flushed === port && words[at + PORT.NEW_COUNT] === takenNew;
        const isExact = isCounted && free === 2 && credits === 0;
        return isExact ? `sent ${port}` : `sent ${port}, flushed ${flushed}, free ${free}`;
      },
    },
    options,
  );
}
