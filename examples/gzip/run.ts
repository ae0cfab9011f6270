/** One run: from the input to the checked file and the summary. */
import { openInput } from '../command/input.js';
import type { Input } from '../command/input.js';
import { openOutput } from '../command/output.js';
import { inScratch } from '../command/scratch.js';
import { writeOut } from '../command/standard-output.js';
import { checkFile } from './check.js';
import { compress } from './compress.js';
import type { Compression } from './compress.js';
import { GeneratedText } from './generated-text.js';
import type { GzipCommand } from './options.js';
import { renderSummary, summarize } from './report.js';

const SEED = 1;

export async function runGzip(command: GzipCommand, signal: AbortSignal): Promise<void> {
  const { file, generate, output } = command;
  const input =
    file === undefined ? new GeneratedText(generate, SEED) : await openInput(file, signal);
  try {
    const result =
      output === undefined
        ? await inScratch('result.gz', (name) => compressInto(command, input, name, signal))
        : await compressInto(command, input, output, signal);
    const summary = summarize(command, result);
    const text = command.json ? `${JSON.stringify(summary)}\n` : renderSummary(summary);
    if (output === '-') process.stderr.write(text);
    else await writeOut(text);
  } finally {
    await input.close();
  }
}

async function compressInto(
  command: GzipCommand,
  input: Input,
  name: string,
  signal: AbortSignal,
): Promise<Compression> {
  const output = await openOutput(name, input.identity);
  try {
    const result = await compress(input, output, command, signal);
    await output.commit();
    if (command.check) await checkFile(name, result, signal);
    return result;
  } finally {
    await output.discard();
  }
}
