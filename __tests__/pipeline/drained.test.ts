/** `drained`: up to where offsets can be committed. */
import { expect, test } from '@jest/globals';
import { stage } from '../../lib/pipeline/index.js';
import type { DeadLetter } from '../../lib/pipeline/index.js';
import type * as stuck from './modules/stuck.js';
import { collect, gate, moduleUrl, turns, withPipeline } from './pipelines.js';
import type { Gate } from './pipelines.js';

const module = moduleUrl('stuck');
const handle = stage<typeof stuck.handle>({ module, handler: 'handle', onError: 'dead-letter' });
const take = stage<typeof stuck.take>({ module, handler: 'take' });

/** Whether it is settled after everything that was ready has had its turn. */
async function isPending(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol('pending');
  return (await Promise.race([promise, turns().then(() => pending)])) === pending;
}

test.each(['in-order', 'as-completed'] as const)(
  'S9: drained waits for what was pushed before it, whatever comes behind: %s',
  async (order) => {
    const spec = {
      stages: [handle],
      workers: 1,
      window: 4,
      onDeadLetter: () => {},
      order,
    } as const;
    await withPipeline(spec, async (pipeline) => {
      await pipeline.push(1);
      const drained = pipeline.drained();
      // Never ends.
      await pipeline.push(-1);
      await drained;
      const later = pipeline.drained();
      expect(await isPending(later)).toBe(true);
      await pipeline.close({ timeoutMs: 1 });
      await expect(later).rejects.toMatchObject({ code: 'ERR_DLB_PIPELINE_CLOSED' });
    });
  },
);

test('S9: pushes that wait are before a drained that is asked behind them, later ones are not', async () => {
  await withPipeline({ stages: [take], window: 2, workers: 1 }, async (pipeline) => {
    const pushes = [1, 1, 1, 1].map((item) => pipeline.push(item));
    const drained = pipeline.drained();
    const later = pipeline.push(100_000);
    const results = pipeline.results();
    // Two of them have no room before these are taken.
    expect(await isPending(drained)).toBe(true);
    for (const _ of pushes) expect((await results.next()).value).toBe(1);
    await drained;
    await Promise.all([...pushes, later]);
    const last = pipeline.drained();
    expect(await isPending(last)).toBe(true);
    await pipeline.close({ timeoutMs: 1 });
    await expect(last).rejects.toMatchObject({ code: 'ERR_DLB_PIPELINE_CLOSED' });
  });
});

test.each(['drained', 'drained behind end'] as const)(
  'S9: drained rejects when a push that waited before it is refused: %s',
  async (how) => {
    await withPipeline({ stages: [take], window: 1, workers: 1 }, async (pipeline) => {
      await pipeline.push(20);
      const through = pipeline.drained();
      const waiting = pipeline.push(1);
      const behind = pipeline.drained();
      if (how === 'drained behind end') pipeline.end();
      const last = pipeline.drained();
      const closed = pipeline.close();
      const late = pipeline.drained();
      const refused = { code: 'ERR_DLB_PIPELINE_CLOSED' };
      for (const each of [waiting, behind, last, late])
        await expect(each).rejects.toMatchObject(refused);
      await through;
      await closed;
      // Nothing waited before this one.
      await pipeline.drained();
    });
  },
);

test('S9: drained is not kept from its end by others that push on', async () => {
  await withPipeline({ stages: [take], window: 8, workers: 1 }, async (pipeline) => {
    let isOver = false;
    const reading = collect(pipeline.results());
    const pushing = (async () => {
      while (!isOver) await pipeline.push(1);
    })();
    await turns();
    await pipeline.drained();
    await pipeline.drained();
    isOver = true;
    await pushing;
    pipeline.end();
    await reading;
  });
});

interface Store {
  readonly stored: Gate;
  readonly onDeadLetter: (letter: DeadLetter) => Promise<void>;
}
function store(): Store {
  const stored = gate();
  return { stored, onDeadLetter: () => stored.opened };
}

test('L3: drained and the end of results wait for dead letters before them, later results do not', async () => {
  const { stored, onDeadLetter } = store();
  await withPipeline({ stages: [handle], workers: 1, onDeadLetter }, async (pipeline) => {
    await pipeline.push(0);
    const drained = pipeline.drained();
    await pipeline.push(1);
    const results = pipeline.results();
    expect(await results.next()).toEqual({ done: false, value: 1 });
    pipeline.end();
    const end = results.next();
    expect(await isPending(Promise.race([drained, end]))).toBe(true);
    stored.open();
    await drained;
    expect(await end).toEqual({ done: true, value: undefined });
  });
});

test('L3: a run, a duplex and a transform end when their dead letters are stored', async () => {
  const { stored, onDeadLetter } = store();
  await withPipeline({ stages: [handle], workers: 1, onDeadLetter }, async (pipeline) => {
    const run = collect(pipeline.run([0, 1]));
    const duplex = pipeline.duplex();
    duplex.write(0);
    duplex.end(2);
    const pair = pipeline.transform();
    const writer = pair.writable.getWriter();
    for (const item of [0, 3]) writer.write(item).catch(() => {});
    const closed = writer.close();
    const ends = [run, collect(duplex), collect(pair.readable)];
    // Nothing of theirs is stored: they are not over.
    const others = await pipeline.call(5);
    expect({ others, isPending: await isPending(Promise.race(ends)) }).toEqual({
      others: 5,
      isPending: true,
    });
    stored.open();
    expect(await Promise.all(ends)).toEqual([[1], [2], [3]]);
    await closed;
  });
});

test('L3: a dead letter that is not stored rejects drained, the results and the run', async () => {
  const reason = new Error('cannot store it');
  const begun = gate();
  const failed = gate();
  const onDeadLetter = async (): Promise<void> => {
    begun.open();
    await failed.opened;
    throw reason;
  };
  await withPipeline({ stages: [handle], workers: 1, onDeadLetter }, async (pipeline) => {
    await pipeline.push(0);
    const waiting = [pipeline.drained(), collect(pipeline.results()), collect(pipeline.run([1]))];
    pipeline.end();
    await begun.opened;
    await expect(waiting[2]).resolves.toEqual([1]);
    const late = collect(pipeline.run([0]));
    failed.open();
    for (const each of [waiting[0], waiting[1], late]) await expect(each).rejects.toBe(reason);
  });
});
