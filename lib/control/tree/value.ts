/** What the configuration tree speaks of: plain data, the same in code, as JSON and over HTTP. */

export type TreeValue =
  | string
  | number
  | boolean
  | null
  | readonly TreeValue[]
  | { readonly [name: string]: TreeValue };

/** 'branch' has others under it and no value of its own; 'flag' is true or false. */
export type NodeType = 'branch' | 'text' | 'number' | 'flag' | 'list';

/** What a path leads to. */
export interface NodeDescription {
  /** Names separated by `/`, with the ids of domains, queues and ports. */
  readonly path: string;
  readonly type: NodeType;
  /** What the number counts; '-' where there is none. */
  readonly unit: string;
  /** A sentence. */
  readonly help: string;
  readonly writable: boolean;
  /** What may be written. */
  readonly allowed?: string;
}

/** The same with what is there now. */
export interface NodeEntry extends NodeDescription {
  /** Left out: the node is a branch. */
  readonly value?: TreeValue;
}

/** A value that is new or another than before; or a node that is no longer there. */
export type TreeChange =
  | { readonly path: string; readonly value: TreeValue }
  | { readonly path: string; readonly gone: true };

export interface TreeWatchOptions {
  /** Time between two looks in milliseconds, 10..2147483647, default 1000. A look that takes long is followed by
   *  nine times as long a pause, at least. */
  intervalMs?: number;
  /** Ends the watch. */
  signal?: AbortSignal;
  /** Default true: waiting for the next look keeps the process alive. */
  keepAlive?: boolean;
}
