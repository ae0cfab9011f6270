/** Scenarios of a port that changes hands: leases, detach and attach, reclaim. */
import { explore, prepared } from '../../lib/explore/index.js';
import type { Exploration, ExploreOptions } from '../../lib/explore/index.js';
import { EventBurst } from '../../lib/eventdev/event-burst.js';
import { viewDomain } from '../../lib/memory/attachment.js';
import { Port } from '../../lib/port/port.js';
import { attachPort } from '../../lib/port/index.js';
import { handOver } from '../../lib/scheduler/ownership.js';
import type { Machine } from '../../lib/scheduler/machine.js';
import { domain, schedulerOf, seatOf } from './domain.js';
import type { Rig } from './domain.js';
import { dutyUntil } from './idling.js';

const SPEC = {
  eventsLimit: 4,
  queues: [{ type: 'directed' as const }],
  ports: [{ dequeueDepth: 4, links: [0], implicitRelease: false }, {}],
};

function burstOf(...payloads: number[]): EventBurst {
  const burst = new EventBurst(Math.max(1, payloads.length));
  for (const payload of payloads) burst.push({ queueId: 0, payload });
  return burst;
}

function take(port: Port): number[] {
  const burst = new EventBurst(4);
  port.dequeueBurst(burst);
  return Array.from({ length: burst.length }, (_, i) => burst.payload(i));
}

/**
 * The scheduler gives the port from its old owner to the next: it ends the lease, whose CQ holds an
 * event `1`, and delivers a `2` to the new owner. That one takes what it finds, twice, and is not
 * taken for one of a later generation.
 */
export function newLease(options: ExploreOptions = {}): Exploration {
  return explore(
    {
      memory: () => domain(SPEC),
      threads: {
        scheduler: prepared(
          (rig: Rig) => {
            const { machine, seat } = seatOf(rig, 0);
            deliver(machine, seat.cq.slot(), 1);
            seat.cq.publish();
            return { machine, seat };
          },
          ({ machine, seat }) => {
            handOver(machine, seat, 2);
            deliver(machine, seat.cq.slot(), 2);
            seat.cq.publish();
          },
        ),
        owner: prepared(
          (rig: Rig) => new Port(rig.attachment(0), viewDomain(rig.attachment(0)), 2, 2),
          (port) => {
            const first = take(port);
            if (port.state === 'disabled') return 'disabled';
            return `took ${[...first, ...take(port)].join()}`;
          },
        ),
      },
      final: (_, { owner }) => owner,
    },
    options,
  );
}

function deliver({ words }: Machine, at: number, payload: number): void {
  words[at] = 0;
  words[at + 1] = 0;
  words[at + 2] = payload;
  words[at + 3] = 0;
}

/**
 * A port that holds two events completes one and detaches. The scheduler parks whenever nobody
 * rings, until it has seen that. What was not completed is scheduled again.
 */
export function leaving(options: ExploreOptions = {}): Exploration {
  return explore(
    {
      memory: () => domain(SPEC),
      threads: {
        scheduler: prepared(
          (rig: Rig) => ({ rig, ...twoDelivered(rig) }),
          ({ rig, scheduler, machine }) => {
            dutyUntil(rig, scheduler, () => !machine.ports[0]!.live);
            return machine.inside;
          },
        ),
        owner: prepared(
          (rig: Rig) => {
            const port = attachPort(rig.attachment(0));
            take(port);
            return port;
          },
          (port) => {
            const released = port.release(1);
            port.detach();
            return released;
          },
        ),
      },
      final: (_, { scheduler, owner }) => `completed ${owner}, inside ${scheduler}`,
    },
    options,
  );
}

/** A scheduler that has delivered events 1 and 2 to port 0. */
function twoDelivered(rig: Rig): ReturnType<typeof schedulerOf> {
  const made = schedulerOf(rig);
  attachPort(rig.attachment(1)).enqueueBurst(burstOf(1, 2));
  made.scheduler.pass();
  return made;
}

/** The owner detaches with an event in hand, another thread attaches as soon as it can. */
export function nextOwner(passes: number, options: ExploreOptions = {}): Exploration {
  return explore(
    {
      memory: () => domain(SPEC),
      threads: {
        scheduler: prepared(twoDelivered, ({ scheduler, machine }) => {
          for (let i = 0; i < passes; i++) if (scheduler.domains[0]!.hasWork()) scheduler.pass();
          return machine.inside;
        }),
        first: prepared(
          (rig: Rig) => {
            const port = attachPort(rig.attachment(0));
            take(port);
            return port;
          },
          (port) => port.detach(),
        ),
        second: (rig: Rig) => {
          try {
            return take(attachPort(rig.attachment(0)));
          } catch {
            return 'refused';
          }
        },
      },
      final: (_, { second, scheduler }) => `second ${String(second)}, inside ${scheduler}`,
    },
    options,
  );
}

/** A port enqueues and completes, while it is reclaimed: control took its thread for dead. */
export function reclaimed(options: ExploreOptions = {}): Exploration {
  return explore(
    {
      memory: () => domain(SPEC, { NEW_COUNT: 'latest', WORKING: 'latest', OWNER: 'read' }),
      threads: {
        scheduler: prepared(twoDelivered, ({ scheduler, machine }) => {
          const command = { type: 'reclaim', domain: 0, port: 0, thread: null } as const;
          scheduler.apply(command, () => {});
          return machine.inside;
        }),
        owner: prepared(
          (rig: Rig) => {
            const port = attachPort(rig.attachment(0));
            take(port);
            return port;
          },
          (port) => port.release(1) * 10 + port.enqueueBurst(burstOf(3)),
        ),
      },
      final: (_, { owner, scheduler }) => {
        const released = Math.floor(owner / 10);
        const sent = owner % 10;
        const exact = scheduler === 2 - released + sent;
        return exact ? `released ${released}, sent ${sent}` : `inside ${scheduler}, not exact`;
      },
    },
    options,
  );
}
