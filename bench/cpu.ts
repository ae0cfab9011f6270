/** CPU time of the process, contestant by contestant: steadier than time by the clock where cores are shared. */
import type { Contestant, Reading } from './scenario.js';
import { middle } from './turns.js';

export class CpuMeter {
  /** Microseconds per event, round by round, the warm-up first. */
  readonly #micros = new Map<string, number[]>();

  /** The same contestant, whose CPU time is taken. */
  of(contestant: Contestant): Contestant {
    const micros: number[] = [];
    this.#micros.set(contestant.name, micros);
    return {
      ...contestant,
      run: async (count) => {
        const before = process.cpuUsage();
        const run = await contestant.run(count);
        const { user, system } = process.cpuUsage(before);
        micros.push((user + system) / count);
        return run;
      },
    };
  }

  /** Microseconds per event of each: the medians. */
  get readings(): Reading[] {
    return [...this.#micros].map(([name, [, ...micros]]) => ({
      name: `${name}: CPU`,
      value: middle(micros),
      unit: 'µs/item',
    }));
  }

  /** What an event costs one by what it costs the other: the median over the rounds. */
  ratio(name: string, rival: string): number {
    const [, ...ours] = this.#micros.get(name)!;
    const [, ...theirs] = this.#micros.get(rival)!;
    return middle(ours.map((micros, i) => micros / theirs[i]!));
  }
}
