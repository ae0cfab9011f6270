/** One run: from the log to the checked counts and the report. */
import { Failure } from '../command/failure.js';
import { openInput } from '../command/input.js';
import type { Input } from '../command/input.js';
import { openOutput } from '../command/output.js';
import type { OutputTarget } from '../command/output.js';
import { makeProgress } from '../command/progress.js';
import { writeOut } from '../command/standard-streams.js';
import { analyse } from './analysis.js';
import { checkCounts } from './check.js';
import { GeneratedLog } from './generated-log.js';
import type { AccessLogCommand } from './options.js';
import { renderSummary, summarize, tabSeparated } from './report.js';

export async function runAccessLog(command: AccessLogCommand, signal: AbortSignal): Promise<void> {
  const { file, lines, seed, output: name } = command;
  const input = file === undefined ? new GeneratedLog(lines, seed) : await openInput(file, signal);
  try {
    const output = name === undefined ? undefined : await openOutput(name, input.identity);
    try {
      await countInto(output, command, input, signal);
    } finally {
      await output?.discard();
    }
  } finally {
    await input.close();
  }
}

async function countInto(
  output: OutputTarget | undefined,
  command: AccessLogCommand,
  input: Input,
  signal: AbortSignal,
): Promise<void> {
  const isQuiet = command.json || output?.stream === process.stderr;
  const progress = makeProgress(process.stderr, isQuiet);
  const analysis = await analyse(input, command, progress, signal);
  if (input instanceof GeneratedLog) checkCounts(analysis, input);
  // Of a generated log that is known to be right.
  const nothing = command.file === undefined ? undefined : analysis.nothing;
  if (nothing === undefined) {
    await output?.write(Buffer.from([...tabSeparated(analysis.clients)].join('')));
    await output?.commit();
  }
  const summary = summarize(command, analysis);
  const text = command.json ? `${JSON.stringify(summary)}\n` : renderSummary(summary);
  await writeOut(text, output?.stream);
  const failure = analysis.damage ?? nothing;
  if (failure !== undefined) throw new Failure(failure);
}
