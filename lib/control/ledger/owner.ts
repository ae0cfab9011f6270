/**
 * Who owns resources: the device, or a virtual device that was given some of them.
 *
 * Runs on: the thread that opened the device. A domain's demand is verified whole, in the order of the DLB driver, then
 * taken; it goes back to the owner that it came from. At every moment what an owner has is what is free there, what its
 * domains have taken, and what was given to owners below it.
 */
import { DlbError } from '../../eventdev/errors.js';
import { COUNTED, noCounts, UNAVAILABLE } from './names.js';
import type { Counted, Counts, ResourceName } from './names.js';
import { Runs } from './runs.js';
import type { Run } from './runs.js';

/** What is asked for. */
export interface Demand extends Counts {
  /** Of any class. */
  readonly ports: number;
  /** Of one class each; where classes are not strict, of those that follow if that one has too few. */
  readonly classPorts: readonly number[];
  readonly isStrict: boolean;
  readonly historyEntries: number;
  /** By group. */
  readonly sequenceSlots: readonly number[];
}

/** What was taken. */
export interface Claim {
  readonly counts: Counts;
  /** By class. */
  readonly classPorts: readonly number[];
  readonly history: Run;
  readonly sequenceSlots: readonly number[];
}

/** Per resource of the model. A DLB has more of them: `directedPorts`, `classPorts0` to `classPorts3`, `atomicInflights`,
 *  `sequenceSlots0` and `sequenceSlots1`; a DLB 2.0 `directedCredits`. */
export interface ResourceReport {
  readonly [name: string]: ResourceCount;
  readonly domains: ResourceCount;
  readonly queues: ResourceCount;
  readonly ports: ResourceCount;
  readonly credits: ResourceCount;
  readonly historyEntries: ResourceCount;
}

export interface ResourceCount {
  readonly total: number;
  readonly available: number;
  /** Of history entries: the most that can be had at once. */
  readonly longest?: number;
}

export class Owner {
  /** What domains had that were not empty after their reset. */
  #failed: Claim[] = [];
  #all: Claim;
  #counts: Counts;
  #classPorts: number[];
  #sequenceSlots: number[];
  #history: Runs;
  /** Which of the names this model has. */
  readonly #shown: ReadonlySet<ResourceName>;

  constructor(all: Claim, shown: ReadonlySet<ResourceName>) {
    this.#shown = shown;
    this.#all = all;
    this.#counts = { ...all.counts };
    this.#classPorts = [...all.classPorts];
    this.#sequenceSlots = [...all.sequenceSlots];
    this.#history = new Runs(all.history);
  }

  /** A domain of this owner was not empty after its reset: no other is created before `device.reset`. */
  get resetFailed(): boolean {
    return this.#failed.length > 0;
  }

  /** The domain was not empty: what it had is nobody's, until the device is reset. */
  keepFailed(claim: Claim): void {
    this.#failed.push(claim);
  }

  /** This owner ends: what is nobody's is so with the next one, who has just been given all of it. */
  handOverFailed(next: Owner): void {
    for (const claim of this.#failed.splice(0)) {
      next.retake(claim);
      next.keepFailed(claim);
    }
  }

