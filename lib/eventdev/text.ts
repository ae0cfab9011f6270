/**
 * Text that a stranger may have had a hand in: told within a bound, printed without effect, and never by running the
 * stranger's code. Every error message, table and line of the command is made of these.
 */

/** What moves a terminal's cursor, ends a line, or changes the direction of what follows. */
// eslint-disable-next-line no-control-regex
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

/** The text with everything invisible written out, as in a string literal. Again: the same. */
export function printable(text: string): string {
  return text.replace(UNSAFE, escaped);
}

/** JSON of which the same is true: the value that it stands for is unchanged. */
export function printableJson(json: string): string {
  return json.replace(UNSAFE, (c) =>
    // Inside of a string JSON has none.
    c === '\n' ? c : `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function escaped(character: string): string {
  const code = character.charCodeAt(0).toString(16);
  const rest = code.length > 2 ? `u${code.padStart(4, '0')}` : `x${code.padStart(2, '0')}`;
  return SHORT[character] ?? `\\${rest}`;
}

/** A document, the deepest text that is asked for, has ten levels. */
const JSON_DEPTH_MAX = 32;

/** As JSON.parse, but of a stranger's text: what is nested more deeply could not even be shown. @throws Error */
export function parsedJson(text: string): unknown {
  let depth = 0;
  let isString = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (isString) {
      if (c === '\\') i++;
      else if (c === '"') isString = false;
    } else if (c === '"') isString = true;
    else if (c === ']' || c === '}') depth--;
    else if ((c === '[' || c === '{') && ++depth > JSON_DEPTH_MAX) {
      throw new Error(`it is nested more than ${JSON_DEPTH_MAX} deep`);
    }
  }
  return JSON.parse(text) as unknown;
}

/** Characters of one value in a message. */
const SHOWN_MAX = 1000;
const DEPTH_MAX = 8;
/** Of more digits than that a bigint takes long to write. */
const BIGINT_BITS_MAX = 256n;

/** A value in a message: as JSON where that says it, cut where it is long. Never throws. */
export function shown(value: unknown): string {
  const writer = new Writer();
  try {
    writer.write(value, 0);
  } catch {
    // A proxy that was revoked, or whose traps throw.
    writer.add('a value that cannot be read');
  }
  return writer.text;
}

/** What is told of an error, or of whatever else was thrown. Never throws. */
export function reasonOf(error: unknown): string {
  try {
    const message: unknown = error instanceof Error ? error.message : error;
    return shown(message);
  } catch {
    return 'an error that cannot be read';
  }
}

class Writer {
  text = '';
  #isFull = false;

  add(part: string): void {
    if (this.#isFull) return;
    const room = SHOWN_MAX - this.text.length;
    this.#isFull = part.length > room;
    this.text += printable(this.#isFull ? `${part.slice(0, room)}…` : part);
  }

  /** Reads own data properties only: neither getters nor toString and its kin are called. */
  write(value: unknown, depth: number): void {
    if (typeof value === 'string') this.add(depth === 0 ? value : quoted(value));
    else if (typeof value === 'bigint') this.add(bigintText(value));
    else if (typeof value === 'symbol') this.add(`Symbol(${value.description ?? ''})`);
    else if (typeof value === 'function') this.add('[function]');
    else if (typeof value !== 'object' || value === null) this.add(String(value));
    else if (depth > DEPTH_MAX) this.add('…');
    else this.#writeObject(value, depth);
  }

  #writeObject(value: object, depth: number): void {
    const kind = kindOf(value);
    if (kind === 'Array') return this.#writeList(value as unknown[], depth);
    if (kind !== 'Object') return this.add(`[object ${kind}]`);
    let separator = '{';
    for (const name in value) {
      if (this.#isFull) return;
      const property = Object.getOwnPropertyDescriptor(value, name);
      if (property === undefined) continue;
      this.add(`${separator}${quoted(name)}:`);
      this.#writeProperty(property, depth);
      separator = ',';
    }
    this.add(separator === '{' ? '{}' : '}');
  }

  #writeList(list: readonly unknown[], depth: number): void {
    this.add('[');
    for (let i = 0; i < list.length && !this.#isFull; i++) {
      if (i > 0) this.add(',');
      const property = Object.getOwnPropertyDescriptor(list, i);
      if (property === undefined) this.add('null');
      else this.#writeProperty(property, depth);
    }
    this.add(']');
  }

  #writeProperty(property: PropertyDescriptor, depth: number): void {
    if ('value' in property) this.write(property.value, depth + 1);
    else this.add('[getter]');
  }
}

/** 'Object' for every plain object, whichever thread or realm it came from. */
function kindOf(value: object): string {
  if (Array.isArray(value)) return 'Array';
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null) return 'Object';
  const made: unknown = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value;
  if (typeof made !== 'function') return 'Object';
  const name: unknown = Object.getOwnPropertyDescriptor(made, 'name')?.value;
  return typeof name === 'string' && name !== '' ? name : 'Object';
}

/** What is beyond the bound is not looked at. */
function quoted(text: string): string {
  return JSON.stringify(text.slice(0, SHOWN_MAX));
}

function bigintText(value: bigint): string {
  const limit = 1n << BIGINT_BITS_MAX;
  return value < limit && value > -limit ? `${value}n` : 'a bigint of more than 256 bits';
}
