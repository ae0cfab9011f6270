/** Stage 1, ordered: which security association a frame belongs to; what cannot be forwarded. */
import type { SetupContext, StageContext } from '../../../lib/index.js';
import { admit } from '../admission.js';
import { copyKnowledge, RECORD_BYTES, setAssociation } from '../record.js';

export interface ClassifyContext {
  readonly linkType: number;
  readonly associations: number;
}

let linkType = 0;
let associations = 1;

export function setup({ context }: SetupContext<ClassifyContext>): void {
  ({ linkType, associations } = context);
}

/** Nothing for frames that are not IP. Throws for packets that the tunnel does not take. */
export function classify(record: Uint8Array, context: StageContext): Uint8Array | undefined {
  const packet = admit(record, linkType);
  if (packet === undefined) return undefined;
  const { length } = packet.bytes;
  const result = context.output(RECORD_BYTES + length).subarray(0, RECORD_BYTES + length);
  copyKnowledge(record, result);
  setAssociation(result, packet.flow % associations);
  result.set(packet.bytes, RECORD_BYTES);
  return result;
}
