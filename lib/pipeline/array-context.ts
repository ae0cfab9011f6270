/** The second argument of a handler that takes arrays, in its worker. */
import type { BatchContext } from './batch-contract.js';
import { CallContext } from './call-context.js';
import type { Cell } from './cell.js';
import type { Held } from './held.js';

export class ArrayContext extends CallContext implements BatchContext {
  override readonly hasSeveral = true;
  flows: readonly number[] = [];

  override show(cell: Cell, flow: number, attempt: number): void {
    super.show(cell, flow, attempt);
    this.flows = [flow];
  }

  /** For the next call, of items of one session that were never called at this stage. */
  showAll(helds: readonly Held[]): void {
    const [{ cell, index }] = helds as [Held];
    super.show(cell, cell.flow(index), 0);
    this.flows = helds.map((held) => held.cell.flow(held.index));
  }
}
