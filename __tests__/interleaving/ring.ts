/** Scenarios of the ring: a CQ with the scheduler's room, an enqueue ring with its fence. */
import { explore, prepared } from '../../lib/explore/index.js';
import type { Exploration, ExploreOptions } from '../../lib/explore/index.js';
import { PORT } from '../../lib/memory/layout.js';
import { RingConsumer } from '../../lib/ring/consumer.js';
import { fence, FENCE_STEP } from '../../lib/ring/fence.js';
import { RingProducer } from '../../lib/ring/producer.js';
import { refreshRoom } from '../../lib/scheduler/cq-room.js';
import { domain, seatOf } from './domain.js';

/** Writes an entry whose words are all the same. */
function fill(words: Int32Array, at: number, value: number): void {
  for (let word = 0; word < 4; word++) words[at + word] = value;
}

/** The entry there, `junk` if its words differ. */
function entryAt(words: Int32Array, at: number): number | 'junk' {
  const value = words[at]!;
  for (let word = 1; word < 4; word++) if (words[at + word] !== value) return 'junk';
  return value;
}

/** What a consumer finds in one look, and gives back at once. */
function takeAll(ring: RingConsumer): (number | 'junk')[] {
  const taken: (number | 'junk')[] = [];
  for (let left = ring.available(); left > 0; left--) {
    taken.push(entryAt(ring.words, ring.slot(ring.head)));
    ring.head = (ring.head + 1) | 0;
  }
  if (taken.length > 0) ring.publish();
  return taken;
}

/** A CQ of two places, through which the scheduler sends what fits each time it looks. */
export function cqRing(looks: number, options: ExploreOptions = {}): Exploration {
  return explore(
    {
      memory: () =>
        domain({
          eventsLimit: 2,
          queues: [{ type: 'directed' }],
          ports: [{ dequeueDepth: 2, links: [0] }],
        }),
      threads: {
        scheduler: prepared(
          (rig: ReturnType<typeof domain>) => seatOf(rig, 0),
          ({ machine, seat }) => {
            let next = 1;
            for (let look = 0; look < looks; look++) {
              refreshRoom(machine, seat, 0);
              for (; seat.room > 0; seat.room--) fill(machine.words, seat.cq.slot(), next++);
              if (seat.cq.pending > 0) seat.cq.publish();
            }
          },
        ),
        port: prepared(
          ({ words, layout }: ReturnType<typeof domain>) =>
            new RingConsumer(words, layout.ports[0]!.cq),
          (ring) => Array.from({ length: looks }, () => takeAll(ring)).flat(),
        ),
      },
      final: (_, { port }) => port.join(','),
    },
    options,
  );
}

/** A port that publishes event after event, on a ring that the scheduler takes in and fences. */
export function fencedRing(events: number, options: ExploreOptions = {}): Exploration {
  return explore(
    {
      memory: () => domain({ eventsLimit: 16, queues: [{ type: 'directed' }], ports: [{}] }),
      threads: {
        port: prepared(
          ({ words, layout }: ReturnType<typeof domain>) =>
            new RingProducer(words, layout.ports[0]!.enqueue),
          (ring) => sendAll(ring, events),
        ),
        scheduler: prepared(
          ({ words, layout }: ReturnType<typeof domain>) =>
            new RingConsumer(words, layout.ports[0]!.enqueue),
          (ring) => {
            const before = takeAll(ring);
            const end = fence(ring.words, ring.layout);
            while (ring.head !== end) {
              before.push(entryAt(ring.words, ring.slot(ring.head)));
              ring.head = (ring.head + 1) | 0;
            }
            ring.head = (end + FENCE_STEP) | 0;
            return { before, head: ring.head };
          },
        ),
      },
      final: ({ words, layout }, { port, scheduler }) => {
        const { before, head } = scheduler;
        const { enqueue, at } = layout.ports[0]!;
        const after: (number | 'junk')[] = [];
        const tail = words[at + PORT.PP_TAIL]!;
        // Whoever moved the tail back over the fence has not put anything behind it.
        const count = Math.min((tail - head) >>> 0, enqueue.depth);
        for (let i = head; i !== ((head + count) | 0); i = (i + 1) | 0) {
          after.push(entryAt(words, enqueue.slots + (i & enqueue.mask) * 4));
        }
        const seen = [...before, ...after].join(',');
        return seen === port ? 'all accepted, once' : `accepted ${port}, found ${seen}`;
      },
    },
    options,
  );
}

/** Publishes events 1, 2, … one by one; tells which were accepted. */
function sendAll(ring: RingProducer, events: number): string {
  const accepted: number[] = [];
  for (let value = 1; value <= events; value++) {
    fill(ring.words, ring.slot(), value);
    if (ring.tryPublish()) accepted.push(value);
    else ring.resync();
  }
  return accepted.join(',');
}
