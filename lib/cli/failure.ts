/** An end that the user is to understand: one message and an exit code. */

/** What was asked for could not be done. */
export const EXIT_FAILED = 1;
/** The command line does not say what is to be done. */
export const EXIT_USAGE = 2;
/** There is no device to do it. */
export const EXIT_NOTHING_RUNS = 3;

export class Failure extends Error {
  readonly exitCode: number;
  readonly code: string;
  readonly details: Record<string, unknown>;

  constructor(
    message: string,
    exitCode: number = EXIT_FAILED,
    code = 'ERR_DLB_CONTROL_UNAVAILABLE',
    details: Record<string, unknown> = {},
  ) {
    super(message);
    this.name = 'Failure';
    this.exitCode = exitCode;
    this.code = code;
    this.details = details;
  }
}
