/** What the command says: text for people, JSON for programs. */
import { Chalk } from 'chalk';
import type { ChalkInstance } from 'chalk';
import Table from 'cli-table3';
import { printable, printableJson } from '../control/index.js';
import type { TreeValue } from '../index.js';

export class Output {
  readonly json: boolean;
  readonly paint: ChalkInstance;
  /** Whether a person looks at it as it comes. */
  readonly isTerminal: boolean;

  constructor(json: boolean, color: boolean) {
    this.json = json;
    this.isTerminal = process.stdout.isTTY;
    const colored = color && (process.env['NO_COLOR'] ?? '') === '';
    this.paint = colored ? new Chalk() : new Chalk({ level: 0 });
  }

  /** A line, whatever it holds. Resolves when the system has it. */
  print(line: string): Promise<void> {
    return this.write(`${printable(line)}\n`);
  }

  /** Lines, each whatever it holds. */
  printLines(lines: string): Promise<void> {
    return this.write(lines.split('\n').map(printable).join('\n'));
  }

  printJson(value: unknown, space = 0): Promise<void> {
    return this.write(`${printableJson(JSON.stringify(value, null, space))}\n`);
  }

  /** As it is: what is not ours in it has been made printable. */
  write(data: string): Promise<void> {
    return new Promise((resolve) => {
      // What cannot be written is told where the stream reports it, and ends the command.
      process.stdout.write(data, (error) => {
        if (!error) resolve();
      });
    });
  }

  /** Columns; those in `right` are aligned for numbers. */
  table(
    head: readonly string[],
    rows: readonly (readonly string[])[],
    right: readonly number[],
  ): string {
    const table = new Table({
      head: head.map((each) => this.paint.dim(each)),
      colAligns: head.map((_, i) => (right.includes(i) ? 'right' : 'left')),
      chars: PLAIN,
      style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
    });
    table.push(...rows.map((row) => row.map(printable)));
    const lines = table.toString().split('\n');
    return lines.map((line) => line.trimEnd()).join('\n');
  }
}

const PLAIN = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '',
};

export function shown(value: TreeValue | undefined): string {
  if (value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
