/** The text of --help. */
import { WORKERS_MAX } from '../command/arguments.js';
import { LINES_DEFAULT, LINES_MAX } from './options.js';

export const USAGE = `ndjson: how far buses came, from a file of their positions, a JSON text a line

It writes such a file where temporary files go, and goes through it twice: in a plain loop over
its lines, and in a pipeline. Both must have the same results in the same order.

  node dist/examples/ndjson/main.js
  node dist/examples/ndjson/main.js --lines 200000

  --lines N        positions in the file, 0 to ${LINES_MAX}, default ${LINES_DEFAULT}
  --workers N      threads, 1 to ${WORKERS_MAX}; default: what the machine runs at once, at most 8
  --json           the summary as JSON
  --help           this text

Exit codes: 0 done, 1 failed, or a wrong result, 2 wrong command line, 130 and 143 stopped by a
signal.
`;
