/** An end that the user is to understand: one line on stderr and an exit code. */

/** Something is wrong with a value, a file or the machine. */
export const EXIT_FAILED = 1;
/** The command line itself is wrong: an unknown or missing option. */
export const EXIT_USAGE = 2;
/** A signal asked for the end: this and the signal's number. */
export const EXIT_SIGNALLED = 128;

export class Failure extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode: number = EXIT_FAILED) {
    super(message);
    this.name = 'Failure';
    this.exitCode = exitCode;
  }
}

/** A signal asked for the end. */
export class Interrupted extends Failure {
  constructor(signal: string, signalNumber: number) {
    super(`stopped by ${signal}`, EXIT_SIGNALLED + signalNumber);
    this.name = 'Interrupted';
  }
}

let program = 'example';
let told = false;

/** Who it is that tells. */
export function nameProgram(name: string): void {
  program = name;
}

export function programName(): string {
  return program;
}

/** Says what ended the run: once, whoever comes first. */
export function tellEnd(text: string): void {
  if (told) return;
  told = true;
  process.stderr.write(`${program}: ${text.replaceAll('\n', ' ')}\n`);
}

/** Says what the user may not expect. */
export function tellNote(text: string): void {
  process.stderr.write(`${program}: ${text}\n`);
}

const REASONS: Record<string, string> = {
  EACCES: 'permission denied',
  EBUSY: 'it is in use',
  EDQUOT: 'disk quota exceeded',
  EFBIG: 'the file would be too large',
  EIO: 'input/output error',
  EISDIR: 'it is a directory',
  ELOOP: 'too many symbolic links',
  EMFILE: 'too many open files',
  ENAMETOOLONG: 'the name is too long',
  ENOENT: 'no such file or directory',
  ENOSPC: 'no space left on the device',
  ENOTDIR: 'a part of the path is not a directory',
  ENXIO: 'nothing can be opened there',
  EPERM: 'operation not permitted',
  EPIPE: 'nobody reads it any more',
  EROFS: 'the file system is read-only',
};

/** Says what could not be done, with the system's reason in words. */
export function systemFailure(what: string, error: unknown): Failure {
  if (error instanceof Failure) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  return new Failure(`${what}: ${REASONS[code ?? ''] ?? message}`);
}
