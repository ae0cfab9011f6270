/** Runs a plan and tells what went otherwise than it has to. */
import { setTimeout as sleep } from 'node:timers/promises';
import { createPipeline, stage } from '../../../lib/index.js';
import type { DeadLetter, Pipeline } from '../../../lib/index.js';
import { Threads } from '../../pipeline/threads.js';
import { Random } from '../random.js';
import type { Item } from './deeds.js';
import { keyOf } from './deeds.js';
import { Told } from './told.js';
import { planOf } from './plan.js';
import type { Plan } from './plan.js';
import { settles, STUCK_MS } from './settles.js';
import { waitersOf } from './waiters.js';

export interface Report {
  readonly seed: number;
  readonly shape: string;
  /** What is wrong, a line each. */
  readonly wrong: readonly string[];
  readonly counts: Readonly<Record<string, number>>;
}

type Fuzzed = Pipeline<Item>;

const TIMEOUT_MS = 1000;
const WORKERS = 2;

export async function run(seed: number): Promise<Report> {
  const plan = planOf(seed);
  const told = new Told(plan);
  using threads = new Threads();
  const broken = new Error('the taker of dead letters is broken');
  let isBreaking = false;
  const onDeadLetter = (letter: DeadLetter): void => {
    if (isBreaking) throw broken;
    told.letter(letter);
  };
  const pipeline = await open(plan, onDeadLetter);
  const [scheduler] = threads.present;
  const killer = new Random(~seed);
  const settled = use(pipeline, plan, told);
  const breaking = plan.ending === 'orderly' ? undefined : sleep(killer.below(400));
  for (let i = 0; i < plan.kills; i++) {
    await sleep(killer.below(100));
    const crew = threads.present.filter((worker) => worker !== scheduler);
    if (crew.length > 0) void killer.pick(crew).terminate();
  }
  if (breaking !== undefined) {
    await breaking;
    isBreaking = true;
    told.isBroken = true;
    const waiters = waitersOf(pipeline);
    await sleep(5);
    if (plan.ending === 'close') void pipeline.close({ timeoutMs: 20 });
    if (plan.ending === 'scheduler') void scheduler!.terminate();
    if (plan.ending === 'letter') void pipeline.call(poisoned(plan)).catch(() => {});
    await waiters.check(told, STUCK_MS);
  }
  if (!(await settles(settled))) told.wrong.push(`stuck: ${JSON.stringify(pipeline.stats())}`);
  const { inFlight, crashes, stages } = pipeline.stats();
  if (!told.isBroken && inFlight !== 0) told.wrong.push(`in flight at the end: ${inFlight}`);
  if (!(await settles(pipeline.close({ timeoutMs: 2000 })))) told.wrong.push('close is pending');
  for (let i = 0; i < 50 && threads.present.length > 0; i++) await sleep(20);
  if (threads.present.length > 0) told.wrong.push(`threads left: ${threads.present.length}`);
  const dropped = stages.reduce((sum, each) => sum + each.dropped, 0);
  await told.check(dropped, crashes);
  const { schedules, codecs, policy, ending } = plan;
  const shape = `${schedules.join(' -> ')}, ${codecs.join(', ')}, ${JSON.stringify(policy)}, ${ending}`;
  return { seed, shape, wrong: told.wrong, counts: { ...told.counts, crashes, kills: plan.kills } };
}

function open(plan: Plan, onDeadLetter: (letter: DeadLetter) => void): Promise<Fuzzed> {
  const stages = plan.schedules.map((schedule, i) =>
    stage<(item: Item) => unknown>({
      module: new URL('deeds.js', import.meta.url),
      handler: 'handle',
      name: `stage-${i}`,
      schedule,
      ...(i === 0 ? { flow: keyOf } : { flow: 'keyOf' }),
      codec: plan.codecs[i]!,
      concurrency: plan.concurrency,
      onError: plan.policy,
      timeoutMs: TIMEOUT_MS,
    }),
  );
  return createPipeline({
    stages: stages as never,
    workers: WORKERS,
    bytes: plan.bytes,
    window: plan.window,
    attempts: plan.attempts,
    onDeadLetter,
  }) as Promise<Fuzzed>;
}

/** Half of the items are called, the other half are a run. Resolves when each of them has been told of. */
async function use(pipeline: Fuzzed, { items, order }: Plan, told: Told): Promise<void> {
  const called = items.filter(({ id }) => id % 2 === 0).map((item) => told.call(pipeline, item));
  const ran = told.run(
    pipeline,
    items.filter(({ id }) => id % 2 === 1),
    order,
  );
  await Promise.all([...called, ran]);
}

/** An item whose handler throws: with `attempts` tries or without, it becomes a dead letter. */
function poisoned({ codecs }: Plan): Item {
  const deed = { what: 'fail', at: 'call', sort: 0, seed: 0, isLater: false } as const;
  const stages = codecs.length;
  return { id: -1, key: 0, waits: 0, at: -1, deed: { ...deed, stage: 0, isLast: stages === 1 } };
}
