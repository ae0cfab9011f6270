/** The import ladder: which room of the repository may import which. Types count like values. */
import { posix } from 'node:path';
import { complaints, select, withoutComments } from './tree.js';
import type { Tree } from './tree.js';

interface Rung {
  /** Rooms it may import beside itself. Of several lists, one must serve the whole file. */
  readonly rooms: readonly (readonly string[])[];
  /** What it may import from Node: nothing, anything, or the types of one module. */
  readonly node: 'nothing' | 'anything' | { readonly typesOf: string };
  /** Whether it may import npm packages. */
  readonly packages: boolean;
}

/** Runs wherever JavaScript runs: nothing from outside. */
function portable(...rooms: string[]): Rung {
  return { rooms: [rooms], node: 'nothing', packages: false };
}
function onNode(...rooms: string[]): Rung {
  return { rooms: [rooms], node: 'anything', packages: false };
}
function withPackages(...rooms: string[]): Rung {
  return { rooms: [rooms], node: 'anything', packages: true };
}

const BASE = ['memory', 'eventdev'];
const LIB = {
  eventdev: portable(),
  memory: portable('eventdev'),
  ring: portable(...BASE),
  credit: portable(...BASE),
  idle: onNode(...BASE),
  mempool: portable(...BASE),
  port: onNode('ring', 'credit', 'idle', 'mempool', ...BASE),
  scheduler: portable('ring', 'credit', 'mempool', ...BASE),
  control: { ...portable('credit', ...BASE), node: { typesOf: 'node:worker_threads' } },
  'control/door': onNode('control', 'eventdev'),
  device: onNode('control', 'control/door', 'scheduler', 'idle', ...BASE),
  crew: withPackages('control', 'eventdev'),
  pipeline: withPackages('crew', 'device', 'control', 'port', 'mempool', 'idle', 'eventdev'),
  padata: withPackages('crew', 'device', 'control', 'port', 'mempool', 'idle', 'eventdev'),
  adapters: withPackages('port', 'mempool', 'eventdev'),
  explore: portable(),
  cli: withPackages('index', 'control', 'control/door'),
};
const LADDER: Readonly<Record<string, Rung>> = {
  ...LIB,
  index: portable(...Object.keys(LIB)),
  workers: {
    rooms: [
      ['scheduler', 'idle', ...BASE],
      ['pipeline', 'eventdev'],
      ['padata', 'eventdev'],
      ['control'],
    ],
    node: 'anything',
    packages: false,
  },
  examples: withPackages('index'),
  // The examples' stages are what some scenarios measure.
  bench: withPackages('index', 'examples'),
  'bench/limits': withPackages('index', 'ring', 'bench'),
};

const WORDS = 'lib/memory/words.js';

/** The room of a file: a folder of lib by its own name, `index` for lib/index.ts, else its top. */
function roomOf(path: string): string {
  if (/^bench\/limits\b/.test(path)) return 'bench/limits';
  if (/^lib\/control\/door\b/.test(path)) return 'control/door';
  const [top = '', second = ''] = path.split('/');
  return top === 'lib' ? second.replace(/\.[jt]s$/, '') : top;
}

// import … from '…' and export … from '…'; import '…' and import('…').
const FROM = /\b(?:import|export)\s+(?<type>type\s)?[^'";]*?\bfrom\s*['"](?<from>[^'"]+)['"]/;
const BARE = /\bimport\s*\(?\s*['"](?<bare>[^'"]+)['"]/;
const IMPORT = new RegExp(`${FROM.source}|${BARE.source}`, 'g');

/** Every import in lib, workers, examples and bench is one that the ladder allows. */
export function importLadder(tree: Tree): string[] {
  return select(tree, /^(?:lib|workers|examples|bench)\/.*\.ts$/).flatMap(([path, text]) => {
    const rung = LADDER[roomOf(path)];
    if (rung === undefined) return [`${path}:1: is in no room of the ladder`];
    const code = withoutComments(text);
    const byList = rung.rooms.map((rooms) =>
      complaints(path, code, IMPORT, ({ groups }) => {
        const from = groups!['from'] ?? groups!['bare']!;
        const why = from.startsWith('node:')
          ? nodeRefusal(rung.node, from, groups!['type'] !== undefined)
          : refusal(path, rung, rooms, from);
        return why && `imports ${from}: ${why}`;
      }),
    );
    return byList.reduce((fewest, next) => (next.length < fewest.length ? next : fewest));
  });
}

function nodeRefusal(node: Rung['node'], from: string, typeOnly: boolean): string | undefined {
  if (node === 'anything') return undefined;
  if (node === 'nothing') return 'nothing from Node here';
  if (typeOnly && node.typesOf === from) return undefined;
  return `only types, and only of ${node.typesOf}`;
}

/** Why `path` may not import `from`; undefined if it may. */
function refusal(
  path: string,
  rung: Rung,
  rooms: readonly string[],
  from: string,
): string | undefined {
  const isWords = from === '#words';
  if (!isWords && !from.startsWith('.')) return rung.packages ? undefined : 'no npm packages here';
  const target = isWords ? WORDS : posix.join(path, '..', from);
  if (!isWords && target === WORDS) return 'tests replace #words only';
  const room = roomOf(target);
  return room === roomOf(path) || rooms.includes(room) ? undefined : 'not below it on the ladder';
}
