/** The flow of an item: where its key may come from, and which source has precedence. */
import { expect, test } from '@jest/globals';
import { stage } from '../../lib/pipeline/index.js';
import type { StageOptions } from '../../lib/pipeline/index.js';
import type * as plain from './modules/plain.js';
import { collect, moduleUrl, numbers, withPipeline } from './pipelines.js';

const FLOWS = 1 << 20;
type Who = typeof plain.whoAndWhat;

function who(flow?: StageOptions<Who>['flow'], name = 'who') {
  const options = { module: moduleUrl('plain'), handler: 'whoAndWhat', name } as const;
  return stage<Who>(flow === undefined ? options : { ...options, flow });
}

const pass = (flow?: string) =>
  stage<typeof plain.number>({
    module: moduleUrl('plain'),
    handler: 'number',
    ...(flow === undefined ? {} : { flow }),
  });

/** Items have one flow if and only if they have one key. */
function expectKeyed(seen: readonly plain.Seen[], key: (item: number) => unknown): void {
  const flowOf = new Map<unknown, number>();
  for (const { item, flow } of seen) {
    expect(flow).toBe(flowOf.get(key(item)) ?? flow);
    expect(flow >= 0 && flow < FLOWS).toBe(true);
    flowOf.set(key(item), flow);
  }
  expect(new Set(flowOf.values()).size).toBe(flowOf.size);
}

const ITEMS = [...numbers(60)];
const tenth = (item: number): number => item % 10;
const seventh = (item: number): string => `key ${item % 7}`;
const third = (item: number): bigint => BigInt(item % 3) - 2n ** 70n;

test('a function of the first stage, or an export of its module, is the key', async () => {
  for (const [flow, key] of [
    [seventh, seventh],
    [third, third],
    ['tenth', tenth],
  ] as const) {
    await withPipeline({ stages: [who(flow)] }, async (pipeline) => {
      expectKeyed(await collect(pipeline.run(ITEMS)), key);
      // The stage has precedence over what is given with the item.
      expectKeyed(await collect(pipeline.run(ITEMS, { flow: () => 1 })), key);
      const { flow: called } = (await pipeline.call(3, { flow: 'other' }))!;
      await pipeline.push(3, { flow: 9 });
      const { value } = await pipeline.results().next();
      expect((value as plain.Seen).flow).toBe(called);
    });
  }
});

test('a key may be given with the item, and without one it is of flow 0', async () => {
  await withPipeline({ stages: [who()] }, async (pipeline) => {
    expectKeyed(await collect(pipeline.run(ITEMS, { flow: seventh })), seventh);
    const flows = new Set<number>();
    for (const key of ['a', 'b', 1, 2, 1.5, -1, 2 ** 40, 2n ** 64n, '', NaN]) {
      const one = (await pipeline.call(1, { flow: key }))!.flow;
      expect((await pipeline.call(2, { flow: key }))!.flow).toBe(one);
      flows.add(one);
    }
    expect(flows.size).toBe(10);
    for (const { flow } of await collect(pipeline.run(ITEMS))) expect(flow).toBe(0);
    expect((await pipeline.call(1))!.flow).toBe(0);
  });
});

test('a stage without a key has the flow of the stage before', async () => {
  for (const [given, first, key] of [
    [seventh, undefined, seventh],
    [seventh, 'tenth', tenth],
  ] as const) {
    await withPipeline({ stages: [pass(first), who()] }, async (pipeline) => {
      expectKeyed(await collect(pipeline.run(ITEMS, { flow: given })), key);
    });
  }
});

test('a later stage may have a key of its own, made of what it gets', async () => {
  const double = stage<typeof plain.double>({ module: moduleUrl('plain'), handler: 'double' });
  await withPipeline({ stages: [double, who('tenth')] }, async (pipeline) => {
    const seen = await collect(pipeline.run(ITEMS, { flow: seventh }));
    expect(seen.map(({ item }) => item)).toEqual(ITEMS.map((item) => item * 2));
    expectKeyed(seen, tenth);
  });
});

test('handlers are told their stage, their worker and the try', async () => {
  await withPipeline({ stages: [who(undefined, 'told')] }, async (pipeline) => {
    for (const { stage: name, worker, attempt } of await collect(pipeline.run(ITEMS))) {
      expect({ name, attempt }).toEqual({ name: 'told', attempt: 0 });
      expect([0, 1]).toContain(worker);
    }
  });
});
