/** One run: from the log to the checked counts and the report. */
import { openInput } from '../command/input.js';
import type { FileIdentity } from '../command/input.js';
import { openOutput } from '../command/output.js';
import { writeOut } from '../command/standard-output.js';
import { analyse } from './analysis.js';
import type { Analysis } from './analysis.js';
import { checkCounts } from './check.js';
import { GeneratedLog } from './generated-log.js';
import type { AccessLogCommand } from './options.js';
import { renderSummary, summarize, tabSeparated } from './report.js';

export async function runAccessLog(command: AccessLogCommand, signal: AbortSignal): Promise<void> {
  const analysis =
    command.file === undefined
      ? await checkedAnalysis(command, signal)
      : await fileAnalysis(command, command.file, signal);
  const summary = summarize(command, analysis);
  const text = command.json ? `${JSON.stringify(summary)}\n` : renderSummary(summary);
  if (command.output === '-') process.stderr.write(text);
  else await writeOut(text);
}

async function checkedAnalysis(command: AccessLogCommand, signal: AbortSignal): Promise<Analysis> {
  const log = new GeneratedLog(command.lines, command.seed);
  const analysis = await analyse(log, command, signal);
  checkCounts(analysis, log);
  await writeClients(command, analysis, undefined);
  return analysis;
}

async function fileAnalysis(
  command: AccessLogCommand,
  file: string,
  signal: AbortSignal,
): Promise<Analysis> {
  const input = await openInput(file, signal);
  try {
    const analysis = await analyse(input, command, signal);
    await writeClients(command, analysis, input.identity);
    return analysis;
  } finally {
    await input.close();
  }
}

async function writeClients(
  { output: name }: AccessLogCommand,
  { clients }: Analysis,
  input: FileIdentity | undefined,
): Promise<void> {
  if (name === undefined) return;
  const output = await openOutput(name, input);
  try {
    await output.write(Buffer.from([...tabSeparated(clients)].join('')));
    await output.commit();
  } finally {
    await output.discard();
  }
}
