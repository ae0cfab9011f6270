/** Rounds of a contestant, timed. */
import { createHash } from 'node:crypto';
import type { Contestant } from './contestants/contestant.js';
import { threadCpuMicros } from './thread-cpu.js';
import type { Output } from './load.js';

export interface RoundResult {
  readonly seconds: number;
  readonly outOfOrder: number;
  /** All threads of the process. */
  readonly cpuMicros: number;
  /** The main thread alone; undefined where the system does not tell. */
  readonly mainCpuMicros: number | undefined;
  /** SHA-256 of all results in order; taken when the clock has stopped. */
  readonly digest: string;
}

export async function measureRound(
  contestant: Contestant,
  output: Output,
  signal: AbortSignal,
): Promise<RoundResult> {
  output.clear();
  const cpuBefore = process.cpuUsage();
  const mainBefore = threadCpuMicros();
  const startedAt = performance.now();
  const outOfOrder = await contestant.round(output, signal);
  const seconds = (performance.now() - startedAt) / 1000;
  const mainAfter = threadCpuMicros();
  const { user, system } = process.cpuUsage(cpuBefore);
  return {
    seconds,
    outOfOrder,
    cpuMicros: user + system,
    mainCpuMicros:
      mainBefore === undefined || mainAfter === undefined ? undefined : mainAfter - mainBefore,
    digest: createHash('sha256').update(output.bytes).digest('hex'),
  };
}

/** The round in the middle by time. */
export function medianRound(rounds: readonly RoundResult[]): RoundResult {
  const sorted = rounds.toSorted((a, b) => a.seconds - b.seconds);
  return sorted[Math.floor(sorted.length / 2)]!;
}
