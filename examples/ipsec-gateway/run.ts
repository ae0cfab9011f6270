/** One run: from the capture to the checked result and the summary. */
import { Failure } from '../command/failure.js';
import { intoOutput } from '../command/output.js';
import type { OutputTarget } from '../command/output.js';
import { inScratch } from '../command/scratch.js';
import { writeOut } from '../command/standard-streams.js';
import { deriveAssociations, wiresharkTable } from './associations.js';
import type { Association } from './associations.js';
import { CaptureSource } from './capture-source.js';
import { checkPassage } from './check.js';
import { passThrough } from './gateway.js';
import type { Passage } from './gateway.js';
import { sameOutput } from './options.js';
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
  const into = (name: string) => sealInto(name, command, associations, signal);
  const { passage, damage, checked, carrier } =
    output === undefined ? await inScratch('sealed.pcap', into) : await into(output);
  const summary = summarize(command, passage, associations, checked);
  const text = command.json ? `${JSON.stringify(summary)}\n` : renderSummary(summary);
  await writeOut(text, carrier);
  if (damage !== undefined) throw new Failure(damage);
}

async function sealInto(
  name: string,
  command: GatewayCommand,
  associations: readonly Association[],
  signal: AbortSignal,
): Promise<Result> {
  const { keys } = command;
  const source = await CaptureSource.open(command.input, command.repeat, signal);
  const { identity } = source;
  try {
    return await intoOutput([name, identity], async (output) => {
      const seal = () => sealAndCheck(command, source, output, associations, signal);
      if (keys === undefined) return seal();
      // They appear first: without them nobody could open the packets.
      return intoOutput([keys, identity, PRIVATE_MODE], async (target) => {
        if (target.stream !== undefined && target.stream === output.stream) throw sameOutput();
        await target.write(Buffer.from(wiresharkTable(associations)));
        const result = await seal();
        return { ...result, carrier: output.stream ?? target.stream };
      });
    });
  } finally {
    await source.close();
  }
}

async function sealAndCheck(
  command: GatewayCommand,
  source: CaptureSource,
  output: OutputTarget,
  associations: readonly Association[],
  signal: AbortSignal,
): Promise<Result> {
  const passage = await passThrough(source, output, associations, command, signal);
  const { damage, comesAgain } = source;
  const checked =
    command.check && comesAgain && output.readableAt !== undefined
      ? await checkPassage(command, output.readableAt, associations, signal)
      : undefined;
  return { passage, damage, checked, carrier: output.stream };
}
