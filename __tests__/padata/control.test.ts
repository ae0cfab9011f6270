/** A pool that is stopped, changed, watched. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import type { OverdueReport } from '../../lib/padata/index.js';
import { JobBuffer, bufferBytes } from '../../lib/padata/job-buffer.js';
import { Watchdog } from '../../lib/padata/watchdog.js';
import { DO, job, jobs, upTo, withGates } from './gates.js';
import { inverted, numbered, twoBytes, withPool } from './pools.js';

// Longer than a busy machine keeps a thread from its core.
const WATCHDOG_MS = 500;

test('PD-10: a stopped pool refuses jobs, finishes those it has, and goes on when started', async () => {
  await withGates({ streams: 2 }, async (pool, gates) => {
    const stream = pool.stream();
    const late = stream.submit(job(DO.WAIT, 1));
    await gates.atGate(1);
    let stopped = false;
    const stopping = pool.stop().then(() => (stopped = true));
    const refused = { code: 'ERR_DLB_PADATA_STOPPED' };
    await expect(pool.submit(job(DO.TELL))).rejects.toMatchObject(refused);
    await expect(stream.run([], () => {})).rejects.toMatchObject(refused);
    await expect(pool.range({ size: 1 })).rejects.toMatchObject(refused);
    expect(stopped).toBe(false);
    gates.open(1);
    await late;
    await stopping;
    expect(pool.stats().inFlight).toBe(0);
    pool.start();
    expect(await pool.submit(job(DO.TELL))).toHaveLength(1);
  });
});

test('PD-10: a run on a pool that stops holds its source, and loses nothing', async () => {
  await withPool('invert', { jobs: 8 }, async (pool) => {
    let stopping: Promise<void> | undefined;
    let next = 0;
    const run = pool.run(numbered(500), (_result, number) => {
      expect(number).toBe(next++);
      if (number === 100) stopping = pool.stop();
    });
    while (stopping === undefined) await sleep(1);
    await stopping;
    const delivered = next;
    expect(delivered).toBeGreaterThan(100);
    expect(delivered).toBeLessThan(500);
    await sleep(5);
    expect(next).toBe(delivered);
    pool.start();
    await run;
    expect(next).toBe(500);
  });
});

test('PD-12: the set of workers changes under a run, and no job is lost or out of order', async () => {
  await withPool('uneven', { context: 5000, workers: 3 }, async (pool) => {
    let next = 0;
    await pool.run(numbered(3000), (result, number) => {
      expect(number).toBe(next++);
      expect(Buffer.from(result).readBigUInt64BE()).toBe(BigInt(number));
      if (number % 100 === 0) pool.setWorkers({ parallel: [(number / 100) % 3] });
      if (number % 300 === 50) pool.setWorkers(3);
    });
    expect(next).toBe(3000);
  });
});

test('PD-15: with an empty set, or one without a thread, jobs wait until a member appears', async () => {
  await withGates({ workers: 2 }, async (pool, gates) => {
    pool.setWorkers({ parallel: [] });
    const first = pool.submit(job(DO.TELL));
    pool.setWorkers({ parallel: [40] });
    expect(pool.workerSets.parallel).toEqual({ chosen: [40], usable: [] });
    await sleep(20);
    expect(gates.runs).toBe(0);
    pool.setWorkers({ parallel: [40, 1] });
    expect(pool.workerSets.parallel).toEqual({ chosen: [1, 40], usable: [1] });
    expect(await first).toHaveLength(1);
  });
});

test('PD-16: the set names a worker that is gone; when its thread is back it is used without a call', async () => {
  await withGates({ workers: 2 }, async (pool) => {
    pool.setWorkers({ parallel: [0] });
    const [before] = await pool.submit(job(DO.TELL));
    const killed = pool.submit(job(DO.EXIT, 1));
    while (pool.workerSets.parallel.usable.length > 0) await sleep(0);
    expect(pool.workerSets.parallel).toEqual({ chosen: [0], usable: [] });
    expect(pool.workerSets.serial.usable).toEqual([1]);
    const [after] = await killed;
    expect(after).not.toBe(before);
    expect(pool.workerSets.parallel).toEqual({ chosen: [0], usable: [0] });
  });
});

test.each([
  [-1],
  [3],
  ['all'],
  [{ parallel: [-1] }],
  [{ serial: [63] }],
  [{ parallel: 1 }],
  [null],
])('a set of workers that is none is refused, and nothing changes: %j', async (change) => {
  await withPool('invert', { workers: 2 }, async (pool) => {
    const before = pool.workerSets;
    expect(() => pool.setWorkers(change as never)).toThrow(
      expect.objectContaining({ code: 'ERR_DLB_INVALID_ARGUMENT' }),
    );
    expect(pool.workerSets).toEqual(before);
  });
});

test('PD-07: the watchdog names the job that all others wait for, once', async () => {
  const reports: OverdueReport[] = [];
  const onOverdue = (report: OverdueReport): void => void reports.push(report);
  await withGates({ timeoutMs: WATCHDOG_MS, onOverdue, streams: 2 }, async (pool, gates) => {
    const stream = pool.stream({ name: 'the slow one' });
    const source = [...jobs(2), job(DO.WAIT, 1), ...jobs(5)];
    const order: number[] = [];
    const run = stream.run(source, (_result, number) => void order.push(number));
    await gates.atGate(1);
    while (reports.length === 0) await sleep(1);
    expect(reports[0]).toMatchObject({ stream: 'the slow one', job: 2, attempts: 1 });
    expect([0, 1]).toContain(reports[0]!.worker);
    expect(reports[0]!.ms).toBeGreaterThanOrEqual(WATCHDOG_MS);
    await sleep(2 * WATCHDOG_MS);
    expect(reports).toHaveLength(1);
    expect(Math.max(-1, ...order)).toBeLessThan(2);
    gates.open(1);
    await run;
    expect(order).toEqual(upTo(8));
  });
});

test('PD-07: overdue jobs fail in their places if that was asked for, and nothing else does', async () => {
  const reports: OverdueReport[] = [];
  const onOverdue = (report: OverdueReport): void => void reports.push(report);
  const options = { timeoutMs: WATCHDOG_MS, overdue: 'fail', onOverdue, streams: 2 } as const;
  await withGates({ ...options, workers: 2 }, async (pool) => {
    const other = pool.stream();
    const seen: string[] = [];
    const source = upTo(40).map((i) => job(i === 11 || i === 30 ? DO.WAIT : DO.TELL, 1));
    const run = pool.run(source, (_result, number) => void seen.push(`${number}`), {
      onError: ({ details }, number) => void seen.push(`${number} ${String(details['reason'])}`),
    });
    await Promise.all(upTo(20).map(() => other.submit(job(DO.TELL))));
    await run;
    const overdue = 'the job was overdue, and its thread was ended';
    expect(seen).toEqual(upTo(40).map((i) => (i === 11 || i === 30 ? `${i} ${overdue}` : `${i}`)));
    // Jobs of the other stream may have waited behind them, with nobody to be blamed.
    const begun = reports.filter(({ worker }) => worker !== undefined);
    expect(begun.map((report) => report.job).toSorted((a, b) => a - b)).toEqual([11, 30]);
    expect(pool.stats().crashes).toBe(2);
  });
});

test('the watchdog tells a job from one of the same number in another run, and waiting from being stuck', () => {
  const buffer = new JobBuffer(0, new Uint8Array(new SharedArrayBuffer(bufferBytes(8))), 8);
  buffer.begin(0, 8);
  let place = 5;
  const stream = { name: 'a', due: () => [{ job: buffer, place }] };
  const reports: OverdueReport[] = [];
  const watchdog = new Watchdog({
    ms: 100,
    streams: () => [stream],
    onOverdue: (report) => void reports.push(report),
  });
  watchdog.stop();
  watchdog.look(1000);
  place = 6;
  watchdog.look(1090);
  watchdog.look(1180);
  expect(reports).toEqual([]);
  watchdog.look(1190);
  watchdog.look(1500);
  const report = { stream: 'a', job: 0, ms: 100 };
  expect(reports).toEqual([{ ...report, worker: undefined, seat: undefined, attempts: 0 }]);
  buffer.countStart(2);
  watchdog.look(1600);
  watchdog.look(1690);
  expect(reports).toHaveLength(1);
  watchdog.look(1700);
  expect(reports[1]).toEqual({ ...report, worker: 2, seat: 2, attempts: 1 });
  watchdog.look(1900);
  expect(reports).toHaveLength(2);
});

test('PD-13: with all buffers out the source waits, and jobs stay in sequence', async () => {
  await withGates({ workers: 1, jobs: 3 }, async (pool, gates) => {
    let fed = 0;
    function* source(): Generator<Uint8Array> {
      for (const bytes of [job(DO.WAIT, 1), ...jobs(9)]) {
        fed++;
        yield bytes;
      }
    }
    const order: number[] = [];
    const run = pool.run(source(), (_result, number) => void order.push(number));
    await gates.atGate(1);
    expect(fed).toBe(3);
    gates.open(1);
    await run;
    expect(order).toEqual(upTo(10));
  });
});

test('PD-19: order holds across the wrap of all indices, and numbers go beyond 2^32', async () => {
  // Indices begin 1024 before their wrap.
  await withPool('invert', { jobs: 7 }, async (pool) => {
    let next = 0;
    await pool.run(numbered(4000), (result, number) => {
      expect(number).toBe(next++);
      expect(result).toEqual(inverted(twoBytes(number)));
    });
    expect(next).toBe(4000);
  });
  const buffer = new JobBuffer(0, new Uint8Array(new SharedArrayBuffer(bufferBytes(8))), 8);
  for (const number of [2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, 2 ** 52 + 7]) {
    buffer.begin(number, 8);
    expect(buffer.number).toBe(number);
  }
});

test('PD-21: results that race with the end of a delivery strand no job', async () => {
  await withPool('invert', { workers: 3, jobs: 2, streams: 3 }, async (pool) => {
    const streams = [pool, pool.stream(), pool.stream()];
    // Each waits for its result before the next: any that were stranded would stop the test here.
    await Promise.all(
      streams.map(async (stream) => {
        for (let i = 0; i < 2000; i++) {
          expect(await stream.submit(twoBytes(i))).toEqual(inverted(twoBytes(i)));
        }
      }),
    );
    expect(pool.stats()).toMatchObject({ completed: 6000, inFlight: 0 });
  });
});
