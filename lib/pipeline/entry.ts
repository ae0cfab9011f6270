/** How an item enters: by which flow, by which priority. */
import { invalid } from '../crew/checks.js';
import { PRIORITY } from '../eventdev/event.js';
import type { FlowKey } from './contract.js';
import { flowOf } from './flow.js';

const PRIORITY_MAX = 255;

export class Entry {
  /** Of the first stage; it has precedence. */
  readonly #key: ((item: unknown) => FlowKey) | undefined;

  /** Called once, when an item without a key comes. */
  #onKeyless: (() => void) | undefined;

  constructor(key: ((item: unknown) => FlowKey) | undefined, onKeyless: () => void) {
    this.#key = key;
    this.#onKeyless = onKeyless;
  }

  /** The key function is called here. */
  get hasKey(): boolean {
    return this.#key !== undefined;
  }

  /** @throws DlbError ERR_DLB_INVALID_ARGUMENT; what the key function throws. */
  flow(item: unknown, given: FlowKey | undefined): number {
    if (this.#key !== undefined) return flowOf(this.#key(item));
    if (given !== undefined) return flowOf(given);
    this.#onKeyless?.();
    this.#onKeyless = undefined;
    return 0;
  }

  /** @throws DlbError ERR_DLB_INVALID_ARGUMENT */
  priority(given: number | undefined): number {
    if (given === undefined) return PRIORITY.NORMAL;
    if (Number.isInteger(given) && given >= 0 && given <= PRIORITY_MAX) return given;
    throw invalid('priority out of range', 'priority', given, { min: 0, max: PRIORITY_MAX });
  }
}
