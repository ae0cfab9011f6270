/** Handlers of lines, as strings and as bytes, and of records. */
export function upper(line: string): string {
  if (line === 'wrong') throw new Error('a wrong line');
  return line.toUpperCase();
}

export function lengthOf(line: Uint8Array): number {
  return line.length;
}

export interface Order {
  readonly id: number;
  readonly amount: number;
}

export function doubled({ id, amount }: Order): Order {
  return { id, amount: 2 * amount };
}
