/** How threads idle in scenarios: as in lib/idle, without the looks of a spinning thread. */
import { explore, prepared } from '../../lib/explore/index.js';
import type { Exploration, ExploreOptions } from '../../lib/explore/index.js';
import { EventBurst } from '../../lib/eventdev/event-burst.js';
import { ringDoorbell } from '../../lib/idle/doorbell.js';
import { parkOnBell } from '../../lib/idle/parking.js';
import { Waiter } from '../../lib/idle/waiter.js';
import { HEADER } from '../../lib/memory/layout.js';
import { attachPort } from '../../lib/port/index.js';
import { RingConsumer } from '../../lib/ring/consumer.js';
import { RingProducer } from '../../lib/ring/producer.js';
import { wakePort } from '../../lib/scheduler/cq-room.js';
import type { Scheduler } from '../../lib/scheduler/scheduler.js';
import { observe, swap } from '#words';
import { domain, schedulerOf, seatOf } from './domain.js';
import type { Rig } from './domain.js';

/** For a waiter that has spun in vain: each look is a step, and one that finds nothing is like not having
 *  looked. */
export const NO_SPIN = { goesOn: () => false };

/** What the duty cycle does once it has spun in vain: pass while someone rang, else park. */
export function dutyUntil(rig: Rig, scheduler: Scheduler, isDone: () => boolean): void {
  while (!isDone()) {
    const seen = observe(rig.bell, 0);
    if (scheduler.domains.some((each) => each.hasWork())) scheduler.pass();
    else parkOnBell(rig.bell, seen, scheduler.domains);
  }
}

/** Ports publish events one by one; the scheduler parks until it has taken in all of them. */
export function parkedScheduler(
  ports: number,
  events: number,
  options: ExploreOptions = {},
): Exploration {
  const port = (id: number) =>
    prepared(
      (rig: Rig) => ({ rig, ring: new RingProducer(rig.words, rig.layout.ports[id]!.enqueue) }),
      ({ rig, ring }) => {
        for (let i = 0; i < events; i++) {
          ring.slot();
          ring.tryPublish();
          ringDoorbell(rig.words, rig.bell, id);
        }
      },
    );
  const scheduler = prepared(
    (rig: Rig) => ({
      rig,
      rings: rig.layout.ports.map((each) => new RingConsumer(rig.words, each.enqueue)),
    }),
    ({ rig, rings }) => {
      const hasWork = (): boolean => observe(rig.words, HEADER.DOORBELL) !== 0;
      const sleeper = { words: rig.words, hasWork };
      for (let left = ports * events; left > 0;) {
        const seen = observe(rig.bell, 0);
        if (hasWork()) left -= takeRung(rig, rings);
        else parkOnBell(rig.bell, seen, [sleeper]);
      }
    },
  );
  const ids = Array.from({ length: ports }, (_, id) => id);
  const threads = Object.fromEntries(ids.map((id) => [`port${id}`, port(id)]));
  return explore(
    {
      memory: () =>
        domain({ eventsLimit: 4, queues: [{ type: 'directed' }], ports: ids.map(() => ({})) }),
      threads: { ...threads, scheduler },
      final: () => 'all taken in',
    },
    options,
  );
}

/** Takes in what ports that rang have published, as pass.ts and intake.ts do it. */
function takeRung(rig: Rig, rings: readonly RingConsumer[]): number {
  let taken = 0;
  const rang = swap(rig.words, HEADER.DOORBELL, 0);
  for (const [id, ring] of rings.entries()) {
    if ((rang & (1 << id)) === 0) continue;
    const found = ring.available();
    ring.head = (ring.head + found) | 0;
    taken += found;
  }
  return taken;
}

/** A port enqueues events one by one; the scheduler makes a pass whenever someone rang. */
export function doorbell(
  events: number,
  passes: number,
  options: ExploreOptions = {},
): Exploration {
  return explore(
    {
      memory: () => domain({ eventsLimit: 4, queues: [{ type: 'directed' }], ports: [{}] }),
      threads: {
        scheduler: prepared(
          (rig: Rig) => schedulerOf(rig),
          ({ scheduler, machine }) => {
            for (let i = 0; i < passes; i++) if (scheduler.domains[0]!.hasWork()) scheduler.pass();
            return machine.inside;
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
      final: ({ words }, { port, scheduler }) => {
        const rung = words[HEADER.DOORBELL] === 0 ? '' : ', rung';
        return port === scheduler ? 'all taken in' : `taken ${scheduler} of ${port}${rung}`;
      },
    },
    options,
  );
}

/** The scheduler delivers events one by one; the port sleeps until it has taken all of them. */
export function parkedPort(events: number, options: ExploreOptions = {}): Exploration {
  return explore(
    {
      memory: () =>
        domain({
          eventsLimit: 4,
          queues: [{ type: 'directed' }],
          ports: [{ dequeueDepth: 4, links: [0] }],
        }),
      threads: {
        scheduler: prepared(
          (rig: Rig) => seatOf(rig, 0),
          ({ machine, seat }) => {
            for (let i = 0; i < events; i++) {
              seat.cq.slot();
              seat.cq.publish();
              wakePort(machine, seat);
            }
          },
        ),
        port: prepared(
          ({ words, layout }: Rig) => ({
            ring: new RingConsumer(words, layout.ports[0]!.cq),
            waiter: new Waiter(words, layout.ports[0]!, NO_SPIN),
          }),
          ({ ring, waiter }) => {
            for (let taken = 0; taken < events;) {
              waiter.block(() => ring.available() > 0, Infinity);
              const found = ring.available();
              ring.head = (ring.head + found) | 0;
              taken += found;
            }
          },
        ),
      },
      final: () => 'all taken',
    },
    options,
  );
}
