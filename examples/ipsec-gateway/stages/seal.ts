/** Stage 3, ordered: the packet encrypted, authenticated and addressed to the other gateway. */
import type { SetupContext, StageContext } from '../../../lib/index.js';
import type { Association } from '../associations.js';
import { Sealer, sealedLength } from '../esp.js';
import { associationOf, bytesOf, copyKnowledge, RECORD_BYTES, sequenceOf } from '../record.js';

export interface SealContext {
  readonly associations: readonly Association[];
}

let sealers: Sealer[] = [];

export function setup({ context }: SetupContext<SealContext>): void {
  sealers = context.associations.map((each) => new Sealer(each));
}

export function seal(record: Uint8Array, context: StageContext): Uint8Array {
  const packet = bytesOf(record);
  const length = RECORD_BYTES + sealedLength(packet.length);
  const result = context.output(length).subarray(0, length);
  copyKnowledge(record, result);
  sealers[associationOf(record)]!.seal(packet, sequenceOf(record), bytesOf(result));
  return result;
}
