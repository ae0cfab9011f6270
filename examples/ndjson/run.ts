/** One run: writes the file, goes through it in both ways, and compares. */
import { Failure } from '../command/failure.js';
import { makeProgress } from '../command/progress.js';
import type { Progress } from '../command/progress.js';
import { inScratch } from '../command/scratch.js';
import { writeOut } from '../command/standard-streams.js';
import { writePositions } from './generated-file.js';
import { inPipeline } from './in-pipeline.js';
import type { NdjsonCommand } from './options.js';
import { inPlainLoop } from './plain-loop.js';
import { renderSummary, summarize } from './report.js';
import type { Outcome } from './results.js';

export async function runNdjson(command: NdjsonCommand, signal: AbortSignal): Promise<void> {
  const { json, lines, workers } = command;
  const progress = makeProgress(process.stderr, json);
  const step = async <T>(what: string, work: (advance: Progress['advance']) => Promise<T>) => {
    progress.start(what, lines, 'lines');
    try {
      return await work((count) => progress.advance(count));
    } finally {
      progress.stop();
    }
  };
  await inScratch('positions.ndjson', async (file) => {
    await step('writing the file', (advance) => writePositions(file, lines, advance, signal));
    const plain = await step('plain loop', (advance) => inPlainLoop(file, advance, signal));
    const piped = await step('pipeline', (advance) => inPipeline(file, workers, advance, signal));
    compare(lines, plain, piped);
    const summary = summarize(workers, plain, piped);
    await writeOut(json ? `${JSON.stringify(summary)}\n` : renderSummary(summary));
  });
}

/** @throws Failure for the first thing that is not as it should be. */
export function compare(lines: number, plain: Outcome, piped: Outcome): void {
  expectSame('results of the plain loop', plain.count, lines);
  expectSame('results of the pipeline', piped.count, lines);
  for (const [i, expected] of plain.trips.entries()) {
    const found = JSON.stringify(piped.trips[i]);
    expectSame(`the trip of ${expected.bus}`, found, JSON.stringify(expected));
  }
  expectSame('SHA-256 of all results', piped.digest, plain.digest);
}

function expectSame(what: string, found: unknown, expected: unknown): void {
  if (found === expected) return;
  throw new Failure(`wrong: ${what}: ${String(found)}, should be ${String(expected)}`);
}
