/** What --help prints. */
import type { Scenario } from './scenario.js';
import { SCENARIOS } from './scenarios/index.js';

const WIDTH = Math.max(...SCENARIOS.map(({ name }) => name.length));

function line({ name, topology, fullOnly }: Scenario): string {
  return `${fullOnly === true ? '+' : ' '} ${name.padEnd(WIDTH)}  ${topology}`;
}

export const USAGE = `Measures softdlb on this machine. Every scenario checks what it did.

  npm run bench -- [options]

  --full        everything, and 9 repetitions: long, with DPDK's threads where DPDK is installed
  --runs N      repetitions of everything timed (default 3)
  --only NAME   this scenario only; may be repeated
  --events N    events per repetition; what is slower than softdlb takes at most its own number
  --plots DIR   writes what can be drawn as SVG files into this folder
  --before DIR  an installed softdlb of another version, such as /tmp/before/node_modules/softdlb:
                the pipeline scenarios that compare versions show its rows beside
  --json        one JSON document on stdout
  --help        this text

Scenarios (+: only with --full, or named):
${SCENARIOS.map(line).join('\n')}

Exit codes: 0 all checks passed, 1 one failed, 2 the command line is wrong. A goal that is missed
is printed and fails nothing: machines differ.
`;
