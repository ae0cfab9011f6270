/** Several streams on one pool. Ids are those of the kernel's semantics in ../../lib/padata/README.md. */
import { expect, test } from '@jest/globals';
import { DO, job, jobs, upTo, withGates } from './gates.js';
import { inverted, numbered, twoBytes, withPool } from './pools.js';

test('PD-02: every stream comes out in its own order, with numbers of its own', async () => {
  await withPool('uneven', { context: 5000, workers: 3, streams: 4 }, async (pool) => {
    const streams = [pool, pool.stream(), pool.stream(), pool.stream()];
    const orders = await Promise.all(
      streams.map(async (stream, i) => {
        const order: number[] = [];
        await stream.run(numbered(300 + i), (_result, number) => void order.push(number));
        return order;
      }),
    );
    expect(orders).toEqual(upTo(4).map((i) => upTo(300 + i)));
    expect(pool.stats()).toMatchObject({ completed: 1206, inFlight: 0, streams: 4 });
  });
});

test('PD-02: a job that is stuck in one stream holds up no other', async () => {
  const options = { workers: 2, streams: 3, jobs: 4, concurrency: 2 };
  await withGates(options, async (pool, gates) => {
    const a = pool.stream({ name: 'a' });
    const b = pool.stream({ name: 'b' });
    // All buffers of a, the first of them stuck, and more waiting for buffers.
    const stuck = Promise.all([job(DO.LATER, 1), ...jobs(9)].map((bytes) => a.submit(bytes)));
    await gates.atGate(1);
    for (let i = 0; i < 20; i++) await b.submit(job(DO.TELL));
    let delivered = 0;
    await pool.run(jobs(50), () => void delivered++);
    expect(delivered).toBe(50);
    expect(a.stats()).toMatchObject({ inFlight: 4, oldest: 0, completed: 0 });
    gates.open(1);
    expect(await stuck).toHaveLength(10);
  });
});

test('PD-02: a consumer that takes its time holds up its own stream only', async () => {
  await withPool('invert', { streams: 2, jobs: 4 }, async (pool) => {
    const other = pool.stream();
    let done = 0;
    await pool.run(numbered(8), async () => {
      const bytes = twoBytes(done++);
      expect(await other.submit(bytes)).toEqual(inverted(bytes));
    });
    expect(done).toBe(8);
  });
});

test('PD-18: closing a stream waits for its jobs, and its place serves the next', async () => {
  await withGates({ streams: 2, concurrency: 2 }, async (pool, gates) => {
    const first = pool.stream({ name: 'first' });
    const late = first.submit(job(DO.LATER, 1));
    await gates.atGate(1);
    let closed = false;
    const closing = first.close().then(() => (closed = true));
    await expect(first.submit(job(DO.TELL))).rejects.toMatchObject({
      code: 'ERR_DLB_PADATA_CLOSED',
      details: { name: 'first' },
    });
    expect(() => pool.stream()).toThrow(
      expect.objectContaining({ code: 'ERR_DLB_STREAMS_UNAVAILABLE' }),
    );
    await pool.submit(job(DO.TELL));
    expect(closed).toBe(false);
    gates.open(1);
    expect(await late).toHaveLength(1);
    await closing;
    await using next = pool.stream();
    expect(next.id).toBe(first.id);
    expect(await next.submit(job(DO.TELL))).toHaveLength(1);
    expect(pool.stats()).toMatchObject({ completed: 3, inFlight: 0 });
  });
});

test('PD-18: a run whose stream is closed delivers what is in flight and then says so', async () => {
  await withPool('invert', { streams: 2, jobs: 8 }, async (pool) => {
    const stream = pool.stream();
    let closing: Promise<void> | undefined;
    let next = 0;
    let fed = 0;
    function* source(): Generator<Uint8Array> {
      for (; ; fed++) yield twoBytes(fed);
    }
    const run = stream.run(source(), (_result, number) => {
      expect(number).toBe(next++);
      if (number === 30) closing = stream.close();
    });
    await expect(run).rejects.toMatchObject({ code: 'ERR_DLB_PADATA_CLOSED' });
    await closing;
    expect(stream.stats().inFlight).toBe(0);
    expect(next).toBeGreaterThan(30);
  });
});

test('closing the pool closes its streams, and delivers what they have', async () => {
  let results: Promise<Uint8Array[]> | undefined;
  await withPool('invert', { streams: 3, jobs: 4 }, async (pool) => {
    const streams = [pool, pool.stream(), pool.stream()];
    results = Promise.all(streams.flatMap((s) => upTo(50).map((n) => s.submit(twoBytes(n)))));
  });
  const expected = upTo(50).map((n) => inverted(twoBytes(n)));
  expect(await results).toEqual([...expected, ...expected, ...expected]);
});
