/** A copy of the project in a temporary folder, where faults are planted, built and tested. */
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import type { Mutant } from './list.js';
import { runNode } from './run-node.js';
import type { Run } from './run-node.js';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const LEFT_OUT = new Set(['node_modules', '.git', 'dist']);
/** Many times what it takes on a busy machine; nothing planted makes a build hang. */
const BUILD_MS = 600_000;

export class Copy {
  readonly #folder = mkdtempSync(join(tmpdir(), 'softdlb-mutants-'));

  constructor() {
    process.on('exit', () => rmSync(this.#folder, { recursive: true, force: true }));
    cpSync(ROOT, this.#folder, {
      recursive: true,
      filter: (path) => !LEFT_OUT.has(path.slice(ROOT.length + 1).split(sep)[0]!),
    });
    symlinkSync(join(ROOT, 'node_modules'), join(this.#folder, 'node_modules'));
  }

  build(): Promise<Run> {
    return runNode(this.#folder, ['build.mjs'], BUILD_MS);
  }

  /** Runs the test files whose path matches. */
  test(pattern: string, ms: number): Promise<Run> {
    const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
    const jest = join('node_modules', 'jest', 'bin', 'jest.js');
    return runNode(this.#folder, [...flags, jest, '--bail', '--silent', pattern], ms);
  }

  /** Plants a fault and builds. Returns how to take it out again, or null if that is impossible. */
  async plant({ file, find, replace }: Mutant): Promise<(() => void) | null> {
    const path = join(this.#folder, file);
    const source = readFileSync(path, 'utf8');
    if (source.split(find).length !== 2) return null;
    writeFileSync(
      path,
      source.replace(find, () => replace),
    );
    const takeOut = (): void => writeFileSync(path, source);
    if ((await this.build()).ending === 'passed') return takeOut;
    takeOut();
    return null;
  }
}
