/** What a user's code does anywhere in a call is that call's doing, and no other's. */
import { expect, test } from '@jest/globals';
import { stage } from '../../lib/pipeline/index.js';
import type { DeadLetter } from '../../lib/pipeline/index.js';
import { HOW, VALUES, WHERE } from './modules/hostile.js';
import type * as hostile from './modules/hostile.js';
import { COUNTS_PER_ITEM } from './modules/tried.js';
import type * as modules from './modules/tried.js';
import {
  collect,
  inNumericOrder,
  moduleUrl,
  numbers,
  retrying,
  withPipeline,
} from './pipelines.js';

const module = moduleUrl('hostile');
const TIMEOUT_MS = 250;

const run = {
  module,
  handler: 'run',
  codec: 'json',
  pieces: 4,
  timeoutMs: TIMEOUT_MS,
  onError: 'dead-letter',
} as const;
const number = { module, handler: 'number', schedule: 'atomic', flow: 'keyOf' } as const;
const stages = [stage<typeof hostile.run>(run), stage<typeof hostile.number>(number)] as const;

const REASONS = { throws: /it throws/, exits: /exit code 3/, loops: /longer than it may/ };

test.each(HOW)('S3: that item is a dead letter, wherever the call %s, and only it', async (how) => {
  const wheres = Object.keys(WHERE);
  const items = wheres.flatMap((where, i) => [{ n: 2 * i }, { n: 2 * i + 1, how, where }]);
  const letters: DeadLetter[] = [];
  const onDeadLetter = (letter: DeadLetter): void => void letters.push(letter);
  await withPipeline({ stages, attempts: 1, onDeadLetter }, async (pipeline) => {
    const good = wheres.map((_, i) => 2 * i);
    // Each once, whatever happened beside it.
    expect(await collect(pipeline.run(items))).toEqual(good);
    const dead = letters.map(({ item }) => (item as hostile.Item).where!);
    expect(dead.toSorted()).toEqual(wheres.toSorted());
    for (const { error, crashes, stage: name } of letters) {
      expect({ name, crashes }).toEqual({ name: 'run', crashes: how === 'throws' ? 0 : 1 });
      expect((error.cause as Error).message).toMatch(REASONS[how]);
    }
    if (how === 'throws') expect(pipeline.stats().crashes).toBe(0);
    expect(pipeline.stats().inFlight).toBe(0);
  });
});

test('S2: what cannot be sent or told fails its item under the policy, and the seat lives', async () => {
  const values = stage<typeof hostile.value>({
    module,
    handler: 'value',
    onError: retrying(1, 'dead-letter'),
  });
  const items = Array.from(VALUES, (_, i) => [i, -1 - i]).flat();
  const letters: DeadLetter[] = [];
  const onDeadLetter = (letter: DeadLetter): void => void letters.push(letter);
  await withPipeline({ stages: [values], workers: 1, onDeadLetter }, async (pipeline) => {
    expect(await collect(pipeline.run(items))).toEqual(items.filter((item) => item >= 0));
    expect(inNumericOrder(letters.map(({ item }) => item as number))).toEqual(
      inNumericOrder(items.filter((item) => item < 0)),
    );
    const { crashes, stages: stats } = pipeline.stats();
    const { length } = VALUES;
    expect({ crashes, ...stats[0] }).toMatchObject({
      crashes: 0,
      errors: 2 * length,
      retries: length,
      deadLetters: length,
    });
  });
});

test('S2: a loop that fails while its thread lives is a crash, and nothing is lost', async () => {
  const clock = stage<typeof hostile.breaksTheClock>({ module, handler: 'breaksTheClock' });
  const causes: unknown[] = [];
  const onCrash = ({ cause }: { cause: unknown }): void => void causes.push(cause);
  await withPipeline({ stages: [clock], workers: 1, onCrash }, async (pipeline) => {
    expect(await collect(pipeline.run(numbers(20)))).toEqual([...numbers(20)]);
    expect(causes).toMatchObject([{ message: 'nobody looks at this' }]);
    expect(pipeline.stats()).toMatchObject({ crashes: 1, workers: 1 });
  });
});

test('L1: an item that was called before its thread died comes with a higher attempt', async () => {
  const context = new SharedArrayBuffer(5 * COUNTS_PER_ITEM * 4);
  const tried = moduleUrl('tried');
  const charging = [
    stage<typeof modules.charge>({ module: tried, handler: 'charge', context }),
    stage<typeof modules.attemptOf>({ module: tried, handler: 'attemptOf', context }),
  ] as const;
  const items = Array.from({ length: 5 }, (_, n) => Uint8Array.of(n));
  await withPipeline({ stages: charging, workers: 1 }, async (pipeline) => {
    // Bytes that go on where they are: what is known of a stage's calls is not the next one's.
    expect(await collect(pipeline.run(items))).toEqual(items.map(([n]) => [n, 0]));
    expect(pipeline.stats().crashes).toBe(1);
  });
  const counts = new Int32Array(context);
  for (const [n] of items) {
    const [first, second] = counts.subarray(n! * COUNTS_PER_ITEM);
    expect({ n, first, second }).toEqual({ n, first: 1, second: 1 });
  }
});
