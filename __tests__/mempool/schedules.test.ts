/**
 * Random schedules of four ports: at any step of one, any other may run, be stopped in turn, or
 * die. The pool's own code runs, one thread at a time; the moments between steps are all that
 * threads could tell apart.
 */
import { expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { freeCount, indexIn, poolMemory, PORTS, writeHint } from './pool-memory.js';
import type { PoolMemory } from './pool-memory.js';
import { Died, hook, steppedWords } from './stepped-words.js';

jest.unstable_mockModule('#words', () => steppedWords);
const { BufferPool, initPool, poolStats, reclaimBuffers } =
  await import('../../lib/mempool/index.js');

/** An alloc that is under way: what a port with nothing outstanding has to prove. */
interface Claim {
  /** All owner words when it began. */
  readonly before: Int32Array;
  readonly wanted: number;
  /** The most that were free at any moment since all it wants was claimed. */
  mostFree: number;
}

class Simulation {
  readonly pool: PoolMemory;
  readonly ports: InstanceType<typeof BufferPool>[];
  readonly outstanding: { outstanding: number }[];
  /** Handles of all that is allocated. Whoever is next to run may free any. */
  readonly held: number[] = [];
  readonly stale: number[] = [];
  readonly dead = new Set<number>();
  /** Ports in the middle of something. */
  readonly running = new Set<number>();
  readonly claims = new Map<number, Claim>();
  badFrees = 0;
  #tape: readonly number[];
  #next = 0;

  constructor(count: number, reserve: number, tape: readonly number[]) {
    this.pool = poolMemory({ count, bytes: 8, reserve });
    const { memory, words, layout } = this.pool;
    initPool(words, layout);
    this.outstanding = Array.from({ length: PORTS }, (_, id) => ({ outstanding: id % 2 }));
    this.ports = this.outstanding.map(
      (holder, id) => new BufferPool(memory, words, layout, id, holder),
    );
    this.#tape = tape;
  }

  run(): void {
    hook.before = () => this.#beforeStep();
    try {
      while (this.#next < this.#tape.length) this.#act();
    } finally {
      hook.before = () => undefined;
    }
  }

  /** The next number from the tape, below `range`; 0 when it has run out. */
  #draw(range: number): number {
    return (this.#tape[this.#next++] ?? 0) % range;
  }

  #beforeStep(): void {
    this.#look();
    const choice = this.#draw(64);
    // Numbers near the end die, a third goes on with someone else.
    if (choice === 63 && this.dead.size < PORTS - 1) throw new Died();
    if (choice > 42) this.#act();
  }

  /** Notes how much is free, for every port that has claimed all it wants. */
  #look(): void {
    const free = freeCount(this.pool);
    for (const [port, claim] of this.claims) {
      const claimed = this.#owners().filter(
        (word, index) => (word & 0xff) === port + 1 && word !== claim.before[index],
      );
      if (claimed.length === claim.wanted) claim.mostFree = Math.max(claim.mostFree, free);
    }
  }

  #owners(): Int32Array {
    const { owners, count } = this.pool.layout;
    return this.pool.words.subarray(owners, owners + count);
  }

  /** One port, that is not in the middle of something, does something. */
  #act(): void {
    const port = this.#draw(PORTS);
    const what = this.#draw(16);
    if (this.running.has(port) || this.dead.has(port)) return;
    this.running.add(port);
    try {
      this.#actOf(port, what);
    } catch (error) {
      if (!(error instanceof Died)) throw error;
      this.dead.add(port);
    } finally {
      this.running.delete(port);
      this.claims.delete(port);
    }
  }

  #actOf(port: number, what: number): void {
    if (what < 6) this.#alloc(port, 1);
    else if (what < 8) this.#alloc(port, 1 + this.#draw(6));
    else if (what < 13) this.#free(port);
    else if (what === 13) this.#freeStale(port);
    else if (what === 14) writeHint(this.pool, this.#draw(this.pool.layout.count), 0);
    else this.outstanding[port]!.outstanding = this.#draw(2);
  }

  #alloc(port: number, n: number): void {
    const claim: Claim = { before: this.#owners().slice(), wanted: n, mostFree: -1 };
    this.claims.set(port, claim);
    const out = new Int32Array(n).fill(-1);
    const given = n === 1 ? this.#one(port, out) : this.ports[port]!.allocMany(n, out);
    this.#look();
    expect(out.every((handle) => handle !== -1)).toBe(given);
    if (!given) return;
    if (this.outstanding[port]!.outstanding === 0) {
      expect(claim.mostFree).toBeGreaterThanOrEqual(this.pool.layout.reserve);
    }
    for (const handle of out) {
      expect(this.held.map(indexIn)).not.toContain(indexIn(handle));
      this.held.push(handle);
    }
  }

  #one(port: number, out: Int32Array): boolean {
    out[0] = this.ports[port]!.alloc();
    return out[0] !== -1;
  }

  #free(port: number): void {
    if (this.held.length === 0) return;
    const [handle] = this.held.splice(this.#draw(this.held.length), 1);
    try {
      expect(this.ports[port]!.free(handle!)).toBe(true);
      this.stale.push(handle!);
    } catch (error) {
      // It died. The event that names the buffer is delivered again, if it is still allocated.
      if (this.ports[port]!.view(handle!).length > 0) this.held.push(handle!);
      throw error;
    }
  }

  #freeStale(port: number): void {
    const handle = this.stale[this.#draw(this.stale.length + 1)] ?? -1;
    expect(this.ports[port]!.view(handle)).toHaveLength(0);
    this.badFrees++;
    expect(this.ports[port]!.free(handle)).toBe(false);
  }

  /** Everything is where it should be; `held` is all that is allocated, once the dead are gone. */
  settle(): void {
    const { words, layout } = this.pool;
    const named = new Set(this.held);
    for (const port of this.dead) {
      reclaimBuffers(words, layout, port, (handle) => named.has(handle));
    }
    const stats = poolStats(words, layout);
    expect(stats.allocated).toBe(this.held.length);
    if (this.dead.size === 0) expect(stats.badFrees).toBe(this.badFrees);
    const alive = this.ports.find((_, id) => !this.dead.has(id))!;
    for (const handle of this.held) expect(alive.free(handle)).toBe(true);
    for (const holder of this.outstanding) holder.outstanding = 1;
  }

  /** Every buffer can be had again, without a word from anyone who died. */
  drain(): number {
    let taken = 0;
    for (const [id, port] of this.ports.entries()) {
      if (this.dead.has(id)) continue;
      while (port.alloc() !== -1) taken++;
    }
    return taken;
  }
}

test('no schedule and no death loses a buffer, gives one out twice, or breaks the reserve', () => {
  const shape = fc.record({ count: fc.integer({ min: 1, max: 40 }), reserve: fc.nat(4) });
  const tape = fc.array(fc.nat(9999), { minLength: 20, maxLength: 1500, size: 'max' });
  fc.assert(
    fc.property(shape, tape, ({ count, reserve }, numbers) => {
      const simulation = new Simulation(count, reserve, numbers);
      simulation.run();
      simulation.settle();
      expect(simulation.drain()).toBe(count);
    }),
    { numRuns: 500 },
  );
});
