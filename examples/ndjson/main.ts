/** How far buses came, from a file of their positions. What it does is told in usage.ts and README.md. */
import { runProgram } from '../command/command.js';
import { readCommandLine } from './options.js';
import { USAGE } from './usage.js';

await runProgram({
  name: 'ndjson',
  usage: USAGE,
  read: readCommandLine,
  async run(command, signal) {
    const { runNdjson } = await import('./run.js');
    await runNdjson(command, signal);
  },
});
