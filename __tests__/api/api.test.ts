/** The public interface, used from outside: from this tree, and from the packed package alone. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';

const run = promisify(execFile);
// This file runs from dist/__tests__/api.
const top = fileURLToPath(new URL('../../../', import.meta.url));
const PASSED = /^\d\d checks passed\n$/;
let project = '';

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'softdlb-outside-'));
});
afterAll(() => rm(project, { recursive: true, force: true }));

/** Packs this tree as it is built, and unpacks it where a project of its own finds it. */
async function install(): Promise<string[]> {
  const { stdout } = await run(
    'npm',
    ['pack', '--ignore-scripts', '--offline', '--json', '--pack-destination', project],
    { cwd: top },
  );
  const [{ filename, files }] = JSON.parse(stdout) as [
    { filename: string; files: { path: string }[] },
  ];
  const home = join(project, 'node_modules', 'softdlb');
  await mkdir(home, { recursive: true });
  await run('tar', ['-xzf', join(project, filename), '-C', home, '--strip-components=1']);
  const manifest = JSON.parse(await readFile(join(home, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  // No network: what it depends on, and the types of Node, come from here.
  for (const name of [...Object.keys(manifest.dependencies), '@types']) {
    await symlink(join(top, 'node_modules', name), join(project, 'node_modules', name));
  }
  return files.map((file) => file.path);
}

/** That of the package as it is installed. */
function installed(): { bin: { softdlb: string } } {
  return JSON.parse(readFileSync(join(project, 'node_modules/softdlb/package.json'), 'utf8')) as {
    bin: { softdlb: string };
  };
}

const TSCONFIG = {
  compilerOptions: {
    target: 'es2023',
    lib: ['es2024', 'esnext.disposable'],
    module: 'nodenext',
    types: ['node'],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
  },
  include: ['*.ts'],
};

test('a program that uses every name runs in this tree', async () => {
  const program = fileURLToPath(new URL('program.js', import.meta.url));
  const { stdout } = await run(process.execPath, [program]);
  expect(stdout).toMatch(PASSED);
});

test('the same program compiles and runs against the packed package', async () => {
  const files = await install();
  for (const source of ['program.ts', 'shapes.ts']) {
    await cp(join(top, '__tests__/api', source), join(project, source));
  }
  await writeFile(join(project, 'package.json'), JSON.stringify({ type: 'module' }));
  await writeFile(join(project, 'tsconfig.json'), JSON.stringify(TSCONFIG));
  await run(join(top, 'node_modules/.bin/tsc'), ['-p', project], { cwd: project });
  const { stdout } = await run(process.execPath, ['program.js'], { cwd: project });
  expect(stdout).toMatch(PASSED);
  // The command is there, with what it needs, and nothing runs that it could find.
  const command = join('node_modules/softdlb', installed().bin.softdlb);
  const env = { ...process.env, XDG_RUNTIME_DIR: project };
  const refusal = run(process.execPath, [command, 'ls'], { cwd: project, env });
  await expect(refusal).rejects.toMatchObject({
    code: 3,
    stderr: expect.stringMatching(/^softdlb: nothing runs/),
  });
  // What it needs is in it, what it does not need is not.
  expect(files).toEqual(expect.arrayContaining(['dist/lib/index.js', 'dist/lib/index.d.ts']));
  expect(files).toEqual(expect.arrayContaining(['dist/workers/scheduler.js', 'LICENSE']));
  expect(files.filter((file) => /__tests__|bench|examples/.test(file))).toEqual([]);
});

test('U9: what is packed runs nothing when it is installed, and has maps with the sources in them', async () => {
  const home = join(project, 'node_modules', 'softdlb');
  const { scripts } = JSON.parse(await readFile(join(home, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const atInstall = ['prepare', 'preinstall', 'install', 'postinstall'];
  expect(atInstall.filter((name) => name in scripts)).toEqual([]);
  const files = await readdir(home, { recursive: true });
  expect(files.filter((file) => /(?<!\.d)\.[cm]?ts$|\.d\.[cm]?ts\.map$/.test(file))).toEqual([]);
  const map = JSON.parse(await readFile(join(home, 'dist/lib/index.js.map'), 'utf8')) as {
    sourcesContent: string[];
  };
  expect(map.sourcesContent).toHaveLength(1);
});

test('a program that uses it wrongly does not compile', async () => {
  const wrong = [
    "import { openDevice, EventBurst } from 'softdlb';",
    "const device = await openDevice({ scheduling: 'thread' });",
    'await device.createDomain({ queues: [], ports: [] });',
    "await device.createDomain({ eventsLimit: 1, queues: [{ type: 'fifo' }], ports: [] });",
    "new EventBurst('8');",
    'device.info = device.info;',
  ];
  await writeFile(join(project, 'program.ts'), `${wrong.join('\n')}\n`);
  const failure = await run(join(top, 'node_modules/.bin/tsc'), ['--noEmit', '-p', project], {
    cwd: project,
  }).then(
    () => ({ stdout: 'it compiled' }),
    (error: { stdout: string }) => error,
  );
  const lines = [...failure.stdout.matchAll(/program\.ts\((?<line>\d+),/g)];
  expect(lines.map(({ groups }) => Number(groups!['line']))).toEqual([2, 3, 4, 5, 6]);
});
