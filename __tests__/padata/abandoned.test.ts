/** Runs that end early beside jobs and serial calls that do not: nobody waits for those, and nobody meets them. */
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import type { JobSource, RunOptions, SerialFunction } from '../../lib/padata/index.js';
import { DO, job, jobs, upTo, withGates } from './gates.js';
import { gate, withPool } from './pools.js';

interface Early {
  readonly source: JobSource;
  readonly serial?: SerialFunction;
  readonly options?: RunOptions;
}

const why = new Error('why it ends');

/** Runs that end for `why` when their second job waits at its gate; the first may do so before. */
function earlyEnds(
  stuck: Uint8Array,
  atGate: () => Promise<void>,
  blockAtGate: () => void,
): Record<string, Early> {
  const controller = new AbortController();
  const source = [job(DO.TELL), stuck, ...jobs(3)];
  async function* rejects(): AsyncGenerator<Uint8Array> {
    yield* source.slice(0, 3);
    await atGate();
    throw why;
  }
  return {
    'an abort': {
      source,
      serial: () => void atGate().then(() => controller.abort(why)),
      options: { signal: controller.signal },
    },
    'a source that rejects': { source: rejects() },
    'a fill function that rejects': {
      source: (buffer, number) => {
        if (number === 2) return atGate().then(throwWhy);
        buffer.set([stuck, job(DO.TELL)][number === 0 ? 1 : 0]!);
        return 2;
      },
    },
    'a serial function that throws': {
      source,
      serial: () => {
        blockAtGate();
        throw why;
      },
    },
    'a serial function that rejects': { source, serial: () => atGate().then(() => throwWhy()) },
    'onError that throws': {
      source: [job(DO.THROW), stuck, ...jobs(3)],
      options: {
        onError: () => {
          blockAtGate();
          throw why;
        },
      },
    },
  };
}

function throwWhy(): never {
  throw why;
}

const noWait = (): Promise<void> => Promise.resolve();

test('S5: a run that ends early rejects at once, whatever its jobs do, and the next run sees nothing of them', async () => {
  // Of so few jobs none shares its event with another.
  await withGates({ workers: 1, concurrency: 16, jobs: 4, streams: 2 }, async (pool, gates) => {
    const other = pool.stream();
    const names = Object.keys(earlyEnds(job(DO.LATER), noWait, () => {}));
    for (const [i, name] of names.entries()) {
      const stuck = job(DO.LATER, i + 1);
      const atGate = (): Promise<void> => gates.atGate(i + 1);
      const ends = earlyEnds(stuck, atGate, () => gates.blockAtGate(i + 1));
      const { source, serial = () => {}, options } = ends[name]!;
      const seen: number[] = [];
      const run = pool.run(
        source,
        (result, number, piece) => {
          seen.push(number);
          return serial(result, number, piece);
        },
        options,
      );
      await expect(run).rejects.toBe(why);
      expect(seen.filter((number) => number > 0)).toEqual([]);
      expect(pool.stats()).toMatchObject({ inFlight: 0, oldest: undefined });
      await other.submit(job(DO.TELL));
      // In its order the next run is behind what is stuck, but it is none of it.
      const next: number[] = [];
      const again = pool.run(jobs(20), (_result, number) => void next.push(number));
      await atGate();
      expect(next).toEqual([]);
      gates.open(i + 1);
      expect(await again).toEqual({ completed: 20, failed: 0 });
      expect(next).toEqual(upTo(20));
      expect(await pool.submit(job(DO.TELL))).toHaveLength(1);
    }
  });
});

test('S5: jobs of a run that has ended early do not begin, nor begin again, and no serial function is called', async () => {
  await withGates({ workers: 1, jobs: 8, streams: 2 }, async (pool, gates) => {
    const streams = [pool, pool.stream({ serialOn: 0 })];
    for (const [i, stream] of streams.entries()) {
      const controller = new AbortController();
      const source = [job(DO.WAIT, i + 1), ...jobs(7)];
      const run = stream.run(source, () => {}, { signal: controller.signal });
      await gates.atGate(i + 1);
      controller.abort(why);
      await expect(run).rejects.toBe(why);
      gates.open(i + 1);
      expect(await stream.run(jobs(1), () => {})).toEqual({ completed: 1, failed: 0 });
      expect(gates.runs).toBe(2 * (i + 1));
    }
    expect(gates.log.map(({ number }) => number)).toEqual([0]);
  });
  await withGates({ workers: 1, concurrency: 4, streams: 2 }, async (pool, gates) => {
    const controller = new AbortController();
    const run = pool.run([job(DO.LATER, 1)], () => {}, { signal: controller.signal });
    await gates.atGate(1);
    controller.abort(why);
    await expect(run).rejects.toBe(why);
    await pool.stream().submit(job(DO.EXIT, 1));
    await pool.submit(job(DO.TELL));
    // Once LATER, twice EXIT, once TELL.
    expect(gates.runs).toBe(4);
    expect(pool.stats()).toMatchObject({ crashes: 1, inFlight: 0, completed: 2 });
  });
});

