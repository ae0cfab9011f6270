/** The text of --help. */
import { WORKERS_MAX } from '../command/arguments.js';
import { CHUNK_DEFAULT, CHUNK_MAX } from './options.js';

export const USAGE = `padata-crypto: encryption on all cores, in order

Without --input it measures: the same work by one thread, by a Piscina pool and by softdlb,
on 100 000 packets (AES-128-GCM) and on the Node executable (AES-256-CTR).

  npm start [-- --workers N]
  npm start -s -- --json [--workers N]

With --repeat softdlb encrypts the packets again and again, until Ctrl-C. With --control the command
"softdlb" of another terminal can look at what runs: npx softdlb top

  npm start -- --control --repeat [--workers N]

With --input it encrypts that file with AES-256-CTR; the output is byte for byte that of
"openssl enc -aes-256-ctr -K KEY -iv IV".

  npm start -- --input FILE|- --output FILE --key HEX --iv HEX [options]
  npm start -s -- --input FILE|- --output - --key HEX --iv HEX [options]

Where standard output carries data, -s keeps npm's banner out of it. So does running
"node dist/examples/padata-crypto/main.js" with the same options.

  --input FILE|-    what to read; - is standard input
  --output FILE|-   what to write; - is standard output. A file appears whole or not at all, and
                    one that is replaced keeps its mode; a pipe or a device is written as it is
  --key HEX         the key: 64 hexadecimal digits
  --iv HEX          the first counter block: 32 hexadecimal digits
  --decrypt         brings a file back
  --chunk BYTES     bytes per job, a multiple of 16, up to ${CHUNK_MAX}; default ${CHUNK_DEFAULT}
  --workers N       threads, 1 to ${WORKERS_MAX}; default: what the machine runs at once, at most 8
  --repeat          packets until Ctrl-C; each result is checked
  --control         lets "softdlb" look at it, through a socket that only you may open
  --json            results as JSON, on standard output; on standard error where
                    standard output carries data
  --help            this text

Exit codes: 0 done, 1 failed, 2 wrong command line, 130 and 143 stopped by a signal.
`;
