/** The gateway: a capture in, through three stages, a capture of ESP packets out. */
import { createPipeline, stage } from '../../lib/index.js';
import { Failure } from '../command/failure.js';
import type { OutputTarget } from '../command/output.js';
import { makeProgress } from '../command/progress.js';
import type { Association } from './associations.js';
import type { CaptureSource } from './capture-source.js';
import { CaptureWriter } from './capture-writer.js';
import type { GatewayCommand } from './options.js';
import { bytesOf } from './record.js';
import type { classify, ClassifyContext } from './stages/classify.js';
import type { seal, SealContext } from './stages/seal.js';
import type { sequence, SequenceContext } from './stages/sequence.js';
import { Tally } from './tally.js';

/** What a packet has before it in a capture. */
const PACKET_HEADER_BYTES = 16;

export interface Passage {
  readonly tally: Tally;
  readonly packets: number;
  readonly notIp: number;
  readonly seconds: number;
}

function stagesFor(linkType: number, associations: readonly Association[]) {
  const counters = new SharedArrayBuffer(associations.length * Uint32Array.BYTES_PER_ELEMENT);
  return [
    stage<typeof classify>({
      module: new URL('./stages/classify.js', import.meta.url),
      handler: 'classify',
      schedule: 'ordered',
      onError: 'dead-letter',
      context: { linkType, associations: associations.length } satisfies ClassifyContext,
    }),
    stage<typeof sequence>({
      module: new URL('./stages/sequence.js', import.meta.url),
      handler: 'sequence',
      schedule: 'atomic',
      flow: 'association',
      context: { counters } satisfies SequenceContext,
    }),
    stage<typeof seal>({
      module: new URL('./stages/seal.js', import.meta.url),
      handler: 'seal',
      schedule: 'ordered',
      context: { associations } satisfies SealContext,
    }),
  ] as const;
}

/** @throws Failure when a packet got lost. */
export async function passThrough(
  source: CaptureSource,
  output: OutputTarget,
  associations: readonly Association[],
  { workers, json }: GatewayCommand,
  signal: AbortSignal,
): Promise<Passage> {
  const { linkType, nanoseconds } = source.format;
  const tally = new Tally(associations.length);
  await using pipeline = await createPipeline({
    name: 'gateway',
    workers,
    stages: stagesFor(linkType, associations),
    onDeadLetter: (letter) => tally.takeRefused(letter),
  });
  const writer = new CaptureWriter(output, nanoseconds);
  const progress = makeProgress(process.stderr, json || output.stream === process.stderr);
  const startedAt = performance.now();
  progress.start('sealing', source.size, 'bytes');
  try {
    for await (const record of pipeline.run(watched(source, progress.advance.bind(progress)), {
      signal,
    })) {
      tally.takeSealed(record);
      await writer.write(record);
    }
    await writer.flush();
  } finally {
    progress.stop();
  }
  const seconds = (performance.now() - startedAt) / 1000;
  const notIp = pipeline.stats().stages[0]!.ended;
  const { packets } = source;
  const missing = packets - tally.sealed - tally.refused - notIp;
  if (missing !== 0) throw new Failure(`${missing} of ${packets} packets got lost`);
  return { tally, packets, notIp, seconds };
}

/** Each packet as it is let in. */
async function* watched(
  source: CaptureSource,
  advance: (bytes: number) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const record of source.records()) {
    advance(PACKET_HEADER_BYTES + bytesOf(record).length);
    yield record;
  }
}
