/** A program from its arguments to its exit code. */
import { Failure, nameProgram, tellEnd } from './failure.js';
import { onInterrupt } from './signals.js';
import { guardStandardStreams, writeOut } from './standard-streams.js';

export interface Program<Command> {
  /** Begins each line that tells of a failure. */
  readonly name: string;
  /** The text of --help. */
  readonly usage: string;
  /** Undefined: --help. @throws Failure */
  readonly read: (args: readonly string[]) => Command | undefined;
  /** @param signal aborted by Ctrl-C and its kin. */
  readonly run: (command: Command, signal: AbortSignal) => Promise<void>;
}

/** Checks the command line before anything large is loaded or started. */
export async function runProgram<Command>(program: Program<Command>): Promise<void> {
  nameProgram(program.name);
  guardStandardStreams();
  try {
    const command = program.read(process.argv.slice(2));
    if (command === undefined) await writeOut(program.usage);
    else await untilInterrupted((signal) => program.run(command, signal));
  } catch (error) {
    tellEnd(error instanceof Failure ? error.message : `unexpected: ${String(error)}`);
    process.exitCode = error instanceof Failure ? error.exitCode : 1;
  }
}

async function untilInterrupted(run: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const interrupt = onInterrupt();
  try {
    await run(interrupt.signal);
  } finally {
    interrupt.dispose();
  }
}
