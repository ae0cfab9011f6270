/** Scenarios of credits: places of the ring handed round, and a wish for more. */
import { explore, prepared } from '../../lib/explore/index.js';
import type { Exploration, ExploreOptions } from '../../lib/explore/index.js';
import { grantCredits, takeCredits } from '../../lib/credit/credit-word.js';
import { ringDoorbell } from '../../lib/idle/doorbell.js';
import { Waiter } from '../../lib/idle/waiter.js';
import { creditTag } from '../../lib/memory/domain-state.js';
import { PORT, WISH_MASK } from '../../lib/memory/layout.js';
import { attachPort } from '../../lib/port/index.js';
import { Admission } from '../../lib/port/admission.js';
import { MODE } from '../../lib/port/port-gate.js';
import { Seeking } from '../../lib/port/seeking.js';
import { RingConsumer } from '../../lib/ring/consumer.js';
import { RingProducer } from '../../lib/ring/producer.js';
import { endWish, settleCredits } from '../../lib/scheduler/credits.js';
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

/** A port with what it waits by, but for the looks before it sleeps. */
export interface Wisher {
  readonly rig: Rig;
  readonly admission: Admission;
  readonly seeking: Seeking;
}

/** About to wish for credits and to sleep until it has them. */
export function wisher(rig: Rig, id = 1): Wisher {
  const port = rig.layout.ports[id]!;
  const admission = new Admission(rig.words, port.at, rig.attachment(id));
  admission.beginLease(rig.words[port.at + PORT.LEASE]!);
  const waiter = new Waiter(rig.words, port, NO_SPIN);
  const ring = (): void => ringDoorbell(rig.words, rig.bell, id);
  return { rig, admission, seeking: new Seeking(admission, waiter, ring) };
}

/** As port.ts#awaitCredits does it. Returns how many NEW events are let in then. */
export function awaited({ admission, seeking }: Wisher, count: number): number {
  seeking.block(count, Infinity, () => false);
  return admission.admit(count, MODE.FLOWING);
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
        port: prepared(wisher, (its: Wisher) => {
          ringDoorbell(its.rig.words, its.rig.bell, 1);
          return awaited(its, 1);
        }),
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
        port: prepared(wisher, (its: Wisher) => awaited(its, 2)),
        late: (rig: Rig) => attachPort(rig.attachment(0)).id,
      },
      final: (_, { scheduler, port }) => `taken ${port}, credits ${scheduler}`,
    },
    options,
  );
}

/** Wishes that are left or noted: one that stood before, by its count. */
const EARLIER = (7 * (WISH_MASK + 1)) | 1;

/**
 * The scheduler has taken back what the port had wished for, as it did not come to take it, and ends the wish; the port
 * comes now. `how`: it waits for the credit, or is refused and does something else. The credit is free.
 */
export function endedWish(
  how: 'waits' | 'refused',
  options: ExploreOptions = { reduce: true },
): Exploration {
  return explore(
    {
      memory: () => {
        const rig = domain({ eventsLimit: 1, queues: [{ type: 'directed' }], ports: [{}] });
        rig.words[rig.layout.ports[0]!.at + PORT.OWNER] = 1;
        return rig;
      },
      threads: {
        scheduler: prepared(
          (rig: Rig) => {
            const { scheduler, machine } = schedulerOf(rig);
            const port = machine.ports[0]!;
            machine.free = 1;
            port.unspent = 0;
            port.wishWord = EARLIER;
            return { rig, scheduler, machine, port };
          },
          ({ rig, scheduler, machine, port }) => {
            endWish(machine, port);
            settleCredits(machine);
            dutyUntil(rig, scheduler, () => port.unspent === 1);
          },
        ),
        port: prepared(
          (rig: Rig) => {
            const its = wisher(rig, 0);
            const { at } = rig.layout.ports[0]!;
            rig.words[at + PORT.CREDIT] = creditTag(rig.words[at + PORT.LEASE]!);
            rig.words[at + PORT.WISH] = EARLIER;
            return its;
          },
          (its: Wisher) => {
            if (how === 'waits') return awaited(its, 1);
            const taken = its.admission.admit(1, MODE.FLOWING);
            if (its.admission.wishes) ringDoorbell(its.rig.words, its.rig.bell, 0);
            return taken;
          },
        ),
      },
      final: (_, { port }) => `taken ${port}`,
    },
    options,
  );
}
