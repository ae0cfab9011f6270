/** The text of --help. */
import { WORKERS_MAX } from '../command/arguments.js';
import { BLOCK_DEFAULT, BLOCK_MAX, BLOCK_MIN, GENERATE_DEFAULT } from './options.js';

export const USAGE = `gzip: compression on all cores, into one stream that any gunzip reads

Without a file it makes a text, compresses it, and compares what comes back out of it.

  node dist/examples/gzip/main.js                          # a generated text
  node dist/examples/gzip/main.js FILE --output FILE.gz    # one of yours
  tar c FOLDER | node dist/examples/gzip/main.js - --output - > FOLDER.tar.gz

  FILE|-           what to compress; - is standard input
  --output FILE|-  the compressed file; - is standard output. A file appears whole or not at all;
                   a pipe or a device is written as it is
  --level N        1 fast to 9 small, default 6
  --block BYTES    what is compressed at once, ${BLOCK_MIN} to ${BLOCK_MAX}, default ${BLOCK_DEFAULT}
  --generate MIB   length of the generated text, default ${GENERATE_DEFAULT}
  --no-check       does not decompress the result again and compare, as it does where that is a file
  --workers N      threads, 1 to ${WORKERS_MAX}; default: what the machine runs at once, at most 8
  --json           the summary as JSON, on standard output; on standard error where
                   standard output carries data
  --help           this text

Exit codes: 0 done, 1 failed, 2 wrong command line, 130 and 143 stopped by a signal.
`;
