/** What became of the packets. */
import type { DeadLetter } from '../../lib/index.js';
import { associationOf, bytesOf, numberOf, sequenceOf } from './record.js';

interface AssociationTally {
  packets: number;
  bytes: number;
  lastSequence: number;
}

/** Packets that were refused for one reason. */
interface Refusal {
  count: number;
  /** Number of the first of them. */
  readonly first: number;
}

export class Tally {
  readonly associations: AssociationTally[];
  readonly refusals = new Map<string, Refusal>();
  sealed = 0;
  sealedBytes = 0;

  constructor(associations: number) {
    this.associations = Array.from({ length: associations }, () => {
      return { packets: 0, bytes: 0, lastSequence: 0 };
    });
  }

  takeSealed(record: Uint8Array): void {
    const { length } = bytesOf(record);
    const association = this.associations[associationOf(record)]!;
    association.packets++;
    association.bytes += length;
    association.lastSequence = sequenceOf(record);
    this.sealed++;
    this.sealedBytes += length;
  }

  takeRefused({ item, error }: DeadLetter): void {
    const reason = error.cause instanceof Error ? error.cause.message : error.message;
    const known = this.refusals.get(reason);
    const number = item instanceof Uint8Array ? numberOf(item) : 0;
    if (known === undefined) this.refusals.set(reason, { count: 1, first: number });
    else known.count++;
  }

  get refused(): number {
    return [...this.refusals.values()].reduce((sum, { count }) => sum + count, 0);
  }
}
