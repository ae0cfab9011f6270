/** One run: from the capture to the checked result and the summary. */
import { writeFile } from 'node:fs/promises';
import { Failure, systemFailure } from '../command/failure.js';
import { openOutput } from '../command/output.js';
import { inScratch } from '../command/scratch.js';
import { writeOut } from '../command/standard-output.js';
import { deriveAssociations, wiresharkTable } from './associations.js';
import type { Association } from './associations.js';
import { CaptureSource } from './capture-source.js';
import { checkPassage } from './check.js';
import { passThrough } from './gateway.js';
import type { Passage } from './gateway.js';
import type { GatewayCommand } from './options.js';
import { renderSummary, summarize } from './report.js';

/** Keys are their owner's. */
const PRIVATE_MODE = 0o600;

interface Sealed {
  readonly passage: Passage;
  /** The packet that the capture ends in the middle of. */
  readonly cutIn: number | undefined;
}

export async function runGateway(command: GatewayCommand, signal: AbortSignal): Promise<void> {
  const associations = deriveAssociations(command.masterKey, command.associations);
  await writeKeys(command, associations);
  const { output } = command;
  const sealInto = (name: string) => sealAndCheck(command, name, associations, signal);
  const { passage, cutIn, checked } =
    output === undefined ? await inScratch('sealed.pcap', sealInto) : await sealInto(output);
  const summary = summarize(command, passage, associations, checked);
  const text = command.json ? `${JSON.stringify(summary)}\n` : renderSummary(summary);
  if (output === '-') process.stderr.write(text);
  else await writeOut(text);
  if (cutIn !== undefined) {
    throw new Failure(`${command.input} ends in the middle of packet ${cutIn}, which is left out`);
  }
}

async function sealAndCheck(
  command: GatewayCommand,
  output: string,
  associations: readonly Association[],
  signal: AbortSignal,
): Promise<Sealed & { checked: number | undefined }> {
  const sealed = await seal(command, output, associations, signal);
  const checked = command.check
    ? await checkPassage(command, output, associations, signal)
    : undefined;
  return { ...sealed, checked };
}

async function seal(
  command: GatewayCommand,
  outputName: string,
  associations: readonly Association[],
  signal: AbortSignal,
): Promise<Sealed> {
  const source = await CaptureSource.open(command.input, command.repeat, signal);
  try {
    const output = await openOutput(outputName, source.identity);
    try {
      const passage = await passThrough(source, output, associations, command, signal);
      await output.commit();
      return { passage, cutIn: source.cutIn };
    } finally {
      await output.discard();
    }
  } finally {
    await source.close();
  }
}

async function writeKeys(
  { keys }: GatewayCommand,
  associations: readonly Association[],
): Promise<void> {
  if (keys === undefined) return;
  try {
    await writeFile(keys, wiresharkTable(associations), { mode: PRIVATE_MODE });
  } catch (error) {
    throw systemFailure(`cannot write ${keys}`, error);
  }
}
