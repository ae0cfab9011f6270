/** A table for people, an object for programs. */
import chalk from 'chalk';
import Table from 'cli-table3';
import type { Association } from './associations.js';
import type { Passage } from './gateway.js';
import type { GatewayCommand } from './options.js';

const ROWS_MAX = 16;

/** What was done, in numbers. */
export interface Summary {
  readonly input: string;
  readonly output: string | null;
  readonly packets: number;
  readonly sealed: number;
  readonly notIp: number;
  readonly refused: readonly { reason: string; count: number; first: number }[];
  readonly associations: readonly {
    spi: number;
    packets: number;
    bytes: number;
    lastSequence: number;
  }[];
  readonly workers: number;
  readonly seconds: number;
  readonly packetsPerSecond: number;
  /** Packets that were decrypted and compared; null: not checked. */
  readonly checked: number | null;
}

export function summarize(
  { input, output, workers }: GatewayCommand,
  { tally, packets, notIp, seconds }: Passage,
  associations: readonly Association[],
  checked: number | undefined,
): Summary {
  return {
    input,
    output: output ?? null,
    packets,
    sealed: tally.sealed,
    notIp,
    refused: [...tally.refusals].map(([reason, refusal]) => ({ reason, ...refusal })),
    associations: associations.map(({ spi }, i) => ({ spi, ...tally.associations[i]! })),
    workers,
    seconds,
    packetsPerSecond: seconds > 0 ? packets / seconds : 0,
    checked: checked ?? null,
  };
}

export function renderSummary(summary: Summary): string {
  const { packets, sealed, notIp, refused, seconds, packetsPerSecond, checked, workers } = summary;
  const lines = [
    associationTable(summary),
    `${packets} packets in ${seconds.toFixed(2)} s (${Math.round(packetsPerSecond)} packets/s, ` +
      `${workers} ${workers === 1 ? 'worker' : 'workers'})`,
    `sealed ${sealed}, not IP ${notIp}, refused ${packets - sealed - notIp}`,
    ...refused
      .slice(0, ROWS_MAX)
      .map(({ reason, count, first }) =>
        chalk.yellow(`refused ${count}: ${reason} (first: packet ${first})`),
      ),
  ];
  if (refused.length > ROWS_MAX) lines.push(`and for ${refused.length - ROWS_MAX} more reasons`);
  if (checked !== null) {
    lines.push(
      chalk.green(`checked: all ${checked} decrypted, compared, and numbered without gap`),
    );
  }
  return `${lines.join('\n')}\n`;
}

function associationTable({ associations }: Summary): string {
  const table = new Table({
    head: ['SPI', 'packets', 'bytes', 'last sequence'].map((title) => chalk.bold(title)),
    colAligns: ['left', 'right', 'right', 'right'],
    style: { head: [], border: [] },
  });
  for (const { spi, packets, bytes, lastSequence } of associations.slice(0, ROWS_MAX)) {
    table.push([`0x${spi.toString(16)}`, packets, bytes, lastSequence]);
  }
  const more = associations.length - ROWS_MAX;
  return more > 0 ? `${table.toString()}\nand ${more} more` : table.toString();
}
