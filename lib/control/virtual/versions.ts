/** Which version two ends speak. */
import { DlbError } from '../../eventdev/errors.js';
import type { VersionRange } from './protocol.js';

/** The newest that both speak.
 *  @throws DlbError ERR_DLB_VERSION_MISMATCH when there is none; ERR_DLB_INVALID_ARGUMENT when `theirs` is no range */
export function negotiate(ours: VersionRange, theirs: unknown): number {
  const { min, max } = (theirs ?? {}) as Partial<VersionRange>;
  if (!isVersion(min) || !isVersion(max) || min > max) {
    throw new DlbError('ERR_DLB_INVALID_ARGUMENT', 'versions must be a range', {
      field: 'versions',
      min,
      max,
    });
  }
  const version = Math.min(ours.max, max);
  if (version >= Math.max(ours.min, min)) return version;
  throw new DlbError('ERR_DLB_VERSION_MISMATCH', 'there is no version that both speak', {
    field: 'versions',
    controller: `${ours.min}..${ours.max}`,
    tenant: `${min}..${max}`,
  });
}

/** @throws DlbError ERR_DLB_NOT_SUPPORTED when the command is not known, or came later than `version`. */
export function checkSupported(
  commands: Readonly<Record<string, number>>,
  command: string,
  version: number,
): void {
  const since = Object.hasOwn(commands, command) ? commands[command]! : null;
  if (since !== null && since <= version) return;
  throw new DlbError('ERR_DLB_NOT_SUPPORTED', 'the command is not supported', {
    field: 'command',
    command,
    version,
    ...(since === null ? {} : { since }),
  });
}

function isVersion(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0;
}
