/** Tables for people, objects for programs. */
import chalk from 'chalk';
import Table from 'cli-table3';
import type { Comparison, Machine, Standing } from './compare.js';
import type { Load } from './load.js';

const MEGA = 1e6;
const PERCENT = 100;

/** What one line of a table says, in numbers. */
interface Figures {
  readonly name: string;
  readonly seconds: { readonly median: number; readonly fastest: number; readonly slowest: number };
  readonly unitsPerSecond: number;
  readonly megabytesPerSecond: number;
  readonly ratioToOneThread: number;
  readonly outOfOrder: number;
  readonly cpuMicrosPerUnit: number;
  readonly mainThreadCpuMicrosPerUnit: number | null;
  /** Share of the round's time that the main thread was on a core. */
  readonly mainThreadBusy: number | null;
}

function figures(load: Load, standing: Standing, oneThread: Standing): Figures {
  const { median, fastest, slowest, name } = standing;
  const { seconds, outOfOrder, cpuMicros, mainCpuMicros } = median;
  return {
    name,
    seconds: { median: seconds, fastest, slowest },
    unitsPerSecond: load.units / seconds,
    megabytesPerSecond: load.bytes / MEGA / seconds,
    ratioToOneThread: oneThread.median.seconds / seconds,
    outOfOrder,
    cpuMicrosPerUnit: cpuMicros / load.units,
    mainThreadCpuMicrosPerUnit: mainCpuMicros === undefined ? null : mainCpuMicros / load.units,
    mainThreadBusy: mainCpuMicros === undefined ? null : mainCpuMicros / MEGA / seconds,
  };
}

function allFigures({ load, standings }: Comparison): Figures[] {
  return standings.map((standing) => figures(load, standing, standings[0]!));
}

export function machineLine({ node, cores, workers }: Machine): string {
  const threads = `main thread, scheduler and ${workers} ${workers === 1 ? 'worker' : 'workers'}`;
  const crowded = workers + 2 > cores ? ': more threads than cores' : '';
  return `Node ${node}, ${cores} cores; softdlb has ${threads}${crowded}`;
}

export function renderTable(comparison: Comparison): string {
  const { load, digest } = comparison;
  const rate = load.unit === 'packet' ? 'packets/s' : 'MB/s';
  const table = new Table({
    head: [
      '',
      rate,
      'fastest … slowest',
      'ratio',
      'out of order',
      `CPU per ${load.unit}`,
      'main-thread CPU',
    ].map((title) => chalk.bold(title)),
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [] },
  });
  for (const line of allFigures(comparison)) table.push(cells(load, line));
  return [
    chalk.bold(load.title),
    table.toString(),
    `medians of ${load.rounds} rounds; all results equal, sha256 ${digest.slice(0, 16)}…`,
  ].join('\n');
}

function cells(load: Load, line: Figures): string[] {
  const { median, fastest, slowest } = line.seconds;
  const rate = (seconds: number): string =>
    load.unit === 'packet'
      ? thousands(load.units / seconds)
      : thousands(load.bytes / MEGA / seconds);
  const { ratioToOneThread: ratio, mainThreadCpuMicrosPerUnit: main, mainThreadBusy } = line;
  return [
    line.name,
    rate(median),
    `${rate(fastest)} … ${rate(slowest)}`,
    ratio < 1 ? chalk.yellow(`${ratio.toFixed(2)} ×`) : `${ratio.toFixed(2)} ×`,
    thousands(line.outOfOrder),
    micros(line.cpuMicrosPerUnit),
    main === null ? 'n/a' : `${micros(main)} (${(mainThreadBusy! * PERCENT).toFixed(0)} %)`,
  ];
}

/** For --json. */
export function comparisonData(comparison: Comparison): object {
  const { load, digest } = comparison;
  const { name, unit, units, bytes, rounds, title } = load;
  const contestants = allFigures(comparison);
  return { name, title, unit, units, bytes, rounds, sha256: digest, contestants };
}

function thousands(value: number): string {
  return Math.round(value).toLocaleString('en').replaceAll(',', ' ');
}

function micros(value: number): string {
  return `${value.toFixed(value < PERCENT ? 1 : 0)} µs`;
}
