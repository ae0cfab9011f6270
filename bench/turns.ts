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
  { runs, events }: Pick<Settings, 'runs' | 'events'>,
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
  });
  const turns = new Turns();
  const entries = contestants.map((contestant) => ({
    contestant,
    size: Math.min(contestant.events, events ?? contestant.events),
    rounds: [] as number[],
  }));
  for (const [i, { contestant, size, rounds }] of entries.entries()) {
    const repetition = async (): Promise<FnReturnedObject> => {
      if (i === 0) progress.step(rounds.length === 0 ? 'warm-up' : `${rounds.length}`);
      const { ms, problems } = await contestant.run(size);
      if (problems.length > 0) {
        throw new CheckFailed(problems.map((problem) => `${contestant.name}: ${problem}`));
      }
      rounds.push(ms);
      return { overriddenDuration: ms };
    };
    bench.add(contestant.name, () => turns.take(repetition), { async: true });
  }
  const tasks = await bench.run();
  const timed = entries.map(({ contestant, size, rounds }, i) => {
    const [, ...milliseconds] = rounds;
    return { contestant, size, milliseconds, median: medianOf(tasks[i]!) };
  });
  return timed.map((entry) => row(entry, rivalOf(entry, timed), unit));
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

interface Timed {
  readonly contestant: Contestant;
  readonly size: number;
  /** Round by round, without the warm-up. */
  readonly milliseconds: readonly number[];
  readonly median: number;
}

function medianOf({ name, result }: Task): number {
  if (result.state !== 'completed') throw new Error(`${name} was not completed: ${result.state}`);
  return result.latency.p50;
}

function rivalOf({ contestant }: Timed, all: readonly Timed[]): Timed {
  const { against } = contestant;
  if (against === undefined) return all[0]!;
  const rival = all.find((each) => each.contestant.name === against.name);
  if (rival === undefined) throw new Error(`no contestant is called ${against.name}`);
  return rival;
}

function row({ contestant, size, milliseconds, median }: Timed, rival: Timed, unit: Unit): Row {
  const shortest = Math.min(...milliseconds);
  const longest = Math.max(...milliseconds);
  const figure = (ms: number): number =>
    unit === 'events/s' ? (size / ms) * MS_PER_S : (ms * NS_PER_MS) / size;
  const paired = milliseconds.map((ms, i) => ms / size / (rival.milliseconds[i]! / rival.size));
  return {
    name: contestant.name,
    unit,
    events: size,
    best: figure(shortest),
    median: figure(median),
    worst: figure(longest),
    spread: ((longest - shortest) / median) * PERCENT,
    milliseconds,
    ratio: middle(paired),
    rival: contestant.against?.label ?? 'first row',
  };
}

/** The median; of an even number of values the mean of the two in the middle. */
export function middle(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length / 2;
  return (sorted[Math.ceil(half) - 1]! + sorted[Math.floor(half)]!) / 2;
}
