/**
 * `node --trace-gc garbage.js TYPE EVENTS`: events through an inline device, with marks between V8's
 * own lines. Marks are written past Node's streams, which would come later than V8's.
 */
import { writeSync } from 'node:fs';
import { InlineRig } from '../rigs/inline-rig.js';
import type { InlineType } from '../rigs/inline-rig.js';

export const STEADY = 'steady';
export const FINISHED = 'finished';

export interface Mark {
  readonly mark: typeof STEADY | typeof FINISHED;
  readonly heapUsed: number;
  readonly problems: readonly string[];
}

const CONSUMERS = 4;
/** Compiling allocates: V8 replaces the code of a loop's first run in the second, and once more when
 *  it knows the types better. */
const WARM_UP_RUNS = 5;
const WARM_UP_EVENTS_MAX = 500_000;

function write(mark: Mark['mark'], problems: readonly string[]): void {
  const { heapUsed } = process.memoryUsage();
  writeSync(1, `${JSON.stringify({ mark, heapUsed, problems } satisfies Mark)}\n`);
}

const [type, events] = process.argv.slice(2);
const warmUpEvents = Math.min(WARM_UP_EVENTS_MAX, Number(events));
const rig = await InlineRig.open({ type: type as InlineType, consumers: CONSUMERS });
const problems: string[] = [];
for (let i = 0; i < WARM_UP_RUNS; i++) problems.push(...rig.run(warmUpEvents).problems);
write(STEADY, problems);
write(FINISHED, rig.run(Number(events)).problems);
await rig.close();
