/** A few lines for people, an object for programs. */
import chalk from 'chalk';
import type { Compression } from './compress.js';
import type { GzipCommand } from './options.js';

const MEGA = 1e6;
const PERCENT = 100;

/** What was done, in numbers. */
export interface Summary {
  readonly file: string | null;
  readonly output: string | null;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly level: number;
  readonly block: number;
  readonly workers: number;
  readonly seconds: number;
  readonly megabytesPerSecond: number;
  /** Whether it was decompressed and compared. */
  readonly checked: boolean;
}

export function summarize(
  { file, output, level, block, workers }: GzipCommand,
  { bytesIn, bytesOut, seconds, digest }: Compression,
): Summary {
  return {
    file: file ?? null,
    output: output ?? null,
    bytesIn,
    bytesOut,
    level,
    block,
    workers,
    seconds,
    megabytesPerSecond: seconds > 0 ? bytesIn / MEGA / seconds : 0,
    checked: digest !== undefined,
  };
}

export function renderSummary(summary: Summary): string {
  const { bytesIn, bytesOut, level, seconds, megabytesPerSecond, workers, checked } = summary;
  const share = bytesIn > 0 ? ` (${((bytesOut / bytesIn) * PERCENT).toFixed(1)} %)` : '';
  const speed = `${megabytesPerSecond.toFixed(0)} MB/s, level ${level}`;
  const lines = [
    `${bytesIn} bytes became ${bytesOut}${share} in ${seconds.toFixed(2)} s ` +
      `(${speed}, ${workers} ${workers === 1 ? 'worker' : 'workers'})`,
  ];
  if (checked) lines.push(chalk.green('checked: decompressed, it is what went in'));
  return `${lines.join('\n')}\n`;
}
