/** Modules of both kinds: their functions are found wherever they are exported, set-up and teardown with them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createPipeline, stage } from '../../lib/pipeline/index.js';
import { createPadata } from '../../lib/padata/index.js';

const TYPESCRIPT = `"use strict"; Object.defineProperty(exports, "__esModule", { value: true });`;
/** What each module has: a handler, a key, a set-up that gives the rate, a teardown that notes its end. */
const REST = `rate: 0, setup({ context }) { this.rate = context.rate; new Int32Array(context.ended)[0]++; },
  teardown({ context }) { new Int32Array(context.ended)[1]++; }, key(n) { return n; }`;
const LOOSE = `let rate = 0; const setup = ({ context }) => { rate = context.rate; new Int32Array(context.ended)[0]++; };
  const teardown = ({ context }) => { new Int32Array(context.ended)[1]++; }; const key = (n) => n; const price = (n) => n * rate;`;

const MODULES: Readonly<Record<string, readonly [file: string, text: string, handler?: string]>> = {
  'module.exports = { … }': [
    'a.cjs',
    `module.exports = { price(n) { return n * this.rate; }, ${REST} };`,
  ],
  arrows: ['b.cjs', `${LOOSE} module.exports = { price: (n) => price(n), setup, teardown, key };`],
  'some names are seen, some are not': [
    'c.cjs',
    `${LOOSE} exports.price = price; Object.assign(exports, { setup, teardown }); exports['k' + 'ey'] = key;`,
  ],
  'an instance': [
    'd.cjs',
    `module.exports = new (class { price(n) { return n * this.rate; } ${REST.replace('rate: 0,', '').replaceAll('},', '}')} })();`,
  ],
  'a function': [
    'e.cjs',
    `${LOOSE} module.exports = Object.assign((n) => price(n), { setup, teardown, key });`,
    'default',
  ],
  'export default, compiled': [
    'f.cjs',
    `${TYPESCRIPT} ${LOOSE} exports.default = price; exports.setup = setup; exports.teardown = teardown; exports.key = key;`,
    'default',
  ],
  'export default { … }, compiled': [
    'g.cjs',
    `${TYPESCRIPT} exports.default = { price(n) { return n * this.rate; }, ${REST} };`,
  ],
  'getters, compiled': [
    'h.cjs',
    `${TYPESCRIPT} ${LOOSE} for (const [name, get] of Object.entries({ price: () => price, setup: () => setup, teardown: () => teardown, key: () => key })) Object.defineProperty(exports, name, { enumerable: true, get });`,
  ],
  'an ES module': ['i.mjs', `${LOOSE} export { price, setup, teardown, key };`],
  'an ES module, export default { … }': [
    'j.mjs',
    `export default { price(n) { return n * this.rate; }, ${REST} };`,
  ],
  'an ES module with a default export of its own': [
    'k.mjs',
    `${LOOSE} export { price, setup, teardown, key }; export default new Proxy({}, { get() { throw new Error('not for you'); } });`,
  ],
};

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'softdlb-modules-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function written(file: string, text: string): string {
  const path = join(folder, file);
  writeFileSync(path, text);
  return path;
}

test('U2: handler, key, set-up and teardown are found however they are exported', async () => {
  // Each stage multiplies by 3.
  const wants = Object.entries(MODULES).map(([what, [file, text, handler = 'price']], i) => {
    const ended = new SharedArrayBuffer(8);
    const module = written(file, text);
    const context = { rate: 3, ended };
    const options = {
      name: what,
      module,
      handler,
      schedule: 'atomic',
      flow: 'key',
      context,
    } as const;
    return { what, ended, want: 3 ** (i + 1), stage: stage<(n: number) => number>(options) };
  });
  const [first, ...rest] = wants.map((one) => one.stage);
  const pipeline = await createPipeline({ stages: [first!, ...rest], workers: 1 });
  expect(await pipeline.call(1)).toBe(wants.at(-1)!.want);
  await pipeline.close();
  for (const { what, ended } of wants) {
    expect([what, ...new Int32Array(ended)]).toEqual([what, 1, 1]);
  }
});

test.each(['toString', 'call', 'constructor', 'nothing'])(
  'U2: %s is no export, though objects and functions have it',
  async (handler) => {
    const module = written('plain.cjs', 'module.exports = Object.assign(() => {}, { price: 3 });');
    const opening = createPipeline({ stages: [stage({ module, handler })], workers: 1 });
    await expect(opening).rejects.toMatchObject({ code: 'ERR_DLB_MODULE_INVALID' });
  },
);

test.each([
  ['exported', 'module.exports = { parallel: ({ data }) => data.map((byte) => byte + 1) };'],
  ['made', 'module.exports = { setup: () => ({ data }) => data.map((byte) => byte + 1) };'],
])('U2: a pool finds its functions as well: %s', async (way, text) => {
  const pool = await createPadata({ module: written(`${way}.cjs`, text), bytes: 64, workers: 1 });
  const results: number[] = [];
  await pool.run([Uint8Array.of(1), Uint8Array.of(4)], (result) => void results.push(result[0]!));
  await pool.close();
  expect(results).toEqual([2, 5]);
});
