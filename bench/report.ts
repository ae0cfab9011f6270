/** Tables for people, objects for programs. */
import chalk from 'chalk';
import Table from 'cli-table3';
import type { Machine } from './machine.js';
import type { Outcome, Reading, Row, Scenario, Settings, Unit } from './scenario.js';

/** What came of a scenario. */
export interface Verdict {
  readonly scenario: Scenario;
  /** Undefined when its check failed. */
  readonly outcome: Outcome | undefined;
  /** Failed checks. */
  readonly problems: readonly string[];
}

const KILO = 1e3;
const MEGA = 1e6;

export function machineLine({ node, v8, platform, cpu, cores, commit }: Machine): string {
  const code = commit === null ? 'not a git checkout' : `commit ${commit}`;
  return `Node ${node} (V8 ${v8}), ${platform}, ${cpu}, ${cores} cores, ${code}`;
}

export function renderVerdict(verdict: Verdict, { cores }: Machine, runs: number): string {
  const { scenario, outcome, problems } = verdict;
  const lines = [`${chalk.bold(scenario.name)}   ${scenario.topology}`, chalk.dim(scenario.about)];
  if (isOversubscribed(scenario, cores)) {
    const text = `warning: ${scenario.threads} busy threads on ${cores} cores take turns`;
    lines.push(chalk.yellow(`${text}; numbers vary more and are lower than with a core each`));
  }
  if (outcome !== undefined) {
    if (outcome.rows.length > 0) lines.push(rowTable(outcome.rows, runs));
    if (outcome.readings.length > 0) lines.push(readingTable(outcome.readings));
    for (const note of outcome.notes ?? []) lines.push(chalk.dim(`note: ${note}`));
    for (const { text, met } of outcome.goals) {
      lines.push(met ? chalk.green(`goal met: ${text}`) : chalk.yellow(`goal missed: ${text}`));
    }
    lines.push('check passed');
  }
  for (const problem of problems) lines.push(chalk.red(`check FAILED: ${problem}`));
  return lines.join('\n');
}

function isOversubscribed({ threads }: Scenario, cores: number): boolean {
  return threads > cores;
}

function rowTable(rows: readonly Row[], runs: number): string {
  const unit = rows[0]!.unit;
  const heads = ['', `best of ${runs}`, 'median', 'worst', 'spread', 'cost, paired'];
  const table = newTable(heads);
  for (const { name, best, median, worst, spread, ratio, rival } of rows) {
    const figures = [best, median, worst].map((value) => figure(value, unit));
    table.push([name, ...figures, `${spread.toFixed(0)} %`, `${significant(ratio)} x ${rival}`]);
  }
  return table.toString();
}

function readingTable(readings: readonly Reading[]): string {
  const table = newTable(['', 'read once']);
  for (const { name, value, unit } of readings) {
    table.push([name, `${Number.isInteger(value) ? value : significant(value)} ${unit}`.trim()]);
  }
  return table.toString();
}

function newTable(heads: readonly string[]): Table.Table {
  return new Table({
    head: heads.map((title) => chalk.bold(title)),
    chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
    colAligns: heads.map((_, i) => (i === 0 ? 'left' : 'right')),
    style: { head: [], border: [] },
  });
}

function figure(value: number, unit: Unit): string {
  if (unit === 'ns/event') return `${value.toFixed(1)} ns/event`;
  if (value >= MEGA) return `${(value / MEGA).toFixed(2)} M events/s`;
  return `${(value / KILO).toFixed(1)} k events/s`;
}

/** Three digits that matter. */
function significant(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

/** For --json. */
export function reportData(
  machine: Machine,
  { runs, events, full }: Settings,
  verdicts: readonly Verdict[],
): object {
  return {
    machine,
    runs,
    full,
    events: events ?? null,
    passed: verdicts.every(({ problems }) => problems.length === 0),
    scenarios: verdicts.map(({ scenario, outcome, problems }) => ({
      name: scenario.name,
      topology: scenario.topology,
      about: scenario.about,
      threads: scenario.threads,
      oversubscribed: isOversubscribed(scenario, machine.cores),
      rows: outcome?.rows ?? [],
      readings: outcome?.readings ?? [],
      goals: outcome?.goals ?? [],
      notes: outcome?.notes ?? [],
      plots: outcome?.plots ?? [],
      problems,
    })),
  };
}
