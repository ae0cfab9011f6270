/** NDJSON in a plain loop and in a pipeline: the same results, and no file left behind. */
import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { kilometres } from '../../examples/ndjson/position.js';
import { compare } from '../../examples/ndjson/run.js';
import type { Summary } from '../../examples/ndjson/report.js';
import type { Outcome } from '../../examples/ndjson/results.js';
import { follow } from '../../examples/ndjson/stages/follow.js';
import { locate } from '../../examples/ndjson/stages/locate.js';
import { stops } from '../../examples/ndjson/stops.js';
import { inDirectory, runExample, startExample } from './cli.js';

const LOOK_EVERY_MS = 10;

function run(...args: string[]) {
  return runExample('ndjson', args);
}

test('distances are those on a sphere', () => {
  expect(kilometres(59.91, 10.75, 59.91, 10.75)).toBe(0);
  // A degree of a circle of 6371 km; half as much east of the 60th parallel, but for the bend.
  expect(kilometres(0, 0, 1, 0)).toBeCloseTo(111.195, 3);
  expect(kilometres(60, 10, 60, 11)).toBeCloseTo(55.597, 2);
});

test('the nearest stop is found, and the way adds up', () => {
  const bus = { bus: 'bus of this test', driver: 'Kåre' };
  const [first, second] = [stops[7]!, stops[11]!];
  const at = ({ lat, lon }: { lat: number; lon: number }, id: number) =>
    locate({ id, ...bus, lat, lon });
  expect(at(first, 0).stop).toBe(first.name);
  const trips = [first, second, second, first].map((stop, id) => follow(at(stop, id)));
  const way = kilometres(first.lat, first.lon, second.lat, second.lon);
  expect(trips).toEqual([
    { id: 0, bus: bus.bus, positions: 1, kilometres: 0, stops: 1 },
    { id: 1, bus: bus.bus, positions: 2, kilometres: way, stops: 2 },
    { id: 2, bus: bus.bus, positions: 3, kilometres: way, stops: 2 },
    { id: 3, bus: bus.bus, positions: 4, kilometres: expect.closeTo(2 * way, 9), stops: 3 },
  ]);
});

test.each([1, 3])('with %i workers both ways have the same results', async (workers) => {
  const { code, stdout, stderr } = await run('--lines', '3000', '--workers', `${workers}`);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const text = stdout.toString();
  expect(text).toMatch(/^3000 positions of 30 buses, \d+\.\d km$/m);
  expect(text).toContain('checked: both have the same results, in the same order');
  // In the table: bus, positions, stops, and the distance by either way.
  const rows = [...text.matchAll(/│ bus \d+ +│ +\d+ │ +\d+ │ +(\d+\.\d+) │ +(\d+\.\d+) │/g)];
  expect(rows).toHaveLength(5);
  for (const [, plain, piped] of rows) expect(piped).toBe(plain);
});

test('--json tells the same of both ways', async () => {
  const { code, stdout } = await run('--lines', '500', '--json');
  expect(code).toBe(0);
  const summary = JSON.parse(stdout.toString()) as Summary;
  expect(summary).toMatchObject({ lines: 500, buses: 5, pipeline: { results: 500 } });
  expect(summary.pipeline.digest).toBe(summary.plain.digest);
  expect(summary.top.map(({ pipeline }) => pipeline)).toEqual(
    summary.top.map(({ plain }) => plain),
  );
});

test('an empty file', async () => {
  const { code, stdout } = await run('--lines', '0', '--workers', '1');
  expect(code).toBe(0);
  expect(stdout.toString()).toMatch(/^0 positions of 0 buses, 0.0 km\n/);
});

const TRIP = { id: 1, bus: 'bus 1', positions: 2, kilometres: 3, stops: 1 };
const RIGHT: Outcome = { count: 2, digest: 'abc', trips: [TRIP], seconds: 1 };
test.each<[string, Partial<Outcome>, RegExp]>([
  ['a result less', { count: 1 }, /^wrong: results of the pipeline: 1, should be 2$/],
  ['another way', { trips: [{ ...TRIP, kilometres: 4 }] }, /^wrong: the trip of bus 1: .*4/],
  ['no trip', { trips: [] }, /^wrong: the trip of bus 1: undefined/],
  ['another order', { digest: 'cab' }, /^wrong: SHA-256 of all results: cab, should be abc$/],
])('%s is told', (_what, wrong, message) => {
  expect(() => compare(2, RIGHT, RIGHT)).not.toThrow();
  expect(() => compare(2, RIGHT, { ...RIGHT, ...wrong })).toThrow(message);
});

test('SIGINT leaves no file behind', async () => {
  await inDirectory(async (path) => {
    const { child, ended } = startExample('ndjson', ['--lines', '1000000'], path('.'));
    const files = (): string[] => readdirSync(path('.'), { recursive: true }) as string[];
    while (!files().some((name) => name.endsWith('.ndjson'))) await sleep(LOOK_EVERY_MS);
    child.kill('SIGINT');
    const { code, stderr } = await ended;
    expect(code).toBe(130);
    expect(stderr).toMatch(/^ndjson: stopped by SIGINT$/m);
    expect(files()).toEqual([]);
  });
});

test.each<[string, string[], number, RegExp]>([
  ['an unknown option', ['--fast'], 2, /'--fast'/],
  ['a file', ['data.ndjson'], 2, /data\.ndjson/],
  ['lines in words', ['--lines', 'many'], 1, /--lines must be a number .* not "many"/],
  ['no workers', ['--workers', '0'], 1, /--workers must be a number from 1/],
])('%s is refused', async (_what, args, code, line) => {
  const ended = await run(...args);
  expect(ended).toMatchObject({ code, stdout: Buffer.alloc(0) });
  expect(ended.stderr).toMatch(/^ndjson: [^\n]+\n$/);
  expect(ended.stderr).toMatch(line);
});

test('--help explains every option', async () => {
  const { code, stdout } = await run('--help');
  expect(code).toBe(0);
  for (const option of ['lines', 'workers', 'json']) {
    expect(stdout.toString()).toContain(`--${option}`);
  }
});
