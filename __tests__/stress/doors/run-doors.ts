/** Runs one seed of the doors program, in a process of its own. */
import { runChild } from '../../contracts/threads/run-child.js';
import type { Knocks } from './intruder.js';
import type { Neighbourly } from './neighbour.js';

export interface DoorsReport {
  readonly seed: number;
  /** The longest that the neighbour waited for an answer. */
  readonly slowestMs: number;
  /** The longest turn of the controller's event loop. */
  readonly turnMs: number;
  /** The longest that a process without work was kept from its turn meanwhile. */
  readonly machineMs: number;
  readonly neighbour: Omit<Neighbourly, 'slowestMs'>;
  readonly knocks: Knocks;
  readonly cutOffs: Readonly<Record<string, number>>;
  /** All resources are back. */
  readonly isWhole: boolean;
}

export interface DoorLimits {
  readonly answerMs: number;
  readonly turnMs: number;
}

/** On a machine that has nothing else to do. What the machine takes comes on top. */
export const LIMITS: DoorLimits = { answerMs: 200, turnMs: 50 };

const PROGRAM = new URL('doors.program.js', import.meta.url).href;

/** What takes long takes long again; what the machine did does not. */
const TRIES = 3;

/** @throws Error with the report if anything is wrong, or if the process did not end by itself. */
export async function runDoors(seed: number, ms: number, limits = LIMITS): Promise<DoorsReport> {
  for (let left = TRIES; ; left--) {
    const report = await runChild<DoorsReport>(PROGRAM, [seed, ms], [], {});
    const late = lateness(report, limits);
    const wrong = [...harm(report), ...(left > 1 ? [] : late)];
    if (wrong.length > 0) throw new Error(`${wrong.join('; ')}: ${JSON.stringify(report)}`);
    if (late.length === 0) return report;
  }
}

function lateness({ slowestMs, turnMs, machineMs }: DoorsReport, limits: DoorLimits): string[] {
  return [
    slowestMs > limits.answerMs + machineMs ? 'a neighbour waited too long' : '',
    turnMs > limits.turnMs + machineMs ? 'the controller had too long a turn' : '',
  ].filter(Boolean);
}

function harm({ neighbour, isWhole }: DoorsReport): string[] {
  return [
    neighbour.failed.length > 0 ? 'a neighbour was refused' : '',
    neighbour.came !== neighbour.sent || neighbour.foreign > 0 ? 'events were harmed' : '',
    isWhole ? '' : 'something is left',
  ].filter(Boolean);
}
