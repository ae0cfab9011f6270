/**
 * What build.mjs makes of imported constants: constants of the module that imports them, each with its
 * value, on the line of the import, since source maps count lines.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import type { SourceMapPayload } from 'node:module';
import { expect, test } from '@jest/globals';

// This file runs from dist/__tests__/tidy.
const EMITTED = new URL('../../lib/', import.meta.url);
const SOURCES = new URL('../../../lib/', import.meta.url);
const FOLDED = ['credit', 'eventdev', 'mempool', 'memory', 'port', 'ring', 'scheduler'];
const IMPORT = /^import\s*\{([^}]*)\}\s*from\s*'(\.[^']*)';/gm;
const CONSTANT = /^[A-Z][A-Z0-9_]*$/;

interface Imported {
  /** `folder/module`, as both trees name it. */
  readonly module: string;
  readonly name: string;
  /** The module that exports it. */
  readonly from: URL;
}

const modules = FOLDED.flatMap((folder) =>
  readdirSync(new URL(`${folder}/`, EMITTED))
    .filter((file) => file.endsWith('.js'))
    .map((file) => `${folder}/${file.slice(0, -3)}`),
);

function emitted(module: string): string {
  return readFileSync(new URL(`${module}.js`, EMITTED), 'utf8');
}

function source(module: string): string {
  return readFileSync(new URL(`${module}.ts`, SOURCES), 'utf8');
}

/** The names like those of constants that a module imports from a folder that is folded. */
function constantsIn(module: string, text: string): Imported[] {
  return [...text.matchAll(IMPORT)].flatMap(([, list, path]) => {
    const from = new URL(path!, new URL(module, EMITTED));
    if (!FOLDED.some((folder) => from.href.startsWith(new URL(`${folder}/`, EMITTED).href))) {
      return [];
    }
    const names = list!.split(',').map((name) => name.trim());
    return names.filter((name) => CONSTANT.test(name)).map((name) => ({ module, name, from }));
  });
}

/** What the exporting module itself has. */
async function valueOf({ name, from }: Imported): Promise<unknown> {
  const exported = (await import(from.href)) as Record<string, unknown>;
  return exported[name];
}

function isConstant(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  return isPlain(value) && Object.values(value).every((each) => Number.isFinite(each));
}

function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  return Object.getPrototypeOf(value) === Object.prototype;
}

/** The value that an emitted module gives to a constant of its own, at the start of a line or behind
 *  another statement. */
function declared(module: string, name: string): unknown {
  const pattern = new RegExp(`(?:^|; )const ${name} = (-?[\\d.]+|\\{[^{}]*\\});`, 'm');
  const found = pattern.exec(emitted(module));
  return found === null ? undefined : JSON.parse(found[1]!);
}

test('no module of the data path imports a constant that is a number or made of numbers', async () => {
  const left: string[] = [];
  for (const module of modules) {
    for (const each of constantsIn(module, emitted(module))) {
      if (isConstant(await valueOf(each))) left.push(`${module}: ${each.name}`);
    }
  }
  expect(left).toEqual([]);
});

test('each constant that the sources import has the value of its module', async () => {
  const wrong: string[] = [];
  let seen = 0;
  for (const module of modules) {
    for (const each of constantsIn(module, source(module))) {
      const value = await valueOf(each);
      if (!isConstant(value)) continue;
      seen++;
      const found = declared(module, each.name);
      if (JSON.stringify(found) !== JSON.stringify(value)) wrong.push(`${module}: ${each.name}`);
    }
  }
  expect(wrong).toEqual([]);
  // The rule has something to look at.
  expect(seen).toBeGreaterThan(100);
});

test('a delivery reads its words at offsets that are written out', () => {
  const text = emitted('scheduler/give');
  expect(text).toMatch(/\bconst QE_WORDS = 4;/);
  expect(text).toMatch(/\bconst OPAQUE_SHIFT = 24;/);
  expect(text).toMatch(/\bconst HISTORY_WORDS = 8;/);
  expect(text).toMatch(/\bconst OP = \{"NEW":0,"FORWARD":1,"RELEASE":2,"FRAGMENT":3\};/);
});

test('what is no constant stays imported, and no import is left empty', () => {
  expect(emitted('scheduler/machine')).toMatch(/^import \{ domainLayout \} from/m);
  for (const module of modules) expect(emitted(module)).not.toMatch(/^import \{\s*\} from/m);
});

/** Lines of a module of which the source map says something else than the source. */
function misplaced(module: string): string[] {
  const lines = emitted(module).split('\n');
  const json = readFileSync(new URL(`${module}.js.map`, EMITTED), 'utf8');
  const payload = JSON.parse(json) as SourceMapPayload;
  // One group of mappings for each line but the last, which names the map.
  if (payload.mappings.split(';').length !== lines.length - 1) return [`${module}: lines`];
  const map = new SourceMap(payload);
  const from = source(module).split('\n');
  return lines.flatMap((text, line) => {
    const [declaration] = /^export (?:class|function|const) \w+/.exec(text) ?? [];
    if (declaration === undefined) return [];
    const entry = map.findEntry(line, 0);
    const original = 'originalLine' in entry ? from[entry.originalLine] : undefined;
    return original?.startsWith(declaration) === true ? [] : [`${module}: ${declaration}`];
  });
}

test('folded modules have the lines that they had, so their source maps fit', () => {
  const ends = modules.map((module) => emitted(module).split('\n').at(-1));
  expect(ends).toEqual(
    modules.map((module) => `//# sourceMappingURL=${module.split('/').at(-1)}.js.map`),
  );
  expect(modules.flatMap(misplaced)).toEqual([]);
});

test.each(['duty-cycle', 'parking', 'spin', 'waiter'])(
  'idle/%s asks for the limits of the environment each time it is loaded',
  (name) => {
    const text = emitted(`idle/${name}`);
    const names = [...source(`idle/${name}`).matchAll(/\b(?:PARK_LIMIT_MS|SPIN_LOOKS)\b/g)];
    const [, list] = /^import \{([^}]*)\} from '\.\/park-limit\.js';/m.exec(text)!;
    expect(new Set(list!.split(',').map((each) => each.trim()))).toEqual(
      new Set(names.map(([each]) => each)),
    );
    expect(text).not.toMatch(/\bconst (?:PARK_LIMIT_MS|SPIN_LOOKS)\b/);
  },
);
