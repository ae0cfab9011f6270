/**
 * Nodes of the tree, and the rows that tables declare them with.
 *
 * A table says of each field what it is; a node is a row together with the thing that it is read
 * from. Nodes are made on the way to them and live for one look.
 */
import type { NodeType, TreeValue } from './value.js';

/** What is told of a leaf. */
export interface Field {
  readonly type: Exclude<NodeType, 'branch'>;
  readonly unit: string;
  readonly help: string;
}

/** What a write came to. */
export interface Outcome {
  /** Events that were inside of a domain, and that nobody was handed. */
  readonly dropped: number;
}

/** Checks and carries out; an error names `path`. */
export type Write = (value: unknown, path: string) => void | Promise<Outcome | void>;

export interface Leaf extends Field {
  readonly read: () => TreeValue;
  readonly write?: Write | undefined;
  /** What may be written. */
  readonly allowed?: string | undefined;
}

export interface Branch {
  readonly type: 'branch';
  readonly help: string;
  readonly children: () => ReadonlyMap<string, TreeNode>;
  /** One child, where all are many; undefined if there is none. */
  readonly child?: (id: string) => TreeNode | undefined;
  /** Names that lead to a child as well as its id does; several children may share one. */
  readonly names?: () => Iterable<readonly [name: string, id: string]>;
}

export type TreeNode = Leaf | Branch;

/** Unit of what has none. */
export const NO_UNIT = '-';

export function text(help: string): Field {
  return { type: 'text', unit: NO_UNIT, help };
}

export function number(unit: string, help: string): Field {
  return { type: 'number', unit, help };
}

export function flag(help: string): Field {
  return { type: 'flag', unit: NO_UNIT, help };
}

export function list(unit: string, help: string): Field {
  return { type: 'list', unit, help };
}

/** Grows until it is reset. `xstat`: its name among the extended statistics, which reset it. */
export interface Count extends Field {
  readonly xstat: string;
}

export function count(unit: string, xstat: string, help: string): Count {
  return { type: 'number', unit, help: `${help}, since the last reset`, xstat };
}

/** Is what it is; a reset passes it over. */
export function level(unit: string, help: string): Field {
  return { type: 'number', unit, help: `${help}, now` };
}

/** Names of the fields of T that are numbers. */
export type Numbers<T> = { [K in keyof T]: T[K] extends number ? K : never }[keyof T] & string;

/** What may be written to a leaf, and how. */
export interface Writer {
  readonly allowed: string;
  readonly write: Write;
}

export function leaf(field: Field, read: () => TreeValue, writer?: Writer): Leaf {
  const { type, unit, help } = field;
  return { type, unit, help, read, ...writer };
}

export function branch(
  help: string,
  children: Branch['children'],
  names?: Branch['names'],
): Branch {
  return names === undefined
    ? { type: 'branch', help, children }
    : { type: 'branch', help, children, names };
}

/** One leaf per row of a table. */
export function leaves<K extends string>(
  table: Readonly<Record<K, Field>>,
  read: (name: K) => TreeValue,
  writers: { readonly [N in K]?: Writer } = {},
): [string, Leaf][] {
  return (Object.keys(table) as K[]).map((name) => [
    name,
    leaf(table[name], () => read(name), writers[name]),
  ]);
}
