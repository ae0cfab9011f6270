#!/usr/bin/env node
/** The command `softdlb`: its arguments to its exit code. */
import { CommanderError } from 'commander';
import { EXIT_FAILED, EXIT_USAGE, Failure } from './failure.js';
import { makeProgram } from './program.js';

/** By a signal, as a shell tells it. */
const EXIT_INTERRUPTED = 130;
/** Long enough to end a line; what still waits for a device then is given up. */
const PATIENCE_MS = 300;

const controller = new AbortController();
const interrupt = (): void => {
  setTimeout(() => process.exit(EXIT_INTERRUPTED), PATIENCE_MS).unref();
  controller.abort();
};
process.on('SIGINT', interrupt).on('SIGTERM', interrupt);

// Who stops reading, as `head` does, has all that was asked for.
process.stdout.on('error', () => process.exit());
process.stderr.on('error', () => {});

const program = makeProgram(controller.signal);
try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = tell(error);
}

function tell(error: unknown): number {
  // Commander has said it.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE;
  if (controller.signal.aborted) return 0;
  const { code, message, details, exitCode } =
    error instanceof Failure
      ? error
      : new Failure(String(error), EXIT_FAILED, 'ERR_DLB_INTERNAL_ERROR');
  const asJson = program.opts<{ json?: boolean }>().json === true;
  const text = asJson ? JSON.stringify({ code, message, details }) : `softdlb: ${message}`;
  process.stderr.write(`${text}\n`);
  return exitCode;
}
