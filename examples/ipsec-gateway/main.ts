/** An IPsec-like gateway. What it does is told in usage.ts and README.md. */
import { runProgram } from '../command/command.js';
import { readCommandLine } from './options.js';
import { USAGE } from './usage.js';

await runProgram({
  name: 'ipsec-gateway',
  usage: USAGE,
  read: readCommandLine,
  async run(command, signal) {
    const { runGateway } = await import('./run.js');
    await runGateway(command, signal);
  },
});
