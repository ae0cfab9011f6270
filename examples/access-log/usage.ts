/** The text of --help. */
import { WORKERS_MAX } from '../command/arguments.js';
import { LINES_DEFAULT } from './options.js';

export const USAGE = `access-log: who asked a web server for what, counted on all cores

Without a file it makes a log, counts it, and compares every number with what it put in.

  node dist/examples/access-log/main.js                  # a generated log
  node dist/examples/access-log/main.js access.log       # one of yours
  zcat access.log.*.gz | node dist/examples/access-log/main.js -

  FILE|-           a log in the "combined" or "common" format, the name of a host in front of each
                   line or not, compressed by gzip or not; - is standard input
  --lines N        length of the generated log, default ${LINES_DEFAULT}
  --seed N         another log, default 1
  --top N          clients to show, 0 to 1000, default 10
  --output FILE|-  writes all clients as tab-separated values; - is standard output. A file appears
                   whole or not at all; a pipe or a device is written as it is
  --workers N      threads, 1 to ${WORKERS_MAX}; default: what the machine runs at once, at most 8
  --json           the summary as JSON, on standard output; on standard error where
                   standard output carries data
  --help           this text

Exit codes: 0 done, 1 failed, a wrong count, or nothing could be read, 2 wrong command line,
130 and 143 stopped by a signal.
`;
