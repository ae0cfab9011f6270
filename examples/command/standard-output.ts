/** Writing to stdout when its reader may be gone or slow. */
import { systemFailure } from './failure.js';

/** A broken pipe is reported where something is written; without a listener it would end the
 *  process in the middle of an orderly end. */
export function guardStandardOutput(): void {
  process.stdout.on('error', () => {});
  process.stderr.on('error', () => {});
}

/** Resolves when the data is with the system, so the bytes may be reused. @throws Failure */
export function writeOut(data: Uint8Array | string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(data, (error) => {
      if (error) reject(systemFailure('cannot write standard output', error));
      else resolve();
    });
  });
}
