/** Scenarios of the mempool: who has a buffer, where hints are, and the reserve. */
import { explore, prepared } from '../../lib/explore/index.js';
import type { Exploration, ExploreOptions, Hint } from '../../lib/explore/index.js';
import { BufferPool, initPool } from '../../lib/mempool/index.js';
import { claimHinted, release } from '../../lib/mempool/claim.js';
import { isFree, ownerOf } from '../../lib/mempool/owner-word.js';
import { Reserve } from '../../lib/mempool/reserve.js';
import type { PoolShape } from '../../lib/memory/layout.js';
import { RingConsumer } from '../../lib/ring/consumer.js';
import { RingProducer } from '../../lib/ring/producer.js';
import { domain } from './domain.js';
import type { Rig } from './domain.js';

function poolRig(buffers: PoolShape, hints: Readonly<Record<string, Hint>> = {}): Rig {
  const ports = [{ dequeueDepth: 1 }, { dequeueDepth: 1 }];
  const rig = domain({ eventsLimit: 2, queues: [{ type: 'directed' }], ports, buffers }, hints);
  initPool(rig.words, rig.layout.pool!);
  return rig;
}

function poolOf(rig: Rig, portId: number, outstanding: number): BufferPool {
  const { memory } = rig.attachment(portId);
  return new BufferPool(memory, rig.words, rig.layout.pool!, portId, { outstanding });
}

/** Two ports take the only buffer, write to it, and give it back. */
export function oneBuffer(options: ExploreOptions = {}): Exploration {
  const user = (portId: number) =>
    prepared(
      (rig: Rig) => ({ rig, pool: poolOf(rig, portId, 1) }),
      ({ rig, pool }) => {
        const handle = pool.alloc();
        if (handle === -1) return 'none';
        const at = rig.layout.pool!.dataBytes / 4;
        rig.words[at] = portId + 1;
        const kept = rig.words[at];
        return pool.free(handle) && kept === portId + 1 ? 'used' : 'lost';
      },
    );
  return explore(
    {
      memory: () => poolRig({ count: 1, bytes: 128, reserve: 0 }),
      threads: { first: user(0), second: user(1) },
      final: (rig, { first, second }) => {
        const { owners, bitmap } = rig.layout.pool!;
        const rest = isFree(rig.words[owners]!) && rig.words[bitmap] === 1 ? '' : ', hint lost';
        return `${first} ${second}${rest}`;
      },
    },
    options,
  );
}

/** A handle goes from one port to the other on a ring; the other gives the buffer back. */
export function handedOn(options: ExploreOptions = {}): Exploration {
  return explore(
    {
      memory: () => poolRig({ count: 1, bytes: 128, reserve: 0 }),
      threads: {
        first: prepared(
          (rig: Rig) => ({
            pool: poolOf(rig, 0, 1),
            ring: new RingProducer(rig.words, rig.layout.ports[0]!.cq),
          }),
          ({ pool, ring }) => {
            const handle = pool.alloc();
            ring.words[ring.slot()] = handle;
            ring.publish();
          },
        ),
        second: prepared(
          (rig: Rig) => ({
            pool: poolOf(rig, 1, 1),
            ring: new RingConsumer(rig.words, rig.layout.ports[0]!.cq),
          }),
          ({ pool, ring }) => {
            if (ring.available() === 0) return 'too early';
            return pool.free(ring.words[ring.slot(ring.head)]!) ? 'freed' : 'refused';
          },
        ),
      },
      final: (_, { second }) => second,
    },
    options,
  );
}

/** One port claims the only buffer by its hint and frees it, the other tries to claim it. */
export function hintsOf(options: ExploreOptions = {}): Exploration {
  return explore(
    {
      memory: () => poolRig({ count: 1, bytes: 128, reserve: 0 }),
      threads: {
        first: ({ words, layout }: Rig) => {
          const handle = claimHinted(words, layout.pool!, ownerOf(0), 31);
          return handle !== -1 && release(words, layout.pool!, handle);
        },
        second: ({ words, layout }: Rig) => claimHinted(words, layout.pool!, ownerOf(1), 31) !== -1,
      },
      final: ({ words, layout }, { first, second }) => {
        const { owners, bitmap } = layout.pool!;
        if (isFree(words[owners]!) && words[bitmap] === 0) return 'free without a hint';
        return `first ${first}, second ${second}`;
      },
    },
    options,
  );
}

/** Buffers whose hints are in two words; the ones between are allocated all the time. */
const FAR = 32;

/**
 * Two ports claim one of two buffers each, of which one is to stay free. Each has the other's
 * buffer as its witness. Who cannot prove that one was free at its claim gives its own back.
 */
export function reserve(options: ExploreOptions = {}): Exploration {
  const user = (portId: number, own: number) =>
    prepared(
      ({ words, layout }: Rig) => {
        const proof = new Reserve(words, layout.pool!);
        // As if its own were claimed, so that the other is what it sees free.
        const at = layout.pool!.owners + own;
        const free = words[at]!;
        words[at] = free | ownerOf(portId);
        proof.holds(own);
        words[at] = free;
        // The search dropped its hint.
        words[layout.pool!.bitmap + (own >>> 5)] = 1;
        return { words, pool: layout.pool!, proof };
      },
      // As buffer-pool.ts#alloc does it. The search begins in the word of the buffer.
      ({ words, pool, proof }) => {
        const handle = claimHinted(words, pool, ownerOf(portId), own);
        if (handle === -1) return 0;
        if (proof.holds(own)) return 1;
        release(words, pool, handle);
        return 0;
      },
    );
  return explore(
    {
      memory: twoFarBuffers,
      threads: { first: user(0, 0), second: user(1, FAR) },
      final: (_, { first, second }) => `taken ${first + second}`,
    },
    options,
  );
}

function twoFarBuffers(): Rig {
  const rig = poolRig(
    { count: FAR + 1, bytes: 128, reserve: 1 },
    { bitmap: 'latest', owner: 'none', 'owner[0]': 'read', [`owner[${FAR}]`]: 'read' },
  );
  const { owners, bitmap } = rig.layout.pool!;
  for (let i = 1; i < FAR; i++) rig.words[owners + i]! |= ownerOf(7);
  rig.words[bitmap] = 1;
  return rig;
}
