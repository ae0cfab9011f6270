/**
 * A thread on a port: it may be interrupted at any of its accesses to shared memory, die there, lose
 * its port and go on all the same.
 */
import { EventBurst } from '../../lib/eventdev/event-burst.js';
import { PORT } from '../../lib/memory/layout.js';
import type { Port } from '../../lib/port/index.js';
import { modeOf } from './expectation.js';
import type { Mode } from './expectation.js';
import type { OraclePort } from './oracle-port.js';
import { AT } from './tracked.js';
import type { Tracked } from './tracked.js';
import { check } from './violation.js';
import { aside, Died, steps } from './words.js';
import type { SimDomain, World } from './world.js';

/** Something happens before the `at`-th access: the thread dies (null), or others go on. */
export interface Interruption {
  readonly at: number;
  readonly what: (() => void) | null;
}

/** Others may go on in the middle of the call. */
export function isDisturbed(interruption: Interruption | null): boolean {
  return interruption !== null && interruption.what !== null;
}

export class Thread {
  readonly world: World;
  readonly of: SimDomain;
  readonly seen: OraclePort;
  port: Port | null = null;
  generation = 0;
  mortal = false;
  /** Died, and the port was not reclaimed yet. */
  dead = false;
  /** In a call that was interrupted. */
  busy = false;
  stalledUntil = 0;
  /** A port that was reclaimed while its thread went on. */
  ghost: Port | null = null;
  readonly #fresh: Tracked[] = [];

  constructor(world: World, of: SimDomain, id: number) {
    this.world = world;
    this.of = of;
    this.seen = of.oracle.ports[id]!;
  }

  get id(): number {
    return this.seen.id;
  }

  get isFree(): boolean {
    return this.port === null && !this.dead && !this.busy;
  }

  get canAct(): boolean {
    return this.port !== null && !this.busy;
  }

  get mode(): Mode {
    return modeOf(this.of, this.seen, this.generation);
  }

  /** Runs code of the thread. False if it died. */
  protected run(interruption: Interruption | null, code: () => void): boolean {
    const { proxied, before } = steps;
    steps.proxied = this.mortal;
    steps.before = interruption === null ? null : this.#before(interruption);
    this.busy = true;
    this.seen.settled = false;
    try {
      code();
      this.seen.settled = this.port !== null;
      return true;
    } catch (error) {
      if (!(error instanceof Died)) throw error;
      this.world.log(() => `  … and its thread dies before access ${interruption!.at}`);
      this.#die();
      return false;
    } finally {
      this.busy = false;
      steps.proxied = proxied;
      steps.before = before;
      this.seen.watchRing(this.of.oracle.events);
      for (const event of this.#fresh)
        if (event.at === AT.FRESH) this.of.oracle.events.delete(event.id);
      this.#fresh.length = 0;
    }
  }

  #before({ at, what }: Interruption): () => void {
    let step = 0;
    return () => {
      const now = step++;
      // The dead do not clean up either: whatever is done while this unwinds dies as well.
      if (what === null && now >= at) throw new Died();
      if (what !== null && now === at) aside(what);
    };
  }

  #die(): void {
    this.port = null;
    this.dead = true;
    this.world.deaths++;
    this.of.fsck('after a death');
  }

  protected follow(event: Tracked): void {
    this.#fresh.push(event);
    this.of.oracle.events.set(event.id, event);
  }

  /** Some other use of the port. Null if the thread died. */
  attempt<T>(interruption: Interruption | null, use: (port: Port) => T): T | null {
    let result: T;
    return this.run(interruption, () => (result = use(this.port!))) ? result! : null;
  }

  /** What the port says of itself: no steps. */
  protected ask<T>(question: (port: Port) => T): T {
    const { proxied } = steps;
    steps.proxied = this.mortal;
    try {
      return question(this.port!);
    } finally {
      steps.proxied = proxied;
    }
  }

  /** The port finds out when its lease has ended. */
  hearNews(): void {
    this.checkOutstanding();
  }

  protected checkOutstanding(): void {
    if (this.port === null) return;
    const { hands } = this.seen;
    const outstanding = this.ask((port) => port.outstanding);
    check(outstanding === hands.length, 'C9', () => {
      return `port ${this.id}: ${outstanding} outstanding, not ${hands.length}`;
    });
  }

  /** The port is taken away; its thread may go on using what it has. */
  evict(): void {
    if (this.port !== null) this.ghost = this.port;
    this.port = null;
    this.dead = false;
    this.seen.settled = false;
  }

  /** A port that was taken away refuses everything. */
  haunt(): void {
    const { ghost } = this;
    if (ghost === null) return;
    const burst = new EventBurst(1);
    burst.pushNew(0, 0, 0, 0);
    const tail = this.seen.word(PORT.PP_TAIL);
    const saved = steps.proxied;
    steps.proxied = true;
    const answers = [ghost.enqueueBurst(burst), ghost.refusal, ghost.release(1), ghost.outstanding];
    answers.push(ghost.dequeueBurst(burst));
    steps.proxied = saved;
    check(
      answers.join() === '0,5,0,0,0',
      'state',
      () => `a reclaimed port answers ${answers.join()}`,
    );
    check(tail === this.seen.word(PORT.PP_TAIL), 'fence', () => 'a reclaimed port published');
  }
}
