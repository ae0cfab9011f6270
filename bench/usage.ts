/** What --help prints. */
import { SCENARIOS } from './scenarios/index.js';

const WIDTH = Math.max(...SCENARIOS.map(({ name }) => name.length));

export const USAGE = `Measures softdlb on this machine. Every scenario checks what it did.

  npm run bench -- [options]

  --runs N      repetitions of everything timed (default 9)
  --only NAME   this scenario only; may be repeated
  --events N    events per repetition; what is slower than softdlb takes at most its own number
  --json        one JSON document on stdout
  --help        this text

Scenarios:
${SCENARIOS.map(({ name, topology }) => `  ${name.padEnd(WIDTH)}  ${topology}`).join('\n')}

Exit codes: 0 all checks passed, 1 one failed, 2 the command line is wrong. A goal that is missed
is printed and fails nothing: machines differ.
`;
