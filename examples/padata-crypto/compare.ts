/** A load by every contestant, round by round, results compared. */
import { availableParallelism } from 'node:os';
import type { Contestant, OpenContestant } from './contestants/contestant.js';
import { oneThread } from './contestants/one-thread.js';
import { piscinaPool } from './contestants/piscina-pool.js';
import { softdlbPool } from './contestants/softdlb-pool.js';
import { Failure } from '../command/failure.js';
import { Output } from './load.js';
import type { Load } from './load.js';
import { measureRound, medianRound } from './measure.js';
import type { RoundResult } from './measure.js';
import type { Progress } from '../command/progress.js';

/** One line of a table. */
export interface Standing {
  readonly name: string;
  readonly median: RoundResult;
  readonly fastest: number;
  readonly slowest: number;
}

/** One table. */
export interface Comparison {
  readonly load: Load;
  readonly digest: string;
  readonly standings: readonly Standing[];
}

export interface Machine {
  readonly node: string;
  readonly cores: number;
  readonly workers: number;
}

export function machine(workers: number): Machine {
  return { node: process.version, cores: availableParallelism(), workers };
}

/**
 * One load by every contestant. Closes the load.
 * @param control whether the command softdlb may look
 * @throws Failure when the contestants' results differ; the reason of `signal`.
 */
export async function compare(
  load: Load,
  workers: number,
  progress: Progress,
  signal: AbortSignal,
  control = false,
): Promise<Comparison> {
  const contestants: Contestant[] = [];
  try {
    for (const open of openers(load, workers, control)) {
      signal.throwIfAborted();
      contestants.push(await open());
    }
    const rounds = await playRounds(load, contestants, progress, signal);
    return { load, ...settle(contestants, rounds) };
  } finally {
    progress.stop();
    await Promise.all(contestants.map((contestant) => contestant.close()));
    load.close();
  }
}

function openers(load: Load, workers: number, control: boolean): OpenContestant[] {
  const batches = load.batch === 1 ? [1] : [1, load.batch];
  return [
    async () => oneThread(load),
    ...batches.map((batch) => () => piscinaPool(load, workers, batch)),
    () => softdlbPool(load, workers, control),
  ];
}

/** Rounds in turn, so that what the machine does besides meets all alike. The first is for warming
 *  up and does not count. */
async function playRounds(
  load: Load,
  contestants: readonly Contestant[],
  progress: Progress,
  signal: AbortSignal,
): Promise<RoundResult[][]> {
  const output = new Output(load);
  const results: RoundResult[][] = contestants.map(() => []);
  const turns = (load.rounds + 1) * contestants.length;
  progress.start(`${load.name}: ${turns} rounds`, turns, 'rounds');
  for (let round = 0; round <= load.rounds; round++) {
    for (const [i, contestant] of contestants.entries()) {
      const result = await measureRound(contestant, output, signal);
      if (round > 0) results[i]!.push(result);
      progress.advance(1);
    }
  }
  return results;
}

function settle(
  contestants: readonly Contestant[],
  rounds: readonly RoundResult[][],
): { digest: string; standings: Standing[] } {
  const { digest } = rounds[0]![0]!;
  const standings = contestants.map(({ name }, i) => {
    const own = rounds[i]!;
    if (own.some((round) => round.digest !== digest)) {
      throw new Failure(`the results of "${name}" are not those of one thread`);
    }
    const seconds = own.map((round) => round.seconds);
    const fastest = Math.min(...seconds);
    return { name, median: medianRound(own), fastest, slowest: Math.max(...seconds) };
  });
  return { digest, standings };
}
