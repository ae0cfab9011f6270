/** The simulator in CI: some seeds for some seconds, and that it finds bugs that were planted. */
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { PLANTED } from './planted.js';

// This file runs from dist/__tests__/simulator.
const TOP = fileURLToPath(new URL('../../../', import.meta.url));
const COMMAND = 'dist/__tests__/simulator/simulate.js';

interface Run {
  readonly code: number | null;
  readonly out: string;
  readonly told: string;
}

function simulate(top: string, ...args: string[]): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--conditions=softdlb-simulate', COMMAND, ...args], {
      cwd: top,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    let told = '';
    child.stdout.on('data', (part: Buffer) => (out += part.toString()));
    child.stderr.on('data', (part: Buffer) => (told += part.toString()));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, out, told }));
  });
}

test.each(['1', String(Math.floor(Math.random() * 2 ** 31))])(
  'every contract holds in any sequence of operations: seed %s',
  async (seed) => {
    // By steps, not by time: whoever shares the machine does not decide what is seen.
    const run = await simulate(TOP, '--seed', seed, '--steps', '50000', '--time', '50', '--json');
    // What was printed tells the seed, and how to replay it.
    if (run.code !== 0) throw new Error(run.told);
    const { steps, deaths } = JSON.parse(run.out) as { steps: number; deaths: number };
    expect(steps).toBeGreaterThan(10_000);
    expect(deaths).toBeGreaterThan(0);
  },
);

test('the same seed gives the same run', async () => {
  const runs = await Promise.all(
    [1, 2].map(() => simulate(TOP, '--seed', '7', '--steps', '15000', '--json')),
  );
  const results = runs.map(({ out }) => ({ ...(JSON.parse(out) as object), seconds: 0 }));
  expect(results[0]).toEqual(results[1]);
  expect(results[0]).toMatchObject({ seed: 7, steps: 15_000, failure: null });
});

test('wrong arguments are told', async () => {
  expect(await simulate(TOP, '--seed', 'one')).toMatchObject({
    code: 2,
    told: expect.stringContaining('--seed'),
  });
  expect(await simulate(TOP, '--help')).toMatchObject({
    code: 0,
    out: expect.stringContaining('--steps N'),
  });
});

describe('a bug that was planted is found', () => {
  let copy = '';

  beforeAll(() => {
    copy = mkdtempSync(join(tmpdir(), 'softdlb-planted-'));
    for (const part of ['package.json', 'dist/lib', 'dist/__tests__/simulator']) {
      cpSync(join(TOP, part), join(copy, part), { recursive: true });
    }
  });
  afterAll(() => rmSync(copy, { recursive: true }));

  test.each(PLANTED)('$what', async ({ file, right, wrong }) => {
    const path = join(copy, 'dist/lib', file);
    const text = readFileSync(path, 'utf8');
    expect(text.split(right).length).toBe(2);
    writeFileSync(path, text.replace(right, wrong));
    try {
      const run = await simulate(copy, '--seed', '1', '--time', '40', '--no-shrink', '--json');
      expect(run.code).toBe(1);
      expect(JSON.parse(run.out)).toMatchObject({ failure: { rule: expect.any(String) } });
      expect(run.told).toContain('replay: npm run simulate -- --seed');
    } finally {
      writeFileSync(path, text);
    }
  });
});
