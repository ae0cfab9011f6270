import { DlbError } from '../eventdev/errors.js';

/** For relations that hold by construction: a failure is a defect of softdlb. */
export function assert(
  holds: boolean,
  what: string,
  details?: Record<string, unknown>,
): asserts holds {
  if (!holds) throw new DlbError('ERR_DLB_INTERNAL_ERROR', what, details);
}
