/** One process of the C program beside this file: a DPDK event device that takes commands. */
import { readFileSync } from 'node:fs';
import { LineChild } from '../../rigs/line-child.js';
import type { Answer } from '../../rigs/line-child.js';
import type { Run } from '../../scenario.js';
import { buildPeer } from './build.js';

export type Driver = 'event_sw' | 'event_dsw';

/** How the lcores lie on the CPUs. */
export type Layout = 'one thread' | 'two lcores' | 'four on two';

interface RunAnswer {
  readonly ns?: number;
}

export interface WallAnswer extends Answer {
  /** Events of the stuck flow that were offered and wait. */
  readonly waiting: number;
  /** Events of all other flows that were offered. */
  readonly offered: number;
  /** Those that came out while they were offered. */
  readonly others: number;
  /** Those that came out in 100 000 passes afterwards. */
  readonly othersLate: number;
}

const NS_PER_MS = 1e6;

export class DpdkPeer {
  readonly #child: LineChild;

  private constructor(child: LineChild) {
    this.#child = child;
  }

  /** Undefined when DPDK is not installed. */
  static async start(driver: Driver, layout: Layout): Promise<DpdkPeer | undefined> {
    const program = await buildPeer();
    if (program === undefined) return undefined;
    return new DpdkPeer(await LineChild.start(program, [driver, lcores(layout)]));
  }

  async run(command: string): Promise<Run> {
    const { problem, ns } = await this.#child.ask<RunAnswer>(command);
    if (problem !== undefined) return { ms: 0, problems: [problem] };
    return { ms: ns! / NS_PER_MS, problems: [] };
  }

  /** A flow whose port is stuck. Nothing else can be asked afterwards. */
  wall(): Promise<WallAnswer> {
    return this.#child.ask<WallAnswer>('wall');
  }

  close(): Promise<void> {
    return this.#child.close();
  }
}

/** One lcore to a CPU, as DPDK's guides say; a single thread goes where the system puts it. */
function lcores(layout: Layout): string {
  const [first, second = first] = allowedCpus();
  if (layout === 'one thread') return `0@(${allowedCpus().join(',')})`;
  if (layout === 'two lcores') return `0@${first},1@${second}`;
  return `(0-3)@(${first},${second})`;
}

/** CPUs that this process may use: "0-3,8" in the kernel's words. */
function allowedCpus(): number[] {
  const status = readFileSync('/proc/self/status', 'latin1');
  const list = /^Cpus_allowed_list:\s*(?<list>\S+)/m.exec(status)?.groups?.['list'] ?? '0';
  return list.split(',').flatMap((range) => {
    const [low, high = low] = range.split('-').map(Number);
    return Array.from({ length: high! - low! + 1 }, (_, i) => low! + i);
  });
}
