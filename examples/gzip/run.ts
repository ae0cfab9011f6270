/** One run: from the input to the checked file and the summary. */
import { openInput } from '../command/input.js';
import type { Input } from '../command/input.js';
import { intoOutput } from '../command/output.js';
import type { OutputTarget } from '../command/output.js';
import { inScratch } from '../command/scratch.js';
import { writeOut } from '../command/standard-streams.js';
import { checkFile } from './check.js';
import { compress } from './compress.js';
import type { Compression } from './compress.js';
import { GeneratedText } from './generated-text.js';
import type { GzipCommand } from './options.js';
import { renderSummary, summarize } from './report.js';

const SEED = 1;

interface Written extends Compression {
  /** The standard stream that it went to, if it did. */
  readonly stream: OutputTarget['stream'];
}

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
    await writeOut(text, result.stream);
  } finally {
    await input.close();
  }
}

function compressInto(
  command: GzipCommand,
  input: Input,
  name: string,
  signal: AbortSignal,
): Promise<Written> {
  return intoOutput([name, input.identity], async (output) => {
    const { readableAt, stream } = output;
    const check = command.check && readableAt !== undefined;
    const result = await compress(input, output, { ...command, check }, signal);
    if (check) await checkFile(readableAt, result, signal);
    return { ...result, stream };
  });
}
