import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const MAIN = fileURLToPath(new URL('../../bench/main.js', import.meta.url));

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface Report {
  readonly machine: { readonly node: string; readonly cores: number };
  readonly runs: number;
  readonly full: boolean;
  readonly passed: boolean;
  readonly scenarios: readonly {
    readonly name: string;
    readonly rows: readonly { readonly best: number; readonly milliseconds: readonly number[] }[];
    readonly readings: readonly { readonly name: string; readonly value: number }[];
    readonly problems: readonly string[];
  }[];
}

function bench(...args: string[]): Promise<Ended> {
  return benchIn(process.env, ...args);
}

function benchIn(env: NodeJS.ProcessEnv, ...args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [MAIN, ...args],
      { env, timeout: TIME_MAX_MS },
      (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
      },
    );
  });
}

/** Many times what any of them takes: a benchmark that hangs fails its test. */
const TIME_MAX_MS = 90_000;
/** All scenarios one after another, on a machine that is busy with others. */
const ALL_MAX_MS = 100_000;

/** pkg-config is not found. */
const WITHOUT_DPDK = { ...process.env, PATH: '' };

const NAMES = [
  'inline-device',
  'end-to-end',
  'peers',
  'two-stages',
  'burst-size',
  'round-trip',
  'configured-size',
  'crypto-pool',
  'pipeline-items',
  'pipeline-objects',
  'pipeline-lines',
  'pipeline-calls',
  'pipeline-slow-key',
  'pipeline-async',
  'pipeline-waiting',
  'pipeline-examples',
  'garbage',
  'idle-device',
  'start-up',
  'stuck-flow',
  'two-tenants',
];

test(
  'every scenario passes its own check and says so in JSON',
  async () => {
    const plots = mkdtempSync(join(tmpdir(), 'softdlb-plots-'));
    try {
      const sizes = ['--runs', '1', '--events', '16'];
      const { code, stdout, stderr } = await benchIn(
        WITHOUT_DPDK,
        '--json',
        ...sizes,
        '--plots',
        plots,
      );
      expect(stderr.split('\n')).toContain(`[1/${NAMES.length}] inline-device: warm-up 1`);
      const report = JSON.parse(stdout) as Report;
      expect(code).toBe(0);
      expect(report).toMatchObject({ runs: 1, full: false, passed: true });
      expect(report.machine.node).toBe(process.versions.node);
      expect(report.scenarios.map(({ name }) => name)).toEqual(NAMES);
      for (const { rows, readings, problems } of report.scenarios) {
        expect(problems).toEqual([]);
        expect(rows.length + readings.length).toBeGreaterThan(0);
        for (const { best, milliseconds } of rows) {
          expect(best).toBeGreaterThan(0);
          expect(milliseconds).toHaveLength(1);
        }
        for (const { value } of readings) expect(value).toBeGreaterThanOrEqual(0);
      }
      const files = ['latency-percentiles.svg', 'throughput-by-burst.svg'];
      expect(readdirSync(plots).toSorted()).toEqual(files);
    } finally {
      rmSync(plots, { recursive: true });
    }
  },
  ALL_MAX_MS,
);

test('without DPDK its rows are left out, and a note says how to get it', async () => {
  const only = ['--only', 'stuck-flow'];
  const { code, stdout } = await benchIn(WITHOUT_DPDK, ...only, '--runs', '1', '--events', '500');
  expect(code).toBe(0);
  expect(stdout.match(/note: .*apt-get install libdpdk-dev/g)).toHaveLength(1);
  expect(stdout).not.toContain('event_sw');
});

test('scenarios that take long run with --full or when they are named', async () => {
  const sizes = ['--runs', '1', '--events', '16'];
  const { code, stdout } = await bench(
    '--only',
    'inline-steps',
    '--only',
    'late-binding',
    ...sizes,
    '--json',
  );
  expect(code).toBe(0);
  const { scenarios } = JSON.parse(stdout) as Report;
  expect(scenarios.map(({ name }) => name)).toEqual(['inline-steps', 'late-binding']);
});

test('tables are for people, and --only picks the scenario', async () => {
  const sizes = ['--runs', '2', '--events', '5000'];
  const { code, stdout } = await bench('--only', 'two-stages', ...sizes);
  expect(code).toBe(0);
  expect(stdout).toContain(`Node ${process.versions.node}`);
  expect(stdout).toMatch(/softdlb, 2 workers .* events\/s/);
  expect(stdout).toContain('check passed');
  expect(stdout).not.toContain('end-to-end');
});

test('--help tells all options', async () => {
  const { code, stdout } = await bench('--help');
  expect(code).toBe(0);
  for (const option of ['--full', '--runs', '--only', '--events', '--json', '--plots'])
    expect(stdout).toContain(option);
});

test.each([
  [['--fast'], "Unknown option '--fast'"],
  [['--only', 'nothing'], 'inline-device, inline-steps, end-to-end'],
  [['--runs', '0'], '--runs must be a whole number'],
  [['--events', '1.5'], '--events must be a whole number'],
  [['end-to-end'], 'Unexpected argument'],
])('%j is refused in one line, with exit code 2', async (args, message) => {
  const { code, stdout, stderr } = await bench(...args);
  expect(code).toBe(2);
  expect(stdout).toBe('');
  expect(stderr.trimEnd().split('\n')).toEqual([expect.stringContaining(message)]);
});
