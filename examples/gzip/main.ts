/** Parallel gzip. What it does is told in usage.ts and README.md. */
import { runProgram } from '../command/command.js';
import { readCommandLine } from './options.js';
import { USAGE } from './usage.js';

await runProgram({
  name: 'gzip',
  usage: USAGE,
  read: readCommandLine,
  async run(command, signal) {
    const { runGzip } = await import('./run.js');
    await runGzip(command, signal);
  },
});