test('S5: stop does not wait for jobs of runs that have ended early; close of stream and pool do, within the limit', async () => {
  let closing: Promise<void> | undefined;
  await withGates({ workers: 1, concurrency: 4, jobs: 2, streams: 2 }, async (pool, gates) => {
    const abortAtGate = async (stream: Pick<typeof pool, 'run'>, count: number): Promise<void> => {
      const controller = new AbortController();
      const source = [job(DO.LATER, count), job(DO.LATER, count)];
      const run = stream.run(source, () => {}, { signal: controller.signal });
      await gates.atGate(2 * count);
      controller.abort(why);
      await expect(run).rejects.toBe(why);
    };
    const stream = pool.stream();
    await abortAtGate(stream, 1);
    await pool.stop();
    pool.start();
    let closed = false;
    const ended = stream.close().then(() => (closed = true));
    await pool.submit(job(DO.TELL));
    expect(closed).toBe(false);
    gates.open(1);
    await ended;
    expect(await pool.stream().run(jobs(9), () => {})).toEqual({ completed: 9, failed: 0 });
    await abortAtGate(pool, 2);
    // Nobody opens the second gate.
    closing = pool.close();
    await pool.close({ timeoutMs: 50 });
  });
  await closing;
});

test('S9: a serial call that outlives its run is not met by one of the next, and holds up no other stream', async () => {
  await withGates({ workers: 1, streams: 2, jobs: 4 }, async (pool, gates) => {
    for (const what of [DO.TELL, DO.THROW, DO.PIECES]) {
      const stream = pool.stream();
      const controller = new AbortController();
      const began = gate();
      const ends = gate();
      let now = 0;
      let most = 0;
      const call = async (): Promise<void> => {
        most = Math.max(most, ++now);
        began.open();
        await ends.opened;
        now--;
      };
      const first = stream.run(jobs(3, what, 2), call, {
        signal: controller.signal,
        onError: call,
      });
      await began.opened;
      controller.abort(why);
      await expect(first).rejects.toBe(why);
      let next = 0;
      const second = stream.run(jobs(2), () => call().finally(() => next++));
      await pool.run(jobs(20), () => {});
      expect({ most, next, inFlight: stream.stats().inFlight }).toEqual({
        most: 1,
        next: 0,
        inFlight: 2,
      });
      ends.open();
      expect(await second).toEqual({ completed: 2, failed: 0 });
      expect({ most, next }).toEqual({ most: 1, next: 2 });
      await stream.close();
    }
    expect(gates.insideMost).toBe(0);
    // One that never ends keeps neither its stream from closing nor its place from the next.
    const stuck = pool.stream();
    const controller = new AbortController();
    const { signal } = controller;
    const never = new Promise<void>(() => {});
    const run = stuck.run(jobs(3), () => (controller.abort(why), never), { signal });
    await expect(run).rejects.toBe(why);
    await stuck.close();
    expect(await pool.stream().run(jobs(3), () => {})).toEqual({ completed: 3, failed: 0 });
  });
});

test('S9: stop waits for the serial call that is at work, and until then its job is in flight', async () => {
  await withGates({ workers: 1, streams: 3, jobs: 4 }, async (pool) => {
    for (const [what, counted] of [
      [DO.TELL, 'completed'],
      [DO.THROW, 'failed'],
      [DO.PIECES, 'completed'],
    ] as const) {
      await using stream = pool.stream();
      const began = gate();
      const ends = gate();
      const goesOn = gate();
      async function* source(): AsyncGenerator<Uint8Array> {
        yield job(what, 1);
        await goesOn.opened;
      }
      const call = (): Promise<void> => {
        began.open();
        return ends.opened;
      };
      const run = stream.run(source(), call, { onError: call });
      await began.opened;
      let stopped = false;
      const stopping = pool.stop().then(() => (stopped = true));
      for (let i = 0; i < 3; i++) await turn();
      expect(stopped).toBe(false);
      const before = { inFlight: 1, oldest: 0, completed: 0, failed: 0 };
      expect(stream.stats()).toEqual(before);
      ends.open();
      await stopping;
      const after = { ...before, inFlight: 0, oldest: undefined, [counted]: 1 };
      expect(stream.stats()).toEqual(after);
      pool.start();
      goesOn.open();
      await run;
    }
  });
});

test('S9: a job that its source has ready when the pool is stopped waits until it starts', async () => {
  await withPool('invert', { workers: 1, jobs: 2 }, async (pool) => {
    const answer = gate();
    const order: number[] = [];
    const fill = async (_buffer: Uint8Array, number: number): Promise<number> => {
      if (number === 1) await answer.opened;
      return number === 3 ? -1 : 1;
    };
    const run = pool.run(fill, (_result, number) => void order.push(number));
    while (order.length === 0) await turn();
    await pool.stop();
    answer.open();
    for (let i = 0; i < 5; i++) await turn();
    expect(pool.stats()).toMatchObject({ inFlight: 0, completed: 1 });
    pool.start();
    expect(await run).toEqual({ completed: 3, failed: 0 });
    expect(order).toEqual([0, 1, 2]);
    // One that is held goes back when its run ends.
    const controller = new AbortController();
    const { signal } = controller;
    const stops = (): number => {
      void pool.stop();
      return 1;
    };
    for (let i = 0; i < 3; i++) {
      const held = pool.run(stops, () => {}, { signal });
      controller.abort(why);
      await expect(held).rejects.toBe(why);
      pool.start();
    }
    expect(await pool.run(jobs(9), () => {})).toEqual({ completed: 9, failed: 0 });
  });
});
