/** The serial half: who calls it, and in which order. */
import { expect, test } from '@jest/globals';
import { DO, job, jobs, upTo, withGates } from './gates.js';

test('PD-01: jobs that complete in another order are delivered in the order of submission', async () => {
  await withGates({ workers: 3, jobs: 12, concurrency: 4 }, async (pool, gates) => {
    const order: number[] = [];
    const source = [job(DO.LATER, 1), job(DO.LATER, 2), ...jobs(10)];
    const run = pool.run(source, (_result, number) => void order.push(number));
    await gates.atGate(2);
    gates.open(2);
    while (gates.runs < 12) await new Promise((resolve) => setTimeout(resolve, 1));
    expect(order).toEqual([]);
    gates.open(1);
    await run;
    expect(order).toEqual(upTo(12));
  });
});

test('PD-03: a worker of choice calls serial, one at a time, in order, for each stream', async () => {
  await withGates({ workers: 3, streams: 3 }, async (pool, gates) => {
    const thread = [0, 1].map((serialOn) => pool.stream({ serialOn }));
    expect(thread.map((stream) => stream.serialOn)).toEqual([0, 1]);
    expect(pool.workerSets.serial.chosen).toEqual([0, 1, 2]);
    await Promise.all(
      thread.map(async (stream) => {
        let next = 0;
        await stream.run(jobs(200), (_result, number) => expect(number).toBe(next++));
        expect(next).toBe(200);
      }),
    );
    for (const { id } of thread) {
      const own = gates.log.filter(({ stream }) => stream === id);
      expect(own.map(({ number }) => number)).toEqual(upTo(200));
      expect(new Set(own.map((call) => call.thread)).size).toBe(1);
    }
    expect(new Set(gates.log.map((call) => call.thread)).size).toBe(2);
  });
});

test('PD-03: with concurrency as well, serial calls on one worker never overlap', async () => {
  await withGates({ workers: 1, streams: 3, concurrency: 8 }, async (pool, gates) => {
    const streams = [pool.stream({ serialOn: 0 }), pool.stream({ serialOn: 0 })];
    await Promise.all(streams.map((stream) => stream.run(jobs(100), () => {})));
    expect(gates.insideMost).toBe(1);
    for (const { id } of streams) {
      const own = gates.log.filter(({ stream }) => stream === id);
      expect(own.map(({ number }) => number)).toEqual(upTo(100));
    }
  });
});

test('PD-05, PD-08: a job that fails is told to serial in its place, and its successors follow', async () => {
  await withGates({ streams: 2 }, async (pool, gates) => {
    const stream = pool.stream({ serialOn: 1 });
    const failed: number[] = [];
    const source = [...jobs(3), job(DO.THROW), ...jobs(3), job(DO.NONE), ...jobs(1)];
    const done: number[] = [];
    const summary = await stream.run(source, (_result, number) => void done.push(number), {
      onError: (error, number) => {
        expect(error.details).toMatchObject({ reason: 'a job threw' });
        failed.push(number);
      },
    });
    expect(done).toEqual([0, 1, 2, 4, 5, 6, 8]);
    // The one without a result ended well too.
    expect(summary).toEqual({ completed: 8, failed: 1 });
    expect(failed).toEqual([3]);
    const seen = gates.log.map(({ number, failed: error }) => `${number}${error ? ' failed' : ''}`);
    expect(seen).toEqual(['0', '1', '2', '3 failed', '4', '5', '6', '8']);
  });
});

test('PD-11: a worker outside of the serial set is replaced by another, and the caller is told', async () => {
  await withGates({ workers: 3, streams: 4 }, async (pool, gates) => {
    pool.setWorkers({ serial: [0, 2] });
    const asked = [0, 1, 5].map((serialOn) => pool.stream({ serialOn }));
    // The (asked mod members)-th member, as in the kernel.
    expect(asked.map((stream) => stream.serialOn)).toEqual([0, 2, 2]);
    await asked[1]!.submit(job(DO.TELL));
    expect(gates.log).toHaveLength(1);
    pool.setWorkers({ serial: [] });
    await asked[0]!.close();
    expect(() => pool.stream({ serialOn: 0 })).toThrow(
      expect.objectContaining({ code: 'ERR_DLB_SERIAL_SET_EMPTY' }),
    );
  });
});

test('PD-12: a stream whose worker leaves the serial set goes on at another, in order', async () => {
  await withGates({ workers: 2, streams: 2, jobs: 16 }, async (pool, gates) => {
    const stream = pool.stream({ serialOn: 0 });
    const homes = [stream.serialOn];
    let next = 0;
    await stream.run(jobs(400), (_result, number) => {
      expect(number).toBe(next++);
      if (number % 50 !== 49) return;
      pool.setWorkers({ serial: [number % 100 === 49 ? 1 : 0] });
      homes.push(stream.serialOn);
    });
    expect(homes).toEqual([0, 1, 0, 1, 0, 1, 0, 1, 0]);
    expect(gates.log.map(({ number }) => number)).toEqual(upTo(400));
    expect(gates.insideMost).toBe(1);
    expect(new Set(gates.log.map((call) => call.thread)).size).toBe(2);
  });
});
