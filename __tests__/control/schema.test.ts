/** The JSON Schema of documents says what `apply` says. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openDevice } from '../../lib/index.js';
import type { Device } from '../../lib/index.js';
import { documentSchema } from '../../lib/control/index.js';
import { checkDocument } from '../../lib/control/tree/document.js';
import type { JsonSchema } from '../../lib/control/tree/schema.js';
import { wholeDocument } from './whole-spec.js';

const schema = documentSchema();
let device: Device;

beforeAll(async () => {
  device = await openDevice({ scheduling: 'inline' });
});
afterAll(() => device.close());

const definitions = schema['$defs'] as Record<string, JsonSchema>;

/** The keywords that the schema uses; another one fails. */
const KEYWORDS: Record<string, (rule: never, value: unknown, whole: JsonSchema) => boolean> = {
  $schema: () => true,
  $defs: () => true,
  title: () => true,
  description: () => true,
  $ref: (rule: string, value) => valid(definitions[rule.split('/').at(-1)!]!, value),
  anyOf: (rule: JsonSchema[], value) => rule.some((each) => valid(each, value)),
  const: (rule: unknown, value) => value === rule,
  enum: (rule: unknown[], value) => rule.includes(value),
  type: (rule: string, value) =>
    rule === 'integer'
      ? Number.isInteger(value)
      : rule === 'array'
        ? Array.isArray(value)
        : rule === 'object'
          ? isObject(value)
          : typeof value === rule,
  minimum: (rule: number, value) => typeof value !== 'number' || value >= rule,
  maximum: (rule: number, value) => typeof value !== 'number' || value <= rule,
  minLength: (rule: number, value) => typeof value !== 'string' || value.length >= rule,
  minItems: (rule: number, value) => !Array.isArray(value) || value.length >= rule,
  maxItems: (rule: number, value) => !Array.isArray(value) || value.length <= rule,
  items: (rule: JsonSchema, value) =>
    !Array.isArray(value) || value.every((each) => valid(rule, each)),
  required: (rule: string[], value) => !isObject(value) || rule.every((name) => name in value),
  properties: (rule: Record<string, JsonSchema>, value) =>
    !isObject(value) ||
    Object.entries(rule).every(([name, each]) => !(name in value) || valid(each, value[name])),
  patternProperties: (rule: Record<string, JsonSchema>, value) =>
    !isObject(value) ||
    Object.entries(rule).every(([pattern, each]) =>
      Object.entries(value).every(
        ([name, its]) => !new RegExp(pattern).test(name) || valid(each, its),
      ),
    ),
  additionalProperties: (rule, value, { properties = {}, patternProperties = {} }) =>
    !isObject(value) ||
    Object.entries(value).every(
      ([name, each]) =>
        (rule !== false && valid(rule, each)) ||
        Object.hasOwn(properties as object, name) ||
        Object.keys(patternProperties as object).some((pattern) => new RegExp(pattern).test(name)),
    ),
};

function valid(rules: JsonSchema, value: unknown): boolean {
  return Object.entries(rules).every(([keyword, rule]) =>
    KEYWORDS[keyword]!(rule as never, value, rules),
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function applies(document: unknown): boolean {
  try {
    checkDocument(document, device);
    return true;
  } catch {
    return false;
  }
}

type Path = (string | number)[];

/** Every place in a document, the document itself excepted. */
function places(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  const entries = Object.entries(value).map(([name, each]) =>
    places(each, [...path, Array.isArray(value) ? Number(name) : name]),
  );
  return [...(path.length > 0 ? [path] : []), ...entries.flat()];
}

function changed(
  document: object,
  path: Path,
  change: (holder: never, name: never) => void,
): object {
  const copy = structuredClone(document);
  const holder = path.slice(0, -1).reduce<unknown>((at, name) => at?.[name as never], copy);
  change(holder as never, path.at(-1)! as never);
  return copy;
}

const TENANT = { name: 'vdev', quota: { queues: 3, credits: 64 }, onDeath: 'keep' };
const DOCUMENTS = [
  wholeDocument(),
  { version: 1, virtualDevices: [TENANT], domains: [wholeDocument()] },
];
const BOUNDS = [255, 4096, 2 ** 20, 2 ** 28];
const NUMBERS = [-1, 0, 1, 2, 3, 8, 64, 0.25, 0.6, ...BOUNDS.flatMap((each) => [each, each + 1])];
const WORDS = ['', 'x', 'flow', 'atomic', true, false, null];
const VALUES: unknown[] = [...NUMBERS, ...WORDS, [], {}, [0], [[0]], [{}], { queue: 0 }];

test('what apply takes is valid', () => {
  for (const document of DOCUMENTS)
    expect([applies(document), valid(schema, document)]).toEqual([true, true]);
  const named = { $schema: './dlb.schema.json', version: 1, domains: [] };
  expect([applies(named), valid(schema, named)]).toEqual([true, true]);
  // Whatever becomes of one field.
  let taken = 0;
  for (const document of DOCUMENTS) {
    for (const path of places(document)) {
      for (const value of VALUES) {
        const other = changed(document, path, (holder: Record<string, unknown>, name) => {
          holder[name] = value;
        });
        if (!applies(other)) continue;
        taken++;
        if (!valid(schema, other)) expect({ path, value }).toBe('valid');
      }
    }
  }
  expect(taken).toBeGreaterThan(300);
});

test('a field of the wrong type, one too many, and one that is missing are invalid, as apply says', () => {
  for (const document of DOCUMENTS) {
    for (const path of places(document)) {
      const wrong = changed(document, path, (holder: Record<string, unknown>, name) => {
        holder[name] = Symbol.iterator.toString();
        if (['name', 'start', 'enabled'].includes(name)) holder[name] = 7;
        // A queue may be named there.
        if (path.includes('links') || path.includes('profiles')) holder[name] = false;
      });
      const more = changed(
        document,
        [...path.slice(0, -1), 'colour'],
        (holder: Record<string, unknown>, name) => {
          if (!Array.isArray(holder)) holder[name] = 'red';
          else holder.push({ colour: 'red' });
        },
      );
      for (const each of [wrong, more]) {
        expect([path, applies(each), valid(schema, each)]).toEqual([path, false, false]);
      }
      const less = changed(document, path, (holder: Record<string, unknown>, name) => {
        if (!Array.isArray(holder)) delete holder[name];
      });
      // Without its first field a document may be another kind of one.
      if (path[0] !== 'version') expect([path, valid(schema, less)]).toEqual([path, applies(less)]);
    }
  }
});

test('the bounds of a number are those of apply', () => {
  for (const [what, path] of [
    ['domain', []],
    ['queue', ['queues', 0]],
    ['port', ['ports', 0]],
    ['buffers', ['buffers']],
  ] as const) {
    const properties = definitions[what]!['properties'] as Record<string, JsonSchema>;
    for (const [name, rules] of Object.entries(properties)) {
      for (const bound of [Number(rules['minimum']) - 1, Number(rules['maximum']) + 1]) {
        if (Number.isNaN(bound)) continue;
        const beyond = changed(
          wholeDocument(),
          [...path, name],
          (holder: Record<string, unknown>, at) => {
            holder[at] = bound;
          },
        );
        expect([name, bound, applies(beyond)]).toEqual([name, bound, false]);
      }
    }
  }
});
