/**
 * `npm run build`: tsc, then imported constants become constants of the module that imports them.
 *
 * V8 never folds an imported binding, not even a `const` number: each use loads a cell, asks whether it
 * was initialised and whether it is a small integer, and multiplies and shifts by a variable. The data
 * path is made of such constants; folded, an event costs 20 to 25 % less (lib/scheduler/README.md).
 * So `import { QE_WORDS } from '../eventdev/event.js'` becomes `const QE_WORDS = 4;`, on the same
 * line, as source maps have it. What is declared in one place in the sources stays there.
 *
 * At last what a thread begins with becomes one file each: reading some eighty modules takes a thread longer than all
 * else that it does before its first event.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { rollup } from 'rollup';

const ROOT = dirname(fileURLToPath(import.meta.url));
const DIST = join(ROOT, 'dist');
/** Folders whose modules are folded, and whose constants depend on nothing but the sources. Not `idle`,
 *  which asks the environment. */
const FOLDERS = ['credit', 'eventdev', 'mempool', 'memory', 'port', 'ring', 'scheduler'];
const IMPORT = /^import \{([\w\s,]*)\} from '(\.[^']*)';/gm;
/** What threads begin with. Nothing else imports them. */
const ENTRIES = [
  'lib/padata/worker.js',
  'lib/pipeline/worker.js',
  'lib/cli/main.js',
  'workers/scheduler.js',
  'workers/tenant-relay.js',
];
/** What processes begin with. What they import lazily stays apart, in a file beside theirs. */
const PROGRAMS = [
  ...['access-log', 'gzip', 'ipsec-gateway', 'ndjson', 'padata-crypto'].map(
    (name) => `examples/${name}/main.js`,
  ),
  ...['garbage', 'idle', 'inline', 'start-up'].map((name) => `bench/children/${name}.js`),
];
const WORDS = join(DIST, 'lib/memory/words.js');
const CONSTANT = /^[A-Z][A-Z0-9_]*$/;

rmSync(DIST, { recursive: true, force: true });
execFileSync(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc')], {
  cwd: ROOT,
  stdio: 'inherit',
});
// All are read before the first is changed: a module is evaluated as tsc made it.
const folded = await Promise.all(FOLDERS.flatMap(modulesOf).map(fold));
for (const [path, text] of folded) writeFileSync(path, text);
for (const entry of [...ENTRIES, ...PROGRAMS]) await bundle(join(DIST, entry));
// The command runs from a checkout as it does where npm installed it.
chmodSync(join(DIST, 'lib/cli/main.js'), 0o755);

function modulesOf(folder) {
  const at = join(DIST, 'lib', folder);
  return readdirSync(at)
    .filter((file) => file.endsWith('.js'))
    .map((file) => join(at, file));
}

async function fold(path) {
  let text = readFileSync(path, 'utf8');
  for (const [statement, list, from] of text.matchAll(IMPORT)) {
    const source = resolve(dirname(path), from);
    if (!FOLDERS.some((folder) => source.startsWith(join(DIST, 'lib', folder, '/')))) continue;
    const values = await import(pathToFileURL(source).href);
    const names = list.split(',').flatMap((name) => name.trim() || []);
    const constants = names.filter((name) => CONSTANT.test(name) && isConstant(values[name]));
    const others = names.filter((name) => !constants.includes(name));
    const lines = constants.map((name) => `const ${name} = ${JSON.stringify(values[name])};`);
    if (others.length > 0) lines.unshift(`import { ${others.join(', ')} } from '${from}';`);
    // As many lines as there were: source maps count them.
    const breaks = '\n'.repeat(statement.split('\n').length - 1);
    text = text.replace(statement, () => lines.join(' ') + breaks);
  }
  return [path, text];
}

/** A number, or a plain object of numbers. */
function isConstant(value) {
  if (typeof value === 'number') return Number.isFinite(value);
  return (
    typeof value === 'object' &&
    Object.getPrototypeOf(value) === Object.prototype &&
    Object.values(value).every(Number.isFinite)
  );
}

/** Takes into a file what it imports, but for packages and Node's own modules. */
async function bundle(file) {
  const bundled = await rollup({
    input: file,
    external: (id) => id !== '#words' && !id.startsWith('.') && !id.startsWith('/'),
    plugins: [
      { name: 'words', resolveId: (id) => (id === '#words' ? WORDS : null) },
      {
        name: 'place',
        resolveImportMeta: (property, { moduleId }) => place(property, moduleId, file),
      },
    ],
    onwarn: ({ code, message }) => {
      // tsc's helpers for `using` look for others of their kind in `this`.
      if (code !== 'THIS_IS_UNDEFINED') throw new Error(message);
    },
  });
  const name = basename(file, '.js');
  const entryFileNames = `${name}.js`;
  const chunkFileNames = `${name}-[hash].js`;
  await bundled.write({ dir: dirname(file), entryFileNames, chunkFileNames, format: 'es' });
  // It was of the file as it was.
  rmSync(`${file}.map`, { force: true });
}

/** `import.meta.url` stays that of the module, from whose folder it names others. */
function place(property, module, file) {
  if (property !== 'url' || module === file) return null;
  const path = relative(dirname(file), module).replaceAll('\\', '/');
  return `new URL(${JSON.stringify(path)}, import.meta.url).href`;
}
