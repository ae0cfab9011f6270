/** What the command says: text for people, JSON for programs. */
import { Chalk } from 'chalk';
import type { ChalkInstance } from 'chalk';
import Table from 'cli-table3';
import { stripVTControlCharacters } from 'node:util';
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

  /** A line. Resolves when the system has it. */
  print(line: string): Promise<void> {
    return this.write(`${line}\n`);
  }

  printJson(value: unknown): Promise<void> {
    return this.print(JSON.stringify(value));
  }

  write(data: string): Promise<void> {
    return new Promise((resolve) => {
      // Who reads no more is dealt with where the stream reports it.
      process.stdout.write(data, () => resolve());
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

/** Names are a program's: what would move the cursor of a terminal is not shown. */
export function printable(text: string): string {
  // eslint-disable-next-line no-control-regex
  return stripVTControlCharacters(text).replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ');
}

export function shown(value: TreeValue | undefined): string {
  if (value === undefined) return '';
  return printable(typeof value === 'string' ? value : JSON.stringify(value));
}
