#!/usr/bin/env node
/** The command `softdlb`: its arguments to its exit code. */
import { CommanderError } from 'commander';
import { printable, printableJson, reasonOf } from '../control/index.js';
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

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // Who stops reading, as `head` does, has all that was asked for.
  if (error.code === 'EPIPE') process.exit();
  const what = `standard output cannot be written: ${error.message}`;
  process.exit(tell(new Failure(what, EXIT_FAILED, 'ERR_DLB_INVALID_ARGUMENT')));
});
process.stderr.on('error', () => {});

/** What is wrong with the command line is found before its options are known. */
const asJson = process.argv.includes('--json');
const program = makeProgram(controller.signal, asJson);
try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = tell(error);
}

function tell(error: unknown): number {
  if (error instanceof CommanderError && error.exitCode === 0) return 0;
  if (controller.signal.aborted) return 0;
  const { code, message, details, exitCode } = failureOf(error);
  const text = asJson
    ? printableJson(JSON.stringify({ code, message, details }))
    : `softdlb: ${printable(message)}`;
  // Commander has said it.
  if (asJson || !(error instanceof CommanderError)) process.stderr.write(`${text}\n`);
  return exitCode;
}

function failureOf(error: unknown): Failure {
  if (error instanceof Failure) return error;
  if (!(error instanceof CommanderError)) {
    return new Failure(reasonOf(error), EXIT_FAILED, 'ERR_DLB_INTERNAL_ERROR');
  }
  const isHelp = error.code === 'commander.help';
  const what = isHelp ? 'a command is missing' : error.message.replace(/^error: /, '');
  return new Failure(what, EXIT_USAGE, 'ERR_DLB_INVALID_ARGUMENT');
}
