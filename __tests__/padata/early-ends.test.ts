/** Runs that end before their source does: errors, aborts, a pool that closes. */
import { getEventListeners } from 'node:events';
import { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { createPadata } from '../../lib/padata/index.js';
import type { JobSource, Padata } from '../../lib/padata/index.js';
import { gate, inverted, moduleUrl, numbered, twoBytes, withPool } from './pools.js';

async function expectUsable(pool: Padata): Promise<void> {
  expect(pool.stats().inFlight).toBe(0);
  const job = twoBytes(513);
  expect(await pool.submit(job)).toEqual(inverted(job));
}

test('what the serial function throws ends the run', async () => {
  await withPool('invert', {}, async (pool) => {
    let delivered = 0;
    const serial = (): void => {
      if (++delivered === 50) throw new Error('enough');
    };
    await expect(pool.run(numbered(1000), serial)).rejects.toThrow('enough');
    expect(delivered).toBe(50);
    await expectUsable(pool);
  });
});

test('what its promise rejects with ends the run', async () => {
  await withPool('invert', {}, async (pool) => {
    const serial = async (_result: Uint8Array, number: number): Promise<void> => {
      await turn();
      if (number === 9) throw new Error('enough');
    };
    await expect(pool.run(numbered(1000), serial)).rejects.toThrow('enough');
    await expectUsable(pool);
  });
});

test.each<[string, JobSource, RegExp]>([
  [
    'a fill function that throws',
    () => {
      throw new Error('no more input');
    },
    /no more input/,
  ],
  ['a fill function that rejects', () => Promise.reject(new Error('no input')), /no input/],
  ['a fill function that returns too much', () => 65, /fits the buffer.*length=65, bytes=64/],
  ['a fill function that returns no number', (() => 'x') as never, /fits the buffer/],
  ['a job that is too long', [new Uint8Array(65)], /longer than its buffer.*length=65, bytes=64/],
  ['a job that is no byte array', ['text'] as never, /must be a Uint8Array/],
])('%s ends the run', async (_what, source, message) => {
  await withPool('invert', {}, async (pool) => {
    await expect(pool.run(source, () => {})).rejects.toThrow(message);
    await expectUsable(pool);
  });
});

test.each([[undefined], [7], ['text'], [new Uint8Array(3)], [{}], [null]])(
  'a source that is none is refused: %p',
  async (source) => {
    await withPool('invert', { workers: 1 }, async (pool) => {
      const run = pool.run(source as never, () => {});
      await expect(run).rejects.toMatchObject({
        code: 'ERR_DLB_INVALID_ARGUMENT',
        details: { field: 'source' },
      });
    });
  },
);

test('an iterator that is no longer wanted is told so', async () => {
  await withPool('invert', { jobs: 4 }, async (pool) => {
    let ended = 0;
    function* source(): Generator<Uint8Array> {
      try {
        yield* numbered(1000);
      } finally {
        ended++;
      }
    }
    const serial = (): never => {
      throw new Error('enough');
    };
    await expect(pool.run(source(), serial)).rejects.toThrow('enough');
    expect(ended).toBe(1);
  });
});

test('L4: a source that has more to say is told, however its run ends, and no listener stays', async () => {
  await withPool('invert', { jobs: 4 }, async (pool) => {
    const controller = new AbortController();
    const { signal } = controller;
    const stuck = (): Readable => new Readable({ read() {} });
    const web = new ReadableStream<Uint8Array>();
    const refused = stuck();
    refused.push(new Uint8Array(65));
    await expect(pool.run(refused, () => {}, { signal })).rejects.toMatchObject({
      code: 'ERR_DLB_INVALID_ARGUMENT',
    });
    expect(refused.destroyed).toBe(true);
    const warned: Error[] = [];
    const warn = (warning: Error): void => void warned.push(warning);
    process.on('warning', warn);
    const early = stuck();
    const streams = Array.from({ length: 3 }, () => pool.stream());
    const runs = [
      pool.run(early, () => {}, { signal }),
      streams[0]!.run(web, () => {}, { signal }),
      ...Array.from({ length: 12 }, () => pool.range({ size: 1, signal }).catch(() => {})),
    ].map((run) => run.catch(() => 'ended'));
    setImmediate(() => controller.abort());
    expect((await Promise.all(runs)).slice(0, 2)).toEqual(['ended', 'ended']);
    expect(early.destroyed).toBe(true);
    await expect(web.getReader().read()).resolves.toMatchObject({ done: true });
    const late = stuck();
    await expect(pool.run(late, () => {}, { signal })).rejects.toBe(signal.reason);
    expect(late.destroyed).toBe(true);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    process.off('warning', warn);
    expect(warned).toEqual([]);
  });
});

test('L4: a source that aborts its own run is told when it has come back', async () => {
  await withPool('invert', { jobs: 4 }, async (pool) => {
    const controller = new AbortController();
    let ended = 0;
    function* source(): Generator<Uint8Array> {
      try {
        controller.abort();
        yield* numbered(10);
      } finally {
        ended++;
      }
    }
    const run = pool.run(source(), () => {}, { signal: controller.signal });
    await expect(run).rejects.toMatchObject({ name: 'AbortError' });
    expect(ended).toBe(1);
  });
});

test('W2, S2: a fill function that settles twice, or says no number, hurts its own run only', async () => {
  await withPool('invert', { jobs: 2 }, async (pool) => {
    const then = (resolve: (length: number) => void): void => {
      resolve(1);
      resolve(1);
      throw new Error('too late');
    };
    const twice = thenable(then);
    let asked = 0;
    const fill = (): number | Promise<number> => (asked++ < 5 ? (twice as Promise<number>) : -1);
    expect(await pool.run(fill, () => {})).toEqual({ completed: 5, failed: 0 });
    for (const wrong of [
      null,
      undefined,
      thenable(() => {
        throw new Error('then');
      }),
    ]) {
      // oxfmt-ignore
      await expect(pool.run(() => wrong as never, () => {})).rejects.toThrow(/fits the buffer|then/);
    }
    await Promise.all([expectUsableBytes(pool), expectUsableBytes(pool), expectUsableBytes(pool)]);
  });
});

/** Said in other words, so that no linter takes it for a promise by mistake. */
function thenable(then: (resolve: (length: number) => void) => void): object {
  const name = ['th', 'en'].join('');
  return { [name]: then };
}

test('an abort ends the run with its reason', async () => {
  await withPool('invert', {}, async (pool) => {
    const controller = new AbortController();
    const reason = new Error('changed my mind');
    let delivered = 0;
    const serial = (): void => {
      if (++delivered === 30) controller.abort(reason);
    };
    const run = pool.run(numbered(100_000), serial, { signal: controller.signal });
    await expect(run).rejects.toBe(reason);
    expect(delivered).toBe(30);
    await expectUsable(pool);
    const late = pool.run(numbered(1), serial, { signal: controller.signal });
    await expect(late).rejects.toBe(reason);
  });
});

test('an abort does not wait for a source that says nothing', async () => {
  await withPool('invert', { jobs: 2 }, async (pool) => {
    const controller = new AbortController();
    const answer = gate();
    const fill = async (_buffer: Uint8Array, number: number): Promise<number> => {
      if (number === 3) {
        setImmediate(() => controller.abort());
        await answer.opened;
      }
      return 1;
    };
    const run = pool.run(fill, () => {}, { signal: controller.signal });
    await expect(run).rejects.toMatchObject({ name: 'AbortError' });
    // One of the two buffers is still with the source; the other serves.
    await expectUsable(pool);
    answer.open();
    await turn();
    await Promise.all([expectUsableBytes(pool), expectUsableBytes(pool)]);
  });
});

async function expectUsableBytes(pool: Padata): Promise<void> {
  expect(await pool.submit(twoBytes(1))).toEqual(inverted(twoBytes(1)));
}

test('a pool has one run at a time', async () => {
  await withPool('invert', {}, async (pool) => {
    const running = gate();
    const run = pool.run(numbered(2), () => running.opened);
    const busy = { code: 'ERR_DLB_PADATA_BUSY' };
    await expect(pool.run(numbered(1), () => {})).rejects.toMatchObject(busy);
    await expect(pool.submit(twoBytes(1))).rejects.toMatchObject(busy);
    running.open();
    await run;
    const submitted = pool.submit(twoBytes(1));
    await expect(pool.run(numbered(1), () => {})).rejects.toMatchObject(busy);
    await submitted;
    await expectUsable(pool);
  });
});

test('closing delivers what is in flight and cuts off the source', async () => {
  const pool = await createPadata({ module: moduleUrl('invert'), bytes: 64, workers: 2, jobs: 8 });
  const numbers: number[] = [];
  let closed: Promise<void> | undefined;
  let fed = 0;
  function* source(): Generator<Uint8Array> {
    for (const job of numbered(100_000)) {
      fed++;
      yield job;
    }
  }
  const run = pool.run(source(), (_result, number) => {
    numbers.push(number);
    if (number === 100) closed = pool.close();
  });
  await expect(run).rejects.toMatchObject({ code: 'ERR_DLB_PADATA_CLOSED' });
  await closed;
  expect(numbers).toEqual(Array.from({ length: fed }, (_, number) => number));
  expect(pool.close()).toBe(closed);
  const refused = { code: 'ERR_DLB_PADATA_CLOSED' };
  await expect(pool.run([], () => {})).rejects.toMatchObject(refused);
  await expect(pool.submit(twoBytes(1))).rejects.toMatchObject(refused);
  expect(pool.stats()).toMatchObject({ workers: 0, inFlight: 0, completed: fed });
});

test.each([-1, Number.NaN, 'soon', 2 ** 31])(
  'S12: a limit of %p is refused, and the pool goes on',
  async (timeoutMs) => {
    await withPool('invert', { workers: 1 }, async (pool) => {
      const close = pool.close({ timeoutMs: timeoutMs as number });
      await expect(close).rejects.toMatchObject({ details: { field: 'timeoutMs' } });
      await expectUsable(pool);
    });
  },
);

test('closing waits for everything that was submitted', async () => {
  const pool = await createPadata({ module: moduleUrl('invert'), bytes: 64, workers: 2, jobs: 4 });
  const jobs = [...numbered(200)];
  const results = Promise.all(jobs.map((job) => pool.submit(job)));
  await pool.close();
  expect(await results).toEqual(jobs.map(inverted));
});

test('a job that never ends does not keep a pool from closing', async () => {
  const pool = await createPadata({ module: moduleUrl('stuck'), bytes: 64, workers: 2 });
  const stuck = pool.submit(Uint8Array.of(1));
  const behind = pool.submit(Uint8Array.of(0));
  expect(pool.stats().oldest).toBe(0);
  const refused = { code: 'ERR_DLB_PADATA_CLOSED' };
  const both = Promise.all([
    expect(stuck).rejects.toMatchObject(refused),
    expect(behind).rejects.toMatchObject(refused),
  ]);
  await pool.close({ timeoutMs: 50 });
  await both;
});
