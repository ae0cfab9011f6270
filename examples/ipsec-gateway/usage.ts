/** The text of --help. */
import { WORKERS_MAX } from '../command/arguments.js';
import { ASSOCIATIONS_MAX } from './associations.js';

export const USAGE = `ipsec-gateway: the packets of a capture through an IPsec tunnel, on all cores

Each IP packet is put into an ESP packet (RFC 4303) with AES-128-GCM (RFC 4106): encrypted in
parallel, numbered without a gap, written in the order in which it came.

  node dist/examples/ipsec-gateway/main.js                       # the capture that comes along
  node dist/examples/ipsec-gateway/main.js FILE --output FILE    # one of yours
  node dist/examples/ipsec-gateway/main.js - --output - < FILE > FILE

  FILE|-            a capture in the format of libpcap; - is standard input
  --output FILE|-   the ESP packets, as a capture; - is standard output. A file appears whole or
                    not at all; a pipe or a device is written as it is. Without it the packets
                    are checked and forgotten
  --associations N  security associations, 1 to ${ASSOCIATIONS_MAX}, default 8: flows are spread over them
  --key HEX         what their keys are derived from: 64 hexadecimal digits; default: random
  --keys FILE       writes the keys as Wireshark's table "esp_sa"
  --repeat N        sends the capture N times
  --no-check        does not decrypt and compare everything before the file appears, as it does
                    where both ends are files
  --workers N       threads, 1 to ${WORKERS_MAX}; default: what the machine runs at once, at most 8
  --json            the summary as JSON, on standard output; on standard error where
                    standard output carries data
  --help            this text

Exit codes: 0 done, 1 failed, 2 wrong command line, 130 and 143 stopped by a signal.
`;
