/** One run: from the capture to the checked result and the summary. */
import { Failure } from '../command/failure.js';
import { openOutput, writeText } from '../command/output.js';
import type { OutputTarget } from '../command/output.js';
import { inScratch } from '../command/scratch.js';
import { writeOut } from '../command/standard-streams.js';
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

interface Result {
  readonly passage: Passage;
  /** What is wrong behind the last packet that could be read. */
  readonly damage: string | undefined;
  /** Packets that were opened and compared. */
  readonly checked: number | undefined;
  /** The standard stream that carries keys or packets, if one does. */
  readonly carrier: OutputTarget['stream'];
}

export async function runGateway(command: GatewayCommand, signal: AbortSignal): Promise<void> {
  const associations = deriveAssociations(command.masterKey, command.associations);
  const { output } = command;
  const sealInto = (name: string) => sealAndCheck(command, name, associations, signal);
  const { passage, damage, checked, carrier } =
    output === undefined ? await inScratch('sealed.pcap', sealInto) : await sealInto(output);
  const summary = summarize(command, passage, associations, checked);
  const text = command.json ? `${JSON.stringify(summary)}\n` : renderSummary(summary);
  await writeOut(text, carrier);
  if (damage !== undefined) throw new Failure(damage);
}

async function sealAndCheck(
  command: GatewayCommand,
  name: string,
  associations: readonly Association[],
  signal: AbortSignal,
): Promise<Result> {
  const { keys } = command;
  const source = await CaptureSource.open(command.input, command.repeat, signal);
  try {
    const text = wiresharkTable(associations);
    // First: without the keys nobody could open the packets.
    const keysStream =
      keys === undefined ? undefined : await writeText(text, keys, source.identity, PRIVATE_MODE);
    const output = await openOutput(name, source.identity);
    try {
      const passage = await passThrough(source, output, associations, command, signal);
      const { damage, comesAgain } = source;
      const checked =
        command.check && comesAgain && output.readableAt !== undefined
          ? await checkPassage(command, output.readableAt, associations, signal)
          : undefined;
      await output.commit();
      return { passage, damage, checked, carrier: output.stream ?? keysStream };
    } finally {
      await output.discard();
    }
  } finally {
    await source.close();
  }
}
