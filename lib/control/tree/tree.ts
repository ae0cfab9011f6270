/**
 * The configuration tree of a device: every setting and counter by a path.
 *
 * Runs on: the thread that opened the device. Nothing is kept: each call looks at what is there,
 * and what one call reads belongs to one look.
 */
import { DlbError } from '../../eventdev/errors.js';
import { rootNode } from './device-nodes.js';
import type { Branch, Leaf, TreeNode } from './node.js';
import { NO_UNIT } from './node.js';
import { Reading } from './reading.js';
import type { TreeDevice } from './subject.js';
import type {
  NodeDescription,
  NodeEntry,
  TreeChange,
  TreeValue,
  TreeWatchOptions,
} from './value.js';
import { watchTree } from './watch.js';

/** Names of a branch that an error lists. */
const KNOWN_MAX = 24;

interface Found {
  /** With ids, whatever names the caller gave. */
  readonly path: string;
  readonly node: TreeNode;
}

export class DeviceTree {
  readonly #device: TreeDevice;

  /** Use `device.tree`. */
  constructor(device: TreeDevice) {
    this.#device = device;
  }

  /**
   * What is directly under a branch, leaves with their values; of a leaf, the leaf itself. The root is ''.
   * @throws DlbError ERR_DLB_INVALID_PATH
   */
  list(path = ''): NodeEntry[] {
    const found = this.#find(path);
    return found.node.type === 'branch'
      ? under(found.path, found.node).map(entryOf)
      : [entryOf(found)];
  }

