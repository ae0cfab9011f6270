/**
 * Which workers run parallel functions, and which run serial ones: links, changed at run time.
 *
 * Runs on: the thread that opened the pool. A link that ends takes nothing back: what a worker was
 * given it completes, in its place; so no order is lost, and nothing has to be drained.
 */
import { invalid, isPlain, refuseUnknown } from '../crew/checks.js';
import type { Domain } from '../control/index.js';
import { DlbError } from '../eventdev/errors.js';
import { WORKERS_MAX } from '../crew/default-workers.js';
import { JOBS_QUEUE, rangeQueue, seatPort, serialQueue } from './seat.js';
import type { WorkerSet, WorkerSets as Sets } from './contract.js';

export interface SetChange {
  parallel?: readonly number[];
  serial?: readonly number[];
}

const SETS = new Set(['parallel', 'serial']);

/** What the sets ask of the crew. */
export interface Presence {
  /** The seat has a thread. */
  isPresent(seat: number): boolean;
}

/** The seat that serves a queue; undefined: none does. */
type Home = number | undefined;

export class WorkerSets {
  readonly #domain: Domain;
  readonly #crew: Presence;
  readonly #seats: number;
  #parallel: ReadonlySet<number>;
  #serial: ReadonlySet<number>;
  /** By seat: who serves its two queues. */
  readonly #serialHomes: Home[];
  readonly #rangeHomes: Home[];
  readonly #vacant = new Set<number>();

  constructor(domain: Domain, crew: Presence, seats: number) {
    this.#domain = domain;
    this.#crew = crew;
    this.#seats = seats;
    const all = Array.from({ length: seats }, (_, seat) => seat);
    this.#parallel = new Set(all);
    this.#serial = new Set(all);
    this.#serialHomes = [...all];
    this.#rangeHomes = [...all];
  }

  get sets(): Sets {
    return { parallel: this.#describe(this.#parallel), serial: this.#describe(this.#serial) };
  }

  /** @throws DlbError ERR_DLB_INVALID_ARGUMENT; nothing has changed then. */
  change(change: number | SetChange): void {
    const { parallel, serial } = this.#checked(change);
    if (parallel !== undefined) {
      for (let seat = 0; seat < this.#seats; seat++) {
        this.#setLink(seat, this.#parallel.has(seat), parallel.has(seat));
      }
      this.#parallel = parallel;
    }
    if (serial !== undefined) {
      this.#serial = serial;
      this.#rehome(this.#serialHomes, serialQueue, this.#eligible());
    }
  }

  /**
   * The serial queue for a stream that wants this seat: its own, or that of another member.
   * @throws DlbError ERR_DLB_SERIAL_SET_EMPTY
   */
  serialFor(seat: number): number {
    const members = this.#eligible();
    if (members.length === 0) {
      const details = { serialOn: seat, chosen: [...this.#serial] };
      throw new DlbError('ERR_DLB_SERIAL_SET_EMPTY', 'no worker may run serial functions', details);
    }
    return members.includes(seat) ? seat : members[seat % members.length]!;
  }

  /** The seat that serves a serial queue now. */
  homeOf(queue: number): number | undefined {
    return this.#serialHomes[queue];
  }

  /** Queues whose seat may not or cannot serve them go to another member; those without any wait. A stream's
   *  flow moves when its old seat has none of its jobs left: never two at once. */
  #rehome(homes: Home[], queueOf: (seat: number) => number, members: readonly number[]): void {
    for (const [seat, home] of homes.entries()) {
      if (home !== undefined && members.includes(home)) continue;
      const next = members.includes(seat) ? seat : members[seat % members.length];
      if (next === home) continue;
      if (home !== undefined) this.#domain.unlink(seatPort(home), queueOf(seat));
      if (next !== undefined) this.#domain.link(seatPort(next), queueOf(seat));
      homes[seat] = next;
    }
  }

  /** The seat was given up: no thread follows, and others serve what waits for it. Never throws: a domain that is
   *  gone has nothing to serve. */
  vacate(seat: number): void {
    this.#vacant.add(seat);
    try {
      this.#rehome(this.#serialHomes, serialQueue, this.#eligible());
      this.#rehome(this.#rangeHomes, rangeQueue, this.#remaining(this.#rangeHomes.keys()));
    } catch {
      // Whoever waits has been told why.
    }
  }

  /** Members of the serial set that have a thread, or will again when theirs is replaced. */
  #eligible(): number[] {
    return this.#remaining(this.#describe(this.#serial).chosen);
  }

  #remaining(seats: Iterable<number>): number[] {
    return [...seats].filter((seat) => seat < this.#seats && !this.#vacant.has(seat));
  }

  /** Its queue of ranges stays: what is there was given to it. */
  #setLink(seat: number, was: boolean, is: boolean): void {
    if (was === is) return;
    if (is) this.#domain.link(seatPort(seat), JOBS_QUEUE);
    else this.#domain.unlink(seatPort(seat), JOBS_QUEUE);
  }

  #describe(chosen: ReadonlySet<number>): WorkerSet {
    const seats = [...chosen].toSorted((a, b) => a - b);
    const usable = seats.filter((seat) => seat < this.#seats && this.#crew.isPresent(seat));
    return { chosen: seats, usable };
  }

  #checked(change: number | SetChange): {
    parallel: Set<number> | undefined;
    serial: Set<number> | undefined;
  } {
    if (typeof change === 'number') {
      if (!Number.isInteger(change) || change < 0 || change > this.#seats) {
        throw invalid('workers out of range', 'workers', change, { min: 0, max: this.#seats });
      }
      const parallel = new Set(Array.from({ length: change }, (_, seat) => seat));
      return { parallel, serial: undefined };
    }
    if (!isPlain(change)) {
      throw invalid('workers must be a number or sets of workers', 'workers', change);
    }
    refuseUnknown(change, SETS, '');
    return {
      parallel: checkedSet('parallel', change.parallel),
      serial: checkedSet('serial', change.serial),
    };
  }
}

function checkedSet(field: string, seats: readonly number[] | undefined): Set<number> | undefined {
  if (seats === undefined) return undefined;
  if (!Array.isArray(seats)) throw invalid(`${field} must be an array of workers`, field, seats);
  for (const seat of seats as readonly unknown[]) {
    const isSeat =
      Number.isInteger(seat) && (seat as number) >= 0 && (seat as number) < WORKERS_MAX;
    if (!isSeat)
      throw invalid('a worker is out of range', field, seat, { min: 0, max: WORKERS_MAX - 1 });
  }
  return new Set(seats);
}
