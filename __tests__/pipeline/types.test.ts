/** The types flow from handlers to items and results; what does not fit does not compile. */
import { expect, test } from '@jest/globals';
import { createPipeline, lines, many, stage } from '../../lib/index.js';
import type {
  Many,
  Pipeline,
  PipelineInput,
  PipelineOutput,
  Stage,
  StageOptions,
} from '../../lib/index.js';
import type { InputOf } from '../../lib/pipeline/contract.js';
import type { Holds, Same } from '../api/shapes.js';
import { collect, moduleUrl, withPipeline } from './pipelines.js';
import type * as arrays from './modules/arrays.js';
import type * as plain from './modules/plain.js';

const module = moduleUrl('plain');
const double = stage<typeof plain.double>({ module, handler: 'double' });
const text = stage<typeof plain.text>({ module, handler: 'text' });
const length = stage<typeof plain.length>({ module, handler: 'length' });
const several = stage<typeof plain.several>({ module, handler: 'several' });
const thirds = stage<typeof plain.thirds>({ module, handler: 'thirds' });
const later = stage<typeof plain.later>({ module, handler: 'later' });

const handled = stage<typeof arrays.handle>({ module, batch: 16, flow: (item) => item.n });
const anyhow = stage({ module, handler: 'handle', batch: 16 });
const plainly = { module, handler: 'handle', batch: 16 } as const;

export type Checks = [
  // Of a handler that takes arrays, item by item; in the place of each, several or nothing.
  Holds<Same<typeof handled, Stage<arrays.Item, arrays.Seen>>>,
  Holds<Same<typeof anyhow, Stage>>,
  Holds<Same<PipelineOutput<readonly [typeof handled, typeof plainly]>, unknown>>,
  Holds<Same<typeof double, Stage<number, number>>>,
  Holds<Same<typeof text, Stage<number, string>>>,
  // A plain object says what its handler is, or nothing is known.
  Holds<Same<PipelineInput<readonly [StageOptions<typeof plain.double>]>, number>>,
  Holds<Same<PipelineOutput<readonly [StageOptions<typeof plain.several>]>, number>>,
  Holds<Same<PipelineInput<readonly [{ module: URL }]>, unknown>>,
  Holds<Same<PipelineOutput<readonly [{ module: URL }]>, unknown>>,
  // Several are one by one; what may be nothing is not there; promises are awaited.
  Holds<Same<typeof several, Stage<number, number>>>,
  Holds<Same<typeof thirds, Stage<number, number>>>,
  Holds<Same<typeof later, Stage<number, number>>>,
  // A handler that does not look at its item takes any.
  Holds<Same<InputOf<() => string>, unknown>>,
  Holds<Same<InputOf<(item?: number) => string>, number | undefined>>,
  Holds<Same<PipelineInput<readonly [typeof double, typeof text]>, number>>,
  Holds<Same<PipelineOutput<readonly [typeof double, typeof text]>, string>>,
];

test('inputs and results have the types of the first and the last handler', async () => {
  const stages = [double, text, length] as const;
  const pipeline: Pipeline<number, number> = await createPipeline({ workers: 1, stages });
  const results: number[] = await collect(pipeline.run([1, 50]));
  expect(results).toEqual([8, 10]);
  const one: number | undefined = await pipeline.call(1);
  expect(one).toBe(8);
  await pipeline.close();
});

test('a list that is written in place has its types as well', async () => {
  const result: string | undefined = await withPipeline({ stages: [double, text] }, (pipeline) =>
    pipeline.call(4),
  );
  expect(result).toBe('number 8');
});

test('plain objects are stages: typed as their handlers when they say so, else unknown', async () => {
  const doubled: StageOptions<typeof plain.double> = { module, handler: 'double' };
  const texts: StageOptions<typeof plain.text> = { module, handler: 'text' };
  const typed = await createPipeline({ workers: 1, stages: [doubled, double, texts] });
  const result: string | undefined = await typed.call(1);
  expect(result).toBe('number 4');
  await typed.close();
  const stages = [
    { module, handler: 'double', flow: () => 1 },
    { module, handler: 'double' },
  ] as const;
  const untyped: Pipeline = await createPipeline({ workers: 1, stages });
  expect(await untyped.call(2)).toBe(8);
  await untyped.close();
});

/** Never called: it is there to be compiled. */
export async function refusedByTheCompiler(): Promise<void> {
  // @ts-expect-error -- a number is no string.
  await createPipeline({ stages: [double, length] });
  const texts: StageOptions<typeof plain.text> = { module, handler: 'text' };
  // @ts-expect-error -- nor in plain objects.
  await createPipeline({ stages: [texts, texts] });
  // @ts-expect-error -- there is no such option.
  await createPipeline({ stages: [{ module, modul: module }] });
  // @ts-expect-error -- nothing is known of the item.
  await createPipeline({ stages: [{ module, flow: (item) => item.key }] });
  // @ts-expect-error -- nor further down.
  await createPipeline({ stages: [double, double, text, text] });
  // @ts-expect-error -- at least one stage.
  await createPipeline({ stages: [] });
  const pipeline = await createPipeline({ stages: [double, text] });
  // @ts-expect-error -- items are numbers.
  await pipeline.push('1');
  // @ts-expect-error -- items are numbers.
  pipeline.run(['1']);
  // @ts-expect-error -- it may have ended.
  const ended: string = await pipeline.call(1);
  // @ts-expect-error -- results are strings.
  for await (const result of pipeline.run([1])) expect(result * 2 + ended.length).toBe(2);
  const arrays: string[][] = await collect(pipeline.run([[1], [2]], { batch: true }));
  expect(arrays).toBeDefined();
  // @ts-expect-error -- items come in arrays.
  pipeline.run([1], { batch: true });
  // @ts-expect-error -- and without it they do not.
  pipeline.run([[1]]);
  // @ts-expect-error -- lines are no numbers.
  pipeline.run(lines([]), { batch: true });
  // @ts-expect-error -- positions are numbers or bigints.
  pipeline.run([1], { position: (item) => `${item}` });
  // @ts-expect-error -- they are made of the item.
  pipeline.run([1], { position: (item: string) => item.length });
  // @ts-expect-error -- nobody knows when a stream's results are taken.
  pipeline.duplex({ position: (item: number) => item });
  // @ts-expect-error -- a handler that takes one item takes no arrays.
  stage<typeof plain.double>({ module, batch: 16 });
  // @ts-expect-error -- as many results as items, in an array.
  stage<(items: number[]) => number>({ module, batch: 16 });
  // @ts-expect-error -- the key is made of one item.
  stage<typeof arrays.handle>({ module, batch: 16, flow: (items: arrays.Item[]) => items.length });
  // @ts-expect-error -- nor does the stage give arrays.
  await createPipeline({ stages: [handled, stage<(seen: arrays.Seen[]) => number>({ module })] });
  // @ts-expect-error -- the key is made of the item.
  stage<typeof plain.double>({ module, flow: (item: string) => item });
  // @ts-expect-error -- there is no such schedule.
  stage<typeof plain.double>({ module, schedule: 'fair' });
  // @ts-expect-error -- there is no such option.
  stage<typeof plain.double>({ module, modul: module });
  // @ts-expect-error -- these are numbers.
  const words: Many<string> = many([1]);
  expect(words).toBeDefined();
}
