/** Which names the completions of a port choose from, as its specification has it. */
import { wideNames } from '../eventdev/event-name.js';
import { OPAQUE_RANGE } from '../eventdev/limits.js';
import type { PortSpec } from '../eventdev/spec.js';
import * as field from './fields.js';

/** How many names the port's completions choose from; 0: they name none. */
export function namesOf(
  spec: PortSpec,
  at: string,
  independent: boolean,
  capacity: number,
): number {
  const isWide = field.flag(spec.wideNames, `${at}.wideNames`, false);
  if (isWide && !independent) {
    throw field.invalid(`${at}.wideNames`, true, 'false without independentEnqueue');
  }
  if (!independent) return 0;
  return isWide ? wideNames(capacity) : OPAQUE_RANGE;
}
