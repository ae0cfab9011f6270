/** Handlers where people have them: in a program that was bundled, and in TypeScript as it is written. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { rollup } from 'rollup';
import { DlbError } from '../../lib/eventdev/errors.js';
import { createPipeline } from '../../lib/pipeline/index.js';

const run = promisify(execFile);
// This file runs from dist/__tests__/pipeline.
const top = fileURLToPath(new URL('../../../', import.meta.url));
let project = '';

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'softdlb-bundle-'));
  await mkdir(join(project, 'node_modules'));
  await symlink(top, join(project, 'node_modules', 'softdlb'));
});
afterAll(() => rm(project, { recursive: true, force: true }));

const PROGRAM = `
import { createPipeline } from 'softdlb';
import { factor } from './factor.js';
const module = new URL('./stages.js', import.meta.url);
const pipeline = await createPipeline({ stages: [{ module, handler: 'multiply' }], workers: 1 });
const results = [];
for await (const result of pipeline.run([1, 2])) results.push(result);
await pipeline.close();
console.log(results.join(), factor);
`;
const STAGES = `
import { factor } from './factor.js';
export const multiply = (item) => item * factor;
`;

test('a program that is bundled, with its handlers as an entry and softdlb left out, runs from anywhere', async () => {
  const sources = { main: PROGRAM, stages: STAGES, factor: 'export const factor = 21;' };
  await mkdir(join(project, 'sources'));
  for (const [name, text] of Object.entries(sources)) {
    await writeFile(join(project, 'sources', `${name}.js`), text);
  }
  const input = ['main', 'stages'].map((name) => join(project, 'sources', `${name}.js`));
  const bundle = await rollup({ input, external: ['softdlb'] });
  await bundle.write({ dir: join(project, 'bundle'), format: 'es' });
  await writeFile(join(project, 'package.json'), '{ "type": "module" }');
  await rm(join(project, 'sources'), { recursive: true });
  expect(await readdir(join(project, 'bundle'))).toEqual(
    expect.arrayContaining(['main.js', 'stages.js']),
  );
  const { stdout } = await run(process.execPath, [join(project, 'bundle/main.js')], {
    cwd: tmpdir(),
    timeout: 30_000,
  });
  expect(stdout).toBe('21,42 21\n');
});

test('a .ts module is imported where Node strips types, and elsewhere refused with its name', async () => {
  const file = join(project, 'stages.ts');
  await writeFile(file, 'export const double = (item: number): number => item * 2;\n');
  const stages = [{ module: pathToFileURL(file), handler: 'double' }] as const;
  const opened = createPipeline({ stages, workers: 1 });
  const { typescript = false } = process.features as { typescript?: string | false };
  if (typescript === false) {
    const error: unknown = await opened.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(DlbError);
    expect(error).toMatchObject({ code: 'ERR_DLB_MODULE_INVALID' });
    expect((error as DlbError).message).toContain('.ts');
    return;
  }
  const pipeline = await opened;
  expect(await pipeline.call(4)).toBe(8);
  await pipeline.close();
});
