/** The README's way to a domain from a JSON file: its blocks are what they say, and work as printed. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { ownRuntimeFolder } from '../control/runtime-folder.js';

const root = new URL('../../../', import.meta.url);
const cwd = fileURLToPath(root);
const readme = readFileSync(new URL('lib/cli/README.md', root), 'utf8');
const section = /^## A first session$[\s\S]*?(?=^## )/m.exec(readme)![0];

ownRuntimeFolder();

function blocks(language: string): string[] {
  const fences = section.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'));
  return [...fences].map(([, text]) => text!);
}

test('the blocks are the files', () => {
  const source = readFileSync(new URL('examples/03-control.ts', root), 'utf8');
  expect(blocks('ts')).toEqual([source.replace("'../lib/index.js'", "'softdlb'")]);
  expect(blocks('json')).toEqual([
    readFileSync(new URL('examples/03-control/orders.json', root), 'utf8'),
  ]);
});

test('the commands work in their order', async () => {
  const [serve, commands] = blocks('sh') as [string, string];
  const [program, ...args] = serve.trim().split(' ');
  expect(program).toBe('node');
  const server = spawn(process.execPath, args, { cwd, env: process.env });
  const ended = once(server, 'exit');
  try {
    expect(String((await once(server.stdout, 'data'))[0])).toBe(
      'dlb0 waits for domains until Ctrl-C\n',
    );
    // npx may ask a registry first; what it runs then is this.
    const script = commands.replaceAll('npx softdlb', `"${process.execPath}" dist/lib/cli/main.js`);
    expect(script.trim().split('\n')).toHaveLength(10);
    const { stdout, stderr } = await promisify(execFile)('sh', ['-ec', script], {
      cwd,
      env: process.env,
    });
    expect(stderr).toBe('');
    expect(stdout).toContain('domain 0 orders: started');
    expect(stdout).toMatch(/^domains\/0\/queues\/1\/priority +number +rw +64 /m);
    expect(stdout).toContain('[{"queue":0,"priority":128}]');
    expect(stdout).toContain('queue 1 "book": atomic');
    expect(stdout).toMatch(/"start": true/);
    expect(stdout).toMatch(/\ndone\n$/);
  } finally {
    server.kill('SIGINT');
    expect(await ended).toEqual([0, null]);
  }
});
