/**
 * The harness: tinybench counts repetitions and does the statistics, contestants measure themselves.
 *
 * A run that crosses threads cannot be timed around one call, so each hands in its own duration.
 * Contestants take turns (A B C A B C …): a slow minute of the machine hits all of them.
 */
import { Bench } from 'tinybench';
import type { FnReturnedObject, Task } from 'tinybench';
import type { Progress } from './progress.js';
import { CheckFailed } from './scenario.js';
import type { Contestant, Row, Settings, Unit } from './scenario.js';

const MS_PER_S = 1000;
const NS_PER_MS = 1e6;
const PERCENT = 100;

/** Repeats all contestants in turns, after a round that warms up and is not counted. */
export async function measureInTurns(
  contestants: readonly Contestant[],
  unit: Unit,
  { runs, events }: Settings,
  progress: Progress,
): Promise<Row[]> {
  // A contestant that gives its turn back queues behind the others: tinybench's concurrency of
  // whole tasks, serialised, is a round robin.
  const bench = new Bench({
    concurrency: 'bench',
    iterations: runs,
    time: 0,
    warmupIterations: 1,
    warmupTime: 0,
    throws: true,
    retainSamples: true,
  });
  const turns = new Turns();
  const sizes = contestants.map((each) => Math.min(each.events, events ?? each.events));
  let round = 0;
  contestants.forEach((contestant, i) => {
    const repetition = async (): Promise<FnReturnedObject> => {
      if (i === 0) progress.step(round++ === 0 ? 'warm-up' : `${round - 1}`);
      const { ms, problems } = await contestant.run(sizes[i]!);
      if (problems.length > 0) {
        throw new CheckFailed(problems.map((problem) => `${contestant.name}: ${problem}`));
      }
      return { overriddenDuration: ms };
    };
    bench.add(contestant.name, () => turns.take(repetition), { async: true });
  });
  const times = (await bench.run()).map(sortedTimes);
  return times.map((all, i) =>
    row(contestants[i]!.name, unit, sizes[i]!, all, times[0]!, sizes[0]!),
  );
}

/** One at a time, first come, first served. When one fails, all that come later fail as well. */
class Turns {
  #last: Promise<unknown> = Promise.resolve();

  take<T>(repetition: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(repetition);
    this.#last = turn;
    return turn;
  }
}

interface Times {
  readonly median: number;
  readonly sorted: readonly number[];
}

function sortedTimes({ name, result }: Task): Times {
  if (result.state !== 'completed') throw new Error(`${name} was not completed: ${result.state}`);
  return { median: result.latency.p50, sorted: result.latency.samples ?? [] };
}

function row(
  name: string,
  unit: Unit,
  events: number,
  { median, sorted }: Times,
  first: Times,
  firstEvents: number,
): Row {
  const shortest = sorted[0]!;
  const longest = sorted.at(-1)!;
  const figure = (ms: number): number =>
    unit === 'events/s' ? (events / ms) * MS_PER_S : (ms * NS_PER_MS) / events;
  return {
    name,
    unit,
    events,
    best: figure(shortest),
    median: figure(median),
    worst: figure(longest),
    spread: ((longest - shortest) / median) * PERCENT,
    milliseconds: sorted,
    ratio: median / events / (first.median / firstEvents),
  };
}
