/** A table for people, an object and a list for programs. */
import chalk from 'chalk';
import Table from 'cli-table3';
import type { Analysis } from './analysis.js';
import type { ClientCount } from './batch.js';
import type { AccessLogCommand } from './options.js';

const MEGA = 1e6;
const PERCENT = 100;
const CLIENT_WIDTH = 50;

/** What was found, in numbers. */
export interface Summary {
  readonly file: string | null;
  readonly lines: number;
  readonly broken: number;
  readonly samples: readonly string[];
  readonly clients: number;
  readonly requests: number;
  readonly bytes: number;
  readonly errors: number;
  readonly visits: number;
  readonly top: readonly ClientCount[];
  readonly workers: number;
  readonly seconds: number;
  readonly linesPerSecond: number;
  readonly megabytesPerSecond: number;
  /** Whether every count was compared; false: nobody knows the answer. */
  readonly checked: boolean;
}

export function summarize(
  { file, top, workers }: AccessLogCommand,
  { clients, lines, bytes, broken, samples, seconds }: Analysis,
): Summary {
  const sum = (name: 'requests' | 'bytes' | 'errors' | 'visits'): number =>
    clients.reduce((total, counts) => total + counts[name], 0);
  return {
    file: file ?? null,
    lines,
    broken,
    samples,
    clients: clients.length,
    requests: sum('requests'),
    bytes: sum('bytes'),
    errors: sum('errors'),
    visits: sum('visits'),
    top: clients.slice(0, top),
    workers,
    seconds,
    linesPerSecond: seconds > 0 ? lines / seconds : 0,
    megabytesPerSecond: seconds > 0 ? bytes / MEGA / seconds : 0,
    checked: file === undefined,
  };
}

export function renderSummary(summary: Summary): string {
  const { lines, broken, samples, clients, requests, visits, errors, seconds, workers } = summary;
  const speed = `${Math.round(summary.linesPerSecond)} lines/s, ${summary.megabytesPerSecond.toFixed(0)} MB/s`;
  const text = [
    ...(summary.top.length > 0 ? [topTable(summary)] : []),
    `${lines} lines in ${seconds.toFixed(2)} s (${speed}, ${workers} ${workers === 1 ? 'worker' : 'workers'})`,
    `${requests} requests by ${clients} clients in ${visits} visits, ${errors} errors`,
    `${broken} lines could not be read${samples.length > 0 ? ', such as' : ''}`,
    ...samples.map((sample) => chalk.yellow(`  ${printable(sample)}`)),
  ];
  if (summary.checked) text.push(chalk.green('checked: every count of every client is right'));
  return `${text.join('\n')}\n`;
}

function topTable({ top, requests }: Summary): string {
  const titles = ['client', 'requests', 'share', 'MB', 'errors', 'visits'];
  const table = new Table({
    head: titles.map((title) => chalk.bold(title)),
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [] },
  });
  for (const counts of top) {
    table.push([
      shortened(printable(counts.client)),
      counts.requests,
      `${((counts.requests / requests) * PERCENT).toFixed(2)} %`,
      (counts.bytes / MEGA).toFixed(1),
      counts.errors,
      counts.visits,
    ]);
  }
  return table.toString();
}

/** A table is to fit a terminal. */
function shortened(text: string): string {
  return text.length <= CLIENT_WIDTH ? text : `${text.slice(0, CLIENT_WIDTH - 1)}…`;
}

/** A log is written by strangers: none of it may reach the terminal as it is. */
function printable(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, (character) => {
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
}

/** All clients, one a line. */
export function* tabSeparated(clients: readonly ClientCount[]): Generator<string, void, undefined> {
  yield 'client\trequests\tbytes\terrors\tvisits\n';
  for (const { client, requests, bytes, errors, visits } of clients) {
    yield `${printable(client)}\t${requests}\t${bytes}\t${errors}\t${visits}\n`;
  }
}
