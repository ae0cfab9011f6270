/** The processes of ends.test.ts and turns.test.ts: the arguments say what to do, one after the other. */
import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { createPipeline, stage } from '../../lib/pipeline/index.js';
import type * as busy from './modules/busy.js';
import type * as fragile from './modules/fragile.js';
import type * as stuck from './modules/stuck.js';
import type * as plain from './modules/plain.js';
import { collect, gate, moduleUrl, numbers } from './pipelines.js';

const number = stage<typeof plain.number>({ module: moduleUrl('plain'), handler: 'number' });
const slow = stage<typeof fragile.slowLater>({
  module: moduleUrl('fragile'),
  handler: 'slowLater',
  context: { wrong: [] },
});

/** Item 0 fails, items below never end. */
function burying(onDeadLetter: () => Promise<void>) {
  const module = moduleUrl('stuck');
  const onError = 'dead-letter' as const;
  const handle = stage<typeof stuck.handle>({ module, handler: 'handle', onError });
  return { stages: [handle], workers: 1, unref: true, onDeadLetter } as const;
}

async function runAndClose(): Promise<void> {
  const pipeline = await createPipeline({ stages: [number], workers: 2 });
  await collect(pipeline.run(numbers(1000)));
  await pipeline.close();
}

const WAYS: Record<string, () => Promise<void>> = {
  close: runAndClose,
  async 'await using'() {
    await using pipeline = await createPipeline({ stages: [number], workers: 2 });
    await pipeline.call(1);
  },
  async 'bad module'() {
    const bad = stage({ module: moduleUrl('throws-on-load') });
    await createPipeline({ stages: [bad], workers: 2 }).catch(() => {});
  },
  async crash() {
    const context: fragile.Fragile = { wrong: [50], times: 1, how: 'exit' };
    const die = stage<typeof fragile.die>({
      module: moduleUrl('fragile'),
      handler: 'die',
      context,
    });
    const pipeline = await createPipeline({ stages: [die], workers: 2, onCrash: () => {} });
    await collect(pipeline.run(numbers(100)));
    await pipeline.close();
  },
  /** Everything that could leave something behind is left by itself. */
  async 'left open'() {
    const stages = [number] as const;
    const onStats = (): void => {};
    const pipeline = await createPipeline({ stages, workers: 2, onStats, statsIntervalMs: 10 });
    for await (const item of pipeline.run(numbers(1000))) if (item === 10) break;
    pipeline.run(numbers(10));
    pipeline.duplex();
    pipeline.transform();
    await pipeline.push(1);
    await pipeline.close();
  },
  async 'large items'() {
    const bytes = stage<typeof plain.bytes>({ module: moduleUrl('plain'), handler: 'bytes' });
    const pipeline = await createPipeline({ stages: [bytes], workers: 2, bytes: 64 });
    await collect(pipeline.run([new Uint8Array(10_000), new Uint8Array(20_000)]));
    await pipeline.close();
  },
  async 'stuck call'() {
    const context: fragile.Fragile = { wrong: [0], how: 'spin' };
    const die = stage<typeof fragile.die>({
      module: moduleUrl('fragile'),
      handler: 'die',
      context,
    });
    const pipeline = await createPipeline({ stages: [die], workers: 2, onCrash: () => {} });
    pipeline.call(0).catch(() => {});
    await pipeline.close({ timeoutMs: 100 });
  },
  /** Each call listens to the signal of its run, as `fetch` does. */
  async 'many listeners'() {
    const listens = stage<typeof fragile.listens>({
      module: moduleUrl('fragile'),
      handler: 'listens',
      context: { wrong: [] },
    });
    const pipeline = await createPipeline({ stages: [listens], workers: 1 });
    await collect(pipeline.run(numbers(40)));
    await pipeline.close();
  },
  /** Nothing but the pipeline keeps the process alive while this is awaited. */
  async 'pending run'() {
    const pipeline = await createPipeline({ stages: [slow, number], workers: 1 });
    const results = await collect(pipeline.run(numbers(3)));
    if (results.length !== 3) throw new Error(`${results.length} results`);
    await pipeline.close();
  },
  /** Never closed; what is asked for keeps the process alive, with a thread that follows a dead one as well. */
  async 'open, unref'() {
    const context: fragile.Fragile = { wrong: [1], times: 1, how: 'exit' };
    const common = { module: moduleUrl('fragile'), context } as const;
    const die = stage<typeof fragile.die>({ ...common, handler: 'die' });
    const spec = { workers: 1, unref: true, control: true, onStats: () => {}, onCrash: () => {} };
    const pipeline = await createPipeline({ ...spec, stages: [die, slow] });
    const results = await collect(pipeline.run(numbers(3)));
    await pipeline.push(5);
    await pipeline.drained();
    console.log(`results: ${results.join(' ')}`);
  },
  /** A dead letter is stored when nothing is on its way any more. */
  async 'stored, unref'() {
    const pipeline = await createPipeline(burying(() => sleep(30)));
    await pipeline.call(0).catch(() => {});
    await pipeline.push(0);
    await pipeline.drained();
    if (pipeline.stats().inFlight > 0) await sleep(40);
    console.log(`in flight: ${pipeline.stats().inFlight}, and then: ${await pipeline.call(1)}`);
  },
  /** A dead letter is not stored while an item is on its way that never comes. */
  async 'broken, unref'() {
    const fails = async (): Promise<void> => {
      await sleep(30);
      throw new Error('not stored');
    };
    const pipeline = await createPipeline(burying(fails));
    void pipeline.push(-1);
    await pipeline.push(0);
    await pipeline.drained().catch((error: Error) => console.log(error.message));
  },
  async 'closed, unref'() {
    const pipeline = await createPipeline({ stages: [slow], workers: 1, unref: true });
    const call = pipeline.call(1);
    await pipeline.close();
    await call;
  },
  /** The source ends when the worker's text has appeared, and not before. */
  async print() {
    const appeared = gate();
    let isOver = false;
    void appeared.opened.then(() => (isOver = true));
    const write = process.stdout.write.bind(process.stdout);
    process.stdout.write = (chunk: string | Uint8Array, ...rest: never[]): boolean => {
      if (String(chunk).includes('printed')) appeared.open();
      return write(chunk, ...rest);
    };
    const print = stage<typeof busy.print>({ module: moduleUrl('busy'), handler: 'print' });
    const pipeline = await createPipeline({ stages: [print], workers: 1, window: 64 });
    const source = (function* () {
      for (let item = 0; !isOver; item++) yield item;
    })();
    await collect(pipeline.run(source));
    await pipeline.close();
  },
  /** Never closed: an error that nobody handles ends it all the same. */
  async throws() {
    const pipeline = await createPipeline({ stages: [slow], workers: 1 });
    void pipeline.call(1);
    throw new Error('unhandled, on purpose');
  },
};

/** Threads of this process; 0 where the system does not tell. */
function threads(): number {
  return process.platform === 'linux' ? readdirSync('/proc/self/task').length : 0;
}

const before = threads();
for (const way of process.argv.slice(2)) {
  await WAYS[way]!();
  console.log(`done, threads left: ${threads() - before}`);
}
