/** A table for people, an object for programs. */
import chalk from 'chalk';
import Table from 'cli-table3';
import type { Outcome } from './results.js';
import type { Trip } from './position.js';

const TOP = 5;

interface Way {
  readonly results: number;
  /** SHA-256 of all results, in their order. */
  readonly digest: string;
  readonly seconds: number;
  readonly linesPerSecond: number;
}

/** What was found, in numbers. It is made when both ways agree. */
export interface Summary {
  readonly lines: number;
  readonly buses: number;
  readonly kilometres: number;
  readonly workers: number;
  readonly plain: Way;
  readonly pipeline: Way;
  /** Those that have come farthest, by both ways. */
  readonly top: readonly { readonly plain: Trip; readonly pipeline: Trip }[];
}

export function summarize(workers: number, plain: Outcome, piped: Outcome): Summary {
  const pairs = plain.trips.map((trip, i) => ({ plain: trip, pipeline: piped.trips[i]! }));
  return {
    lines: plain.count,
    buses: plain.trips.length,
    kilometres: plain.trips.reduce((sum, trip) => sum + trip.kilometres, 0),
    workers,
    plain: wayOf(plain),
    pipeline: wayOf(piped),
    top: pairs.sort((a, b) => b.plain.kilometres - a.plain.kilometres).slice(0, TOP),
  };
}

function wayOf({ count, digest, seconds }: Outcome): Way {
  return { results: count, digest, seconds, linesPerSecond: seconds > 0 ? count / seconds : 0 };
}

export function renderSummary(summary: Summary): string {
  const { lines, buses, kilometres, workers, plain, pipeline, top } = summary;
  const ratio = (plain.seconds / pipeline.seconds).toFixed(2);
  const text = [
    ...(top.length > 0 ? [topTable(top)] : []),
    `${lines} positions of ${buses} buses, ${kilometres.toFixed(1)} km`,
    `plain loop  ${timing(plain)}`,
    `pipeline    ${timing(pipeline)}, ${workers} ${workers === 1 ? 'worker' : 'workers'}`,
    ...(lines > 0 ? [`            ${ratio} x the speed of the plain loop`] : []),
    chalk.green('checked: both have the same results, in the same order'),
  ];
  return `${text.join('\n')}\n`;
}

function timing({ seconds, linesPerSecond }: Way): string {
  return `${seconds.toFixed(2)} s, ${Math.round(linesPerSecond)} lines/s`;
}

function topTable(top: Summary['top']): string {
  const titles = ['bus', 'positions', 'stops', 'km, plain loop', 'km, pipeline'];
  const table = new Table({
    head: titles.map((title) => chalk.bold(title)),
    colAligns: ['left', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [] },
  });
  for (const { plain, pipeline } of top) {
    const distances = [plain, pipeline].map(({ kilometres }) => kilometres.toFixed(3));
    table.push([plain.bus, plain.positions, plain.stops, ...distances]);
  }
  return table.toString();
}
