/** The command line: what it may say, and what is wrong with it. */
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import {
  fileName,
  hex,
  number,
  onlyFile,
  parseOptions,
  workerCount,
} from '../command/arguments.js';
import { Failure } from '../command/failure.js';
import { ASSOCIATIONS_MAX, MASTER_KEY_BYTES } from './associations.js';

/** Beside the sources, where the build does not bring it: from dist/examples/ipsec-gateway. */
const RECORDED = new URL('../../../examples/ipsec-gateway/captures/mixed.pcap', import.meta.url);
const REPEAT_MAX = 1_000_000;
/** Of the capture that comes along: enough packets to see a speed. */
const REPEAT_RECORDED = 250;
const ASSOCIATIONS_DEFAULT = 8;

export interface GatewayCommand {
  readonly input: string;
  /** Undefined: nobody wants the packets, only whether they are right. */
  readonly output: string | undefined;
  readonly repeat: number;
  readonly associations: number;
  readonly masterKey: Uint8Array;
  /** Where the keys go, as Wireshark reads them. */
  readonly keys: string | undefined;
  /** Where the input comes again, and the result can be read. */
  readonly check: boolean;
  readonly workers: number;
  readonly json: boolean;
}

const OPTIONS = {
  output: { type: 'string' },
  repeat: { type: 'string' },
  associations: { type: 'string' },
  key: { type: 'string' },
  keys: { type: 'string' },
  'no-check': { type: 'boolean' },
  workers: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean' },
} as const;

/** Undefined: --help. @throws Failure with exit code 2 for the shape of the command line, 1 for a
 *  value. */
export function readCommandLine(args: readonly string[]): GatewayCommand | undefined {
  const { values, positionals } = parseOptions(args, OPTIONS, true);
  if (values.help === true) return undefined;
  const file = onlyFile(positionals);
  const repeated = file === undefined ? REPEAT_RECORDED : 1;
  const command = {
    input: file ?? fileURLToPath(RECORDED),
    output: optionalFile('--output', values.output),
    repeat: number('--repeat', values.repeat, { from: 1, to: REPEAT_MAX, otherwise: repeated }),
    associations: number('--associations', values.associations, {
      from: 1,
      to: ASSOCIATIONS_MAX,
      otherwise: ASSOCIATIONS_DEFAULT,
    }),
    masterKey:
      values.key === undefined
        ? randomBytes(MASTER_KEY_BYTES)
        : hex('--key', values.key, MASTER_KEY_BYTES),
    keys: optionalFile('--keys', values.keys),
    check: values['no-check'] !== true,
    workers: workerCount(values.workers),
    json: values.json === true,
  };
  if (command.keys !== undefined && command.keys === command.output) throw sameOutput();
  return command;
}

export function sameOutput(): Failure {
  return new Failure('--keys and --output are the same');
}

function optionalFile(option: string, value: string | undefined): string | undefined {
  return value === undefined ? undefined : fileName(option, value);
}
