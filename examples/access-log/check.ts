/** The counts against what the generator knows. */
import { Failure } from '../command/failure.js';
import type { Analysis } from './analysis.js';
import type { Truth } from './generated-log.js';

const NUMBERS = ['requests', 'bytes', 'errors', 'visits'] as const;

/** @throws Failure for the first number that is not what it should be. */
export function checkCounts({ clients, broken }: Analysis, truth: Truth): void {
  compare('broken lines', broken, truth.broken);
  compare('clients', clients.length, truth.clients.size);
  for (const counted of clients) {
    const expected = truth.clients.get(counted.client);
    if (expected === undefined) throw new Failure(`wrong: nobody is called ${counted.client}`);
    for (const name of NUMBERS) {
      compare(`${name} of ${counted.client}`, counted[name], expected[name]);
    }
  }
}

function compare(what: string, counted: number, expected: number): void {
  if (counted !== expected) throw new Failure(`wrong: ${what}: ${counted}, should be ${expected}`);
}