  /**
   * Type, unit, help, and whether the node can be written.
   * @throws DlbError ERR_DLB_INVALID_PATH
   */
  describe(path: string): NodeDescription {
    return describeNode(this.#find(path));
  }

  /**
   * The value of a leaf; of a branch, everything under it as one object, all of one look.
   * @throws DlbError ERR_DLB_INVALID_PATH
   */
  read(path = ''): TreeValue {
    return valueOf(this.#find(path).node);
  }

  /**
   * Changes a setting, or makes a count start anew. Resolves to the value that there is then; null
   * when the node went with the change.
   * @throws DlbError ERR_DLB_INVALID_PATH; ERR_DLB_NOT_PERMITTED: it can only be read;
   *                  ERR_DLB_INVALID_ARGUMENT and others that name path, value and what is allowed
   */
  async write(path: string, value: unknown): Promise<TreeValue> {
    return (await this.set(path, value)).value;
  }

  /** As `write`, and tells what the change came to: how many events a stop or a close has dropped. */
  async set(path: string, value: unknown): Promise<{ value: TreeValue; dropped: number }> {
    const found = this.#find(path);
    const { node } = found;
    if (node.type === 'branch' || node.write === undefined) {
      const what = node.type === 'branch' ? 'is a branch' : 'can only be read';
      const details = { field: found.path, path: found.path, value };
      throw new DlbError('ERR_DLB_NOT_PERMITTED', `${found.path} ${what}`, details);
    }
    const { dropped } = (await node.write(value, found.path)) ?? { dropped: 0 };
    return { value: this.has(found.path) ? this.read(found.path) : null, dropped };
  }

  /** Whether there is such a path. */
  has(path: string): boolean {
    return typeof this.#resolve(path) !== 'string';
  }

  /**
   * The node and all that are under it, from the top, leaves with their values.
   * @throws DlbError ERR_DLB_INVALID_PATH
   */
  walk(path = ''): NodeEntry[] {
    return [...nodesFrom(this.#find(path))].map(entryOf);
  }

  /**
   * All leaves from a path on with their values, of one look.
   * @throws DlbError ERR_DLB_INVALID_PATH
   */
  values(path = ''): Map<string, TreeValue> {
    const values = new Map<string, TreeValue>();
    for (const { path: at, node } of nodesFrom(this.#find(path))) {
      if (node.type !== 'branch') values.set(at, node.read());
    }
    return values;
  }

  /**
   * Lists what changes at or under a path: first all that is there, then at each look what is new,
   * different or gone; looks without a change yield nothing. Ends when aborted or when the device closes.
   * @throws DlbError ERR_DLB_INVALID_PATH, ERR_DLB_INVALID_ARGUMENT, at once
   */
  watch(path = '', options: TreeWatchOptions = {}): AsyncGenerator<TreeChange[], void, undefined> {
    return watchTree(this, this.#find(path).path, () => this.#device.isClosed, options);
  }

  #find(path: string): Found {
    const found = this.#resolve(path);
    if (typeof found !== 'string') return found;
    throw this.#noSuchPath(path, found);
  }

  /** The node, or the longest part of the path that leads somewhere. */
  #resolve(path: string): Found | string {
    if (typeof path !== 'string') return '';
    let node: TreeNode = rootNode(this.#device, new Reading());
    let at = '';
    for (const escapedSegment of path.split('/')) {
      if (escapedSegment === '') continue;
      const segment = nameOf(escapedSegment);
      const next: Child | undefined = node.type === 'branch' ? childOf(node, segment) : undefined;
      if (next === undefined) return at;
      at = at === '' ? next.id : `${at}/${next.id}`;
      node = next.node;
    }
    return { path: at, node };
  }

  #noSuchPath(path: string, nearest: string): DlbError {
    const found = this.#resolve(nearest);
    const known =
      typeof found === 'string' || found.node.type !== 'branch'
        ? []
        : [...found.node.children().keys()];
    const more = known.length > KNOWN_MAX ? ` and ${known.length - KNOWN_MAX} more` : '';
    return new DlbError('ERR_DLB_INVALID_PATH', 'there is no such path', {
      path,
      nearest: nearest === '' ? '/' : nearest,
      known: known.slice(0, KNOWN_MAX).join(' ') + more,
    });
  }
}

/** A name as a segment of a path: `/` is `%2F` there, `%` is `%25`, as in a URL. */
export function escapedName(name: string): string {
  return name.replaceAll('%', '%25').replaceAll('/', '%2F');
}

export function nameOf(segment: string): string {
  return segment.replaceAll(/%2F/gi, '/').replaceAll('%25', '%');
}

interface Child {
  readonly id: string;
  readonly node: TreeNode;
}

/** By id, else by name, if only one child has it. */
function childOf(node: Branch, segment: string): Child | undefined {
  const byId = node.child === undefined ? node.children().get(segment) : node.child(segment);
  if (byId !== undefined) return { id: segment, node: byId };
  const named = [...(node.names?.() ?? [])].filter(([name]) => name === segment);
  if (named.length !== 1) return undefined;
  const [, id] = named[0]!;
  return { id, node: node.children().get(id)! };
}

function under(path: string, node: Branch): Found[] {
  return [...node.children()].map(([id, child]) => ({
    path: path === '' ? id : `${path}/${id}`,
    node: child,
  }));
}

function* nodesFrom(found: Found): Generator<Found> {
  yield found;
  if (found.node.type !== 'branch') return;
  for (const child of under(found.path, found.node)) yield* nodesFrom(child);
}

function entryOf(found: Found): NodeEntry {
  const description = describeNode(found);
  return found.node.type === 'branch' ? description : { ...description, value: found.node.read() };
}

function describeNode({ path, node }: Found): NodeDescription {
  const { type, help } = node;
  if (node.type === 'branch') return { path, type, unit: NO_UNIT, help, writable: false };
  return {
    path,
    type,
    unit: node.unit,
    help,
    writable: node.write !== undefined,
    ...(node.allowed === undefined ? {} : { allowed: node.allowed }),
  };
}

function valueOf(node: Leaf | Branch): TreeValue {
  if (node.type !== 'branch') return node.read();
  return Object.fromEntries([...node.children()].map(([id, child]) => [id, valueOf(child)]));
}
