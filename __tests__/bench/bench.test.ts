import { execFile } from 'node:child_process';
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
  readonly passed: boolean;
  readonly scenarios: readonly {
    readonly name: string;
    readonly rows: readonly { readonly best: number; readonly milliseconds: readonly number[] }[];
    readonly readings: readonly { readonly name: string; readonly value: number }[];
    readonly problems: readonly string[];
  }[];
}

function bench(...args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...args], (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

test('every scenario passes its own check and says so in JSON', async () => {
  const { code, stdout, stderr } = await bench('--json', '--runs', '1', '--events', '20000');
  expect(stderr).toMatch(/^\[1\/5\] end-to-end: warm-up 1$/m);
  const report = JSON.parse(stdout) as Report;
  expect(code).toBe(0);
  expect(report).toMatchObject({ runs: 1, passed: true });
  expect(report.machine.node).toBe(process.versions.node);
  const names = ['end-to-end', 'inline-device', 'garbage', 'idle-device', 'peers'];
  expect(report.scenarios.map(({ name }) => name)).toEqual(names);
  for (const { rows, readings, problems } of report.scenarios) {
    expect(problems).toEqual([]);
    expect(rows.length + readings.length).toBeGreaterThan(0);
    for (const { best, milliseconds } of rows) {
      expect(best).toBeGreaterThan(0);
      expect(milliseconds).toHaveLength(1);
    }
    for (const { value } of readings) expect(value).toBeGreaterThanOrEqual(0);
  }
});

test('tables are for people, and --only picks the scenario', async () => {
  const { code, stdout } = await bench(
    '--only',
    'inline-device',
    '--runs',
    '2',
    '--events',
    '5000',
  );
  expect(code).toBe(0);
  expect(stdout).toContain(`Node ${process.versions.node}`);
  expect(stdout).toMatch(/atomic, 1 consumer port .* ns\/event/);
  expect(stdout).toContain('check passed');
  expect(stdout).not.toContain('end-to-end');
});

test('--help tells all options', async () => {
  const { code, stdout } = await bench('--help');
  expect(code).toBe(0);
  for (const option of ['--runs', '--only', '--events', '--json']) expect(stdout).toContain(option);
});

test.each([
  [['--fast'], "Unknown option '--fast'"],
  [['--only', 'nothing'], 'end-to-end, inline-device'],
  [['--runs', '0'], '--runs must be a whole number'],
  [['--events', '1.5'], '--events must be a whole number'],
  [['end-to-end'], 'Unexpected argument'],
])('%j is refused in one line, with exit code 2', async (args, message) => {
  const { code, stdout, stderr } = await bench(...args);
  expect(code).toBe(2);
  expect(stdout).toBe('');
  expect(stderr.trimEnd().split('\n')).toEqual([expect.stringContaining(message)]);
});
