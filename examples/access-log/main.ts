/** Access log analytics. What it does is told in usage.ts and README.md. */
import { runProgram } from '../command/command.js';
import { readCommandLine } from './options.js';
import { USAGE } from './usage.js';

await runProgram({
  name: 'access-log',
  usage: USAGE,
  read: readCommandLine,
  async run(command, signal) {
    const { runAccessLog } = await import('./run.js');
    await runAccessLog(command, signal);
  },
});
