/**
 * Ordered parallel encryption: `npm start`. What it does is told in usage.ts and README.md.
 *
 * The command line is checked before anything large is loaded.
 */
import { Failure, tellEnd } from './failure.js';
import { readCommandLine } from './options.js';
import { onInterrupt } from './signals.js';
import { guardStandardOutput, writeOut } from './standard-output.js';
import { USAGE } from './usage.js';

async function main(args: readonly string[]): Promise<void> {
  const command = readCommandLine(args);
  if (command.kind === 'help') return writeOut(USAGE);
  const interrupt = onInterrupt();
  try {
    if (command.kind === 'file') {
      const { runFileJob } = await import('./file-job.js');
      await runFileJob(command, interrupt.signal);
    } else {
      const { runComparison } = await import('./comparison.js');
      await runComparison(command, interrupt.signal);
    }
  } finally {
    interrupt.dispose();
  }
}

guardStandardOutput();
try {
  await main(process.argv.slice(2));
} catch (error) {
  const text = error instanceof Failure ? error.message : `unexpected: ${String(error)}`;
  tellEnd(text);
  process.exitCode = error instanceof Failure ? error.exitCode : 1;
}
