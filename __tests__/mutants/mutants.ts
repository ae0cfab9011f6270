/**
 * `npm run mutants [-- --only TEXT]`: shows that the suite finds planted faults.
 *
 * Each fault is planted in a copy of the project in a temporary folder, which is built and tested
 * there. Exit code 1 if a fault survives or cannot be planted.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { parseArgs } from 'node:util';
import { MUTANTS } from './list.js';
import type { Mutant } from './list.js';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const LEFT_OUT = new Set(['node_modules', '.git', 'dist']);
/** A fault may show as a hang. */
const TESTS_MS = 180_000;

type Fate = 'found' | 'found by the whole suite' | 'SURVIVED' | 'CANNOT BE PLANTED';

function run(folder: string, args: readonly string[], ms = TESTS_MS): boolean {
  const { status } = spawnSync(process.execPath, args, {
    cwd: folder,
    stdio: 'ignore',
    timeout: ms,
    killSignal: 'SIGKILL',
  });
  return status === 0;
}

function build(folder: string): boolean {
  return run(folder, ['build.mjs']);
}

/** Whether the tests pass; a hang does not. */
function passes(folder: string, patterns: readonly string[]): boolean {
  const jest = join('node_modules', 'jest', 'bin', 'jest.js');
  return run(folder, ['--experimental-vm-modules', jest, '--bail', '--silent', ...patterns]);
}

function tryOut(folder: string, { file, find, replace, tests }: Mutant): Fate {
  const path = join(folder, file);
  const source = readFileSync(path, 'utf8');
  if (source.split(find).length !== 2) return 'CANNOT BE PLANTED';
  writeFileSync(
    path,
    source.replace(find, () => replace),
  );
  try {
    if (!build(folder)) return 'CANNOT BE PLANTED';
    if (!passes(folder, tests)) return 'found';
    return passes(folder, []) ? 'SURVIVED' : 'found by the whole suite';
  } finally {
    writeFileSync(path, source);
  }
}

const { values } = parseArgs({ options: { only: { type: 'string', default: '' } } });
const chosen = MUTANTS.filter(({ name }) => name.includes(values.only));
const folder = mkdtempSync(join(tmpdir(), 'softdlb-mutants-'));
let failures = 0;
try {
  cpSync(ROOT, folder, {
    recursive: true,
    filter: (path) => !LEFT_OUT.has(path.slice(ROOT.length + 1).split(sep)[0]!),
  });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  // What fails without a fault would find them all.
  const aimed = [...new Set(chosen.flatMap(({ tests }) => tests))];
  if (!build(folder) || !passes(folder, aimed)) {
    console.error('The tests fail without any fault.');
    failures++;
  } else {
    for (const mutant of chosen) {
      const began = performance.now();
      const fate = tryOut(folder, mutant);
      if (!fate.startsWith('found')) failures++;
      const seconds = ((performance.now() - began) / 1000).toFixed(0);
      console.log(`${fate.padEnd(26)} ${mutant.name} (${seconds} s)`);
    }
    console.log(`${chosen.length - failures} of ${chosen.length} faults found`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failures === 0 ? 0 : 1;
