/** One file: input to output through the pool, as `openssl enc -aes-256-ctr` would write it. */
import { createPadata } from '../../lib/index.js';
import { openInput } from '../command/input.js';
import type { Input } from '../command/input.js';
import type { FileCommand } from './options.js';
import { intoOutput } from '../command/output.js';
import type { OutputTarget } from '../command/output.js';
import { makeProgress } from '../command/progress.js';
import { writeOut, writeTo } from '../command/standard-streams.js';

/** Chunks in flight: enough to keep threads busy, few enough that memory stays bounded. */
const CHUNKS_PER_WORKER = 4;
const FLIGHT_BYTES_MAX = 256 << 20;
const END = -1;
const MEGA = 1e6;

interface FileResult {
  readonly bytes: number;
  readonly seconds: number;
}

export async function runFileJob(command: FileCommand, signal: AbortSignal): Promise<void> {
  const input = await openInput(command.input, signal);
  try {
    const result = await intoOutput([command.output, input.identity], async (output) => {
      const done = await encrypt(command, input, output, signal);
      return { ...done, stream: output.stream };
    });
    await report(command, result);
  } finally {
    await input.close();
  }
}

async function encrypt(
  command: FileCommand,
  input: Input,
  output: OutputTarget,
  signal: AbortSignal,
): Promise<FileResult> {
  const { key, iv, chunk, workers } = command;
  signal.throwIfAborted();
  const progress = makeProgress(process.stderr, command.json || output.stream === process.stderr);
  await using padata = await createPadata({
    name: 'file',
    module: new URL('./threads/chunk-job.js', import.meta.url),
    context: { key, iv, chunk },
    bytes: chunk,
    workers,
    jobs: chunksInFlight(chunk, workers),
    control: command.control,
  });
  const startedAt = performance.now();
  let bytes = 0;
  progress.start(command.decrypt ? 'decrypting' : 'encrypting', input.size, 'bytes');
  try {
    await padata.run(
      async (buffer) => (await input.read(buffer)) || END,
      async (result) => {
        await output.write(result);
        bytes += result.length;
        progress.advance(result.length);
      },
      { signal },
    );
  } finally {
    progress.stop();
  }
  return { bytes, seconds: (performance.now() - startedAt) / 1000 };
}

function chunksInFlight(chunk: number, workers: number): number {
  const affordable = Math.floor(FLIGHT_BYTES_MAX / chunk);
  return Math.max(2, Math.min(workers * CHUNKS_PER_WORKER, affordable));
}

async function report(
  command: FileCommand,
  { bytes, seconds, stream }: FileResult & Pick<OutputTarget, 'stream'>,
): Promise<void> {
  const { input, output, workers, chunk, decrypt, json } = command;
  const megabytesPerSecond = seconds > 0 ? bytes / MEGA / seconds : 0;
  if (json) {
    const done = { operation: decrypt ? 'decrypt' : 'encrypt', cipher: 'aes-256-ctr' };
    const data = { ...done, input, output, bytes, chunk, workers, seconds, megabytesPerSecond };
    await writeOut(`${JSON.stringify(data)}\n`, stream);
    return;
  }
  const text =
    `${decrypt ? 'decrypted' : 'encrypted'} ${bytes} bytes in ${seconds.toFixed(2)} s ` +
    `(${megabytesPerSecond.toFixed(0)} MB/s, ${workers} ${workers === 1 ? 'worker' : 'workers'})\n`;
  await writeTo(stream === process.stderr ? process.stdout : process.stderr, text);
}
