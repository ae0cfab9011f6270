/** What goes wrong, as a status and a body: `{ code, message, details }`. */
import { DlbError, plainDetails } from '../../eventdev/errors.js';
import type { ErrorCode } from '../../eventdev/errors.js';
import { reasonOf } from '../../eventdev/text.js';

/** A request that is refused for what HTTP says, not for what it asks. */
export class HttpRefusal extends DlbError {
  readonly status: number;

  constructor(
    status: number,
    code: ErrorCode,
    what: string,
    details: Record<string, unknown> = {},
  ) {
    super(code, what, details);
    this.status = status;
  }
}

export interface ErrorBody {
  readonly code: string;
  readonly message: string;
  readonly details: Record<string, unknown>;
}

const STATUS: Partial<Record<ErrorCode, number>> = {
  ERR_DLB_FEATURE_UNAVAILABLE: 501,
  ERR_DLB_INTERNAL_ERROR: 500,
  ERR_DLB_INVALID_PATH: 404,
  ERR_DLB_NOT_PERMITTED: 403,
  ERR_DLB_SCHEDULER_FAILED: 500,
};

export function statusOf(error: unknown): number {
  if (error instanceof HttpRefusal) return error.status;
  if (!(error instanceof DlbError)) return 500;
  // What is wrong with the request, and what is wrong with the moment.
  return STATUS[error.code] ?? (error.code.startsWith('ERR_DLB_INVALID') ? 400 : 409);
}

export function bodyOf(error: unknown): ErrorBody {
  if (error instanceof DlbError) {
    return { code: error.code, message: error.message, details: plainDetails(error.details) };
  }
  return { code: 'ERR_DLB_INTERNAL_ERROR', message: reasonOf(error), details: {} };
}