  /** The device has been reset. */
  forgive(): void {
    for (const claim of this.#failed.splice(0)) this.give(claim);
  }

  /** Everything that it has, taken or not. */
  get all(): Claim {
    return this.#all;
  }

  /** Free slots of a group. */
  freeSlots(group: number): number {
    return this.#sequenceSlots[group]!;
  }

  /** A group of the device has so many slots from now on, all free. */
  setSlots(group: number, slots: number): void {
    this.#all = { ...this.#all, sequenceSlots: this.#all.sequenceSlots.with(group, slots) };
    this.#sequenceSlots[group] = slots;
  }

  /** Free load-balanced ports, of whatever class. */
  get freePorts(): number {
    return sum(this.#classPorts);
  }

  /** Nothing of it is taken. */
  get isWhole(): boolean {
    const { counts, classPorts, sequenceSlots, history } = this.#all;
    return (
      COUNTED.every((name) => this.#counts[name] === counts[name]) &&
      classPorts.every((count, i) => this.#classPorts[i] === count) &&
      sequenceSlots.every((count, i) => this.#sequenceSlots[i] === count) &&
      this.#history.available === history.length
    );
  }

  /** Verifies all, then takes all.
   *  @throws DlbError with the driver's status of the first that falls short; `at` is put before its name */
  take(demand: Demand, at = ''): Claim {
    this.#verify('domains', demand, at);
    this.#verify('queues', demand, at);
    const classPorts = this.#pickPorts(demand, at);
    this.#verify('directedPorts', demand, at);
    this.#verify('credits', demand, at);
    this.#verify('directedCredits', demand, at);
    this.#verify('atomicInflights', demand, at);
    const { longest, available } = this.#history;
    if (demand.historyEntries > longest) {
      const total = this.#all.history.length;
      throw short('historyEntries', at, demand.historyEntries, available, total, { longest });
    }
    demand.sequenceSlots.forEach((wanted, group) => {
      const free = this.#sequenceSlots[group]!;
      if (wanted <= free) return;
      throw short('sequenceSlots', at, wanted, free, this.#all.sequenceSlots[group]!, { group });
    });
    this.#verify('memory', demand, at);
    return this.#commit(demand, classPorts);
  }

  /** Takes what was given back just now, and nobody has taken since. */
  retake(claim: Claim): void {
    for (const name of COUNTED) this.#counts[name] -= claim.counts[name];
    claim.classPorts.forEach((count, i) => (this.#classPorts[i]! -= count));
    claim.sequenceSlots.forEach((count, i) => (this.#sequenceSlots[i]! -= count));
    this.#history.retake(claim.history);
  }

  /** Gives back what was taken here. */
  give(claim: Claim): void {
    for (const name of COUNTED) this.#counts[name] += claim.counts[name];
    claim.classPorts.forEach((count, i) => (this.#classPorts[i]! += count));
    claim.sequenceSlots.forEach((count, i) => (this.#sequenceSlots[i]! += count));
    this.#history.give(claim.history);
  }

  /** From now on it has this and nothing else. Nothing of what it had may be taken. */
  become(all: Claim): void {
    this.#all = all;
    this.#counts = { ...all.counts };
    this.#classPorts = [...all.classPorts];
    this.#sequenceSlots = [...all.sequenceSlots];
    this.#history = new Runs(all.history);
  }

  report(): ResourceReport {
    const { counts, classPorts, sequenceSlots, history } = this.#all;
    const report: [ResourceName, ResourceCount][] = [
      ['domains', { total: counts.domains, available: this.#counts.domains }],
      ['queues', { total: counts.queues, available: this.#counts.queues }],
      ['ports', { total: sum(classPorts), available: sum(this.#classPorts) }],
    ];
    classPorts.forEach((total, i) => {
      report.push([`classPorts${i}`, { total, available: this.#classPorts[i]! }]);
    });
    for (const name of COUNTED.slice(2)) {
      report.push([name, { total: counts[name], available: this.#counts[name] }]);
    }
    const { available, longest } = this.#history;
    report.push(['historyEntries', { total: history.length, available, longest }]);
    sequenceSlots.forEach((total, i) => {
      report.push([`sequenceSlots${i}`, { total, available: this.#sequenceSlots[i]! }]);
    });
    return Object.fromEntries(
      report.filter(([name]) => this.#shown.has(name)),
    ) as unknown as ResourceReport;
  }

  #verify(name: Counted, demand: Demand, at: string): void {
    if (demand[name] <= this.#counts[name]) return;
    throw short(name, at, demand[name], this.#counts[name], this.#all.counts[name]);
  }

  /** Which class each port is taken from. Those of a class come first, since others can go anywhere. */
  #pickPorts({ ports, classPorts, isStrict }: Demand, at: string): number[] {
    const free = [...this.#classPorts];
    const wanted = ports + sum(classPorts);
    const total = sum(this.#all.classPorts);
    if (wanted > sum(free)) throw short('ports', at, wanted, sum(free), total);
    const taken = free.map(() => 0);
    classPorts.forEach((count, cos) => {
      if (isStrict && count > free[cos]!) {
        throw short('ports', at, count, free[cos]!, this.#all.classPorts[cos]!, { cos });
      }
      for (let i = 0, left = count; left > 0; i++) {
        const other = (cos + i) % free.length;
        const some = Math.min(left, free[other]!);
        free[other]! -= some;
        taken[other]! += some;
        left -= some;
      }
    });
    for (let left = ports; left > 0; left--) {
      const most = free.indexOf(Math.max(...free));
      free[most]!--;
      taken[most]!++;
    }
    return taken;
  }

  #commit(demand: Demand, classPorts: number[]): Claim {
    const counts = noCounts();
    for (const name of COUNTED) {
      counts[name] = demand[name];
      this.#counts[name] -= demand[name];
    }
    classPorts.forEach((count, i) => (this.#classPorts[i]! -= count));
    demand.sequenceSlots.forEach((count, i) => (this.#sequenceSlots[i]! -= count));
    const history = this.#history.take(demand.historyEntries)!;
    return { counts, classPorts, history, sequenceSlots: [...demand.sequenceSlots] };
  }
}

/** By name, as a report has them. */
export function countsOf({
  counts,
  classPorts,
  history,
  sequenceSlots,
}: Claim): Record<string, number> {
  const slots = sequenceSlots.map((count, group) => [`sequenceSlots${group}`, count] as const);
  const { memory: _, ...told } = counts;
  return {
    ...told,
    ports: sum(classPorts),
    historyEntries: history.length,
    ...Object.fromEntries(slots),
  };
}

function short(
  name: keyof typeof UNAVAILABLE,
  at: string,
  wanted: number,
  available: number,
  total: number,
  more: Record<string, number> = {},
): DlbError {
  return new DlbError(UNAVAILABLE[name], `not enough ${name} are left`, {
    field: `${at}${name}`,
    wanted,
    available,
    total,
    ...more,
  });
}

function sum(counts: readonly number[]): number {
  return counts.reduce((all, count) => all + count, 0);
}
