/**
 * Ordered parallel encryption: `npm start`. What it does is told in usage.ts and README.md.
 *
 * The command line is checked before anything large is loaded.
 */
import { runProgram } from '../command/command.js';
import { readCommandLine } from './options.js';
import { USAGE } from './usage.js';

await runProgram({
  name: 'padata-crypto',
  usage: USAGE,
  read: readCommandLine,
  async run(command, signal) {
    if (command.kind === 'file') {
      const { runFileJob } = await import('./file-job.js');
      await runFileJob(command, signal);
    } else if (command.kind === 'repeat') {
      const { runRepeatedly } = await import('./repeat.js');
      await runRepeatedly(command, signal);
    } else {
      const { runComparison } = await import('./comparison.js');
      await runComparison(command, signal);
    }
  },
});
