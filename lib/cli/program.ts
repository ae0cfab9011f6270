/** The command line: what may be asked, and what it means. */
import { readFileSync } from 'node:fs';
import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { documentSchema } from '../control/index.js';
import { chooseDevice } from './find-device.js';
import type { Wanted } from './find-device.js';
import type { Client } from './client.js';
import * as commands from './commands.js';
import { Output } from './output.js';
import { top } from './top.js';

const INTERVAL_DEFAULT_MS = 1000;
const INTERVAL_MIN_MS = 10;
const INTERVAL_MAX_MS = 2 ** 31 - 1;

interface Globals extends Wanted {
  readonly json?: boolean;
  readonly color: boolean;
}

/** What a subcommand works with. */
interface Scene {
  readonly out: Output;
  /** The device that is meant. */
  readonly client: () => Promise<Client>;
}

/** Beside the package's compiled files. */
const PACKAGE = new URL('../../../package.json', import.meta.url);

/** @param signal aborted by Ctrl-C and its kin
 *  @param asJson what is wrong is told as JSON, by the caller */
export function makeProgram(signal: AbortSignal, asJson: boolean): Command {
  const { version } = JSON.parse(readFileSync(PACKAGE, 'utf8')) as { version: string };
  const program = new Command('softdlb')
    .description(
      'Watches and changes devices of running programs that were opened with { control: true }.',
    )
    .option('--device <name|pid>', 'which device, if several run: its name, or its process')
    .option('--socket <path>', "path of the device's socket, instead of looking for it")
    .option('--json', 'JSON instead of text, errors on standard error included')
    .option('--no-color', 'no colours')
    .version(version, '-V, --version', 'prints the version')
    .addHelpText('after', HELP)
    .configureOutput({ writeErr: (text) => void (asJson || process.stderr.write(text)) })
    .exitOverride();
  const scene = (): Scene => {
    const globals = program.opts<Globals>();
    const out = new Output(globals.json === true, globals.color);
    return { out, client: () => chooseDevice(globals) };
  };
  const add = (
    words: string,
    help: string,
    run: (scene: Scene, ...args: never[]) => unknown,
  ): Command =>
    program
      .command(words)
      .description(help)
      .action(async (...args: unknown[]) => void (await run(scene(), ...(args as never[]))));

  add('devices', 'lists what runs', ({ out }) => commands.devices(out));
  add(
    'apply',
    'creates the domains of a JSON document: all of them, or none',
    async (s, file: string) => commands.apply(await s.client(), s.out, file),
  ).addArgument(new Argument('<file>', 'the document; - is standard input'));
  add('snapshot', 'prints what runs as a document for apply', async (s) =>
    commands.snapshot(await s.client(), s.out),
  );
  add('schema', 'prints the JSON Schema of documents', ({ out }) =>
    out.printJson(documentSchema(), out.json ? 0 : 2),
  );
  add(
    'ls',
    'lists what is under a path',
    async (s, path: string, options: { recursive?: boolean }) =>
      commands.ls(await s.client(), s.out, path, options),
  )
    .addArgument(new Argument('[path]', 'where; left out: the top').default(''))
    .option('-r, --recursive', 'everything below it');
  add('get', 'prints values', async (s, paths: string[]) =>
    commands.get(await s.client(), s.out, paths),
  ).addArgument(new Argument('<path...>', 'a leaf, or a branch with all that is under it'));
  add(
    'set',
    'changes a setting; 0 makes a count start anew',
    async (s, path: string, value: string) => commands.set(await s.client(), s.out, path, value),
  )
    .addArgument(new Argument('<path>', 'the setting'))
    .addArgument(new Argument('<value>', 'a word, a number, true or false; links: 0,book or JSON'));
  add('watch', 'prints what changes, until interrupted', async (s, path: string, options: Looks) =>
    commands.watch(await s.client(), s.out, path, options, signal),
  )
    .addArgument(new Argument('[path]', 'a leaf or a branch; left out: everything').default(''))
    .addOption(interval())
    .addOption(count());
  add('dump', 'prints whole domains as text', async (s, domain: string | undefined) =>
    commands.dump(await s.client(), s.out, domain),
  ).addArgument(new Argument('[domain]', 'id or name; left out: all'));
  add('top', 'shows rates, depths and stalls of all ports and queues', async (s, options: Looks) =>
    top(await s.client(), s.out, options, signal),
  )
    .addOption(interval())
    .addOption(count());
  add(
    'why',
    'tells why the events of a queue, or of one flow, are not delivered',
    async (s, queue: string, flow: string | undefined, options: { domain?: string }) =>
      commands.why(await s.client(), s.out, {
        queue,
        ...(flow === undefined ? {} : { flow }),
        ...options,
      }),
  )
    .addArgument(new Argument('<queue>', 'id or name'))
    .addArgument(new Argument('[flow]', 'flow id; left out: the queue as a whole'))
    .option('--domain <id|name>', 'needed when there are several');
  return program;
}

interface Looks {
  readonly interval: number;
  readonly count?: number;
}

function interval(): Option {
  return new Option('--interval <ms>', 'time between two looks')
    .default(INTERVAL_DEFAULT_MS)
    .argParser((text) => whole(text, INTERVAL_MIN_MS, INTERVAL_MAX_MS));
}

function count(): Option {
  return new Option('--count <n>', 'ends after so many').argParser((text) =>
    whole(text, 1, Number.MAX_SAFE_INTEGER),
  );
}

function whole(text: string, min: number, max: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= min && value <= max) return value;
  throw new InvalidArgumentError(`It must be a whole number, ${min}..${max}.`);
}

const HELP = `
Paths: domains/0/queues/1/priority, domains/orders/ports/2/stats/rx, … (see ls -r)
Exit codes: 0 done, 1 refused or failed, 2 wrong command line, 3 nothing runs`;
