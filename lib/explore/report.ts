/** Schedules in words: a short string that can be replayed, and a listing for people. */
import { misuse } from './errors.js';
import type { Operation } from './operation.js';
import type { Thread } from './thread.js';
import type { World } from './world.js';

/** A step that was done. */
export interface Step {
  readonly thread: Thread;
  readonly operation: Operation;
  /** What the word was before. */
  readonly old: number;
  /** What it was afterwards. */
  readonly now: number;
  /** What a hint showed: 0 the latest value, 1 the one before, … */
  readonly choice: number;
  readonly seen: number;
}

/** `producer*3 consumer producer~1`: three steps, one, one that saw the value before the latest. */
export function scheduleOf(path: readonly Step[]): string {
  const turns: { token: string; times: number }[] = [];
  for (const { thread, choice } of path) {
    const token = choice === 0 ? thread.name : `${thread.name}~${choice}`;
    const last = turns.at(-1);
    if (last?.token === token) last.times++;
    else turns.push({ token, times: 1 });
  }
  return turns.map(({ token, times }) => (times === 1 ? token : `${token}*${times}`)).join(' ');
}

/** What each step of a schedule is: name of the thread, and which value it sees. */
export function parseSchedule(schedule: string): { name: string; choice: number }[] {
  return schedule
    .trim()
    .split(/\s+/)
    .flatMap((turn) => {
      const parts = /^(?<name>[^*~]+)(?:~(?<choice>\d+))?(?:\*(?<times>\d+))?$/.exec(turn)?.groups;
      if (parts === undefined) throw misuse(`not a schedule: ${turn}`);
      const step = { name: parts['name']!, choice: Number(parts['choice'] ?? 0) };
      return Array.from({ length: Number(parts['times'] ?? 1) }, () => step);
    });
}

/** One line per step: number, thread, operation. */
export function traceOf(world: World, path: readonly Step[]): string {
  const width = Math.max(0, ...world.threads.map(({ name }) => name.length));
  return path
    .map((step, i) => {
      const name = step.thread.name.padEnd(width);
      return `${String(i + 1).padStart(4)}  ${name}  ${describe(world, step)}`;
    })
    .join('\n');
}

function describe(world: World, { operation, old, now, choice, seen }: Step): string {
  const { kind, at, value, expected, ordered } = operation;
  const word = world.memory.nameOf(at);
  const aside = ordered ? '' : ' (unordered)';
  switch (kind) {
    case 'load':
      return `load ${word}: ${old}${aside}`;
    case 'peek':
      return `read ${word}: ${seen}${choice === 0 ? '' : ` (stale, it is ${old})`}`;
    case 'poke':
      return `write ${word} = ${now}`;
    case 'store':
      return `store ${word} = ${now}${aside}`;
    case 'compareExchange':
      return `compareExchange ${word}: ${old === expected ? `${old} -> ${now}` : `${old}, not ${expected}`}${aside}`;
    case 'wait':
      return `wait ${word}: ${old === value ? `parks on ${value}` : `${old}, not ${value}`}`;
    case 'notify':
      return `notify ${word}`;
    default:
      return `${kind} ${word}: ${old} -> ${now}${aside}`;
  }
}
