/** What each subcommand does with a device, `top` excepted. */
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { parsedJson, printable, reasonOf } from '../control/index.js';
import type { DeviceDocument, NodeEntry, TreeChange, TreeValue } from '../index.js';
import { encoded } from './client.js';
import type { Client } from './client.js';
import { EXIT_FAILED, Failure } from './failure.js';
import { nothingRuns, runningDevices } from './find-device.js';
import { shown } from './output.js';
import type { Output } from './output.js';

interface DomainSummary {
  readonly id: number;
  readonly name: string;
  readonly state: string;
}

export async function devices(out: Output): Promise<void> {
  const found = await runningDevices();
  if (found.length === 0) throw nothingRuns();
  if (out.json) {
    await out.printJson(
      found.map(({ client, pid, info }) => ({ pid, socket: client.socket, ...info })),
    );
    return;
  }
  const rows = found.map(({ pid, info }) => [
    String(pid),
    info?.name ?? '(busy)',
    info?.scheduling ?? '',
    (info?.domains ?? []).map(({ id, name, state }) => `${id} ${name} ${state}`).join(', '),
  ]);
  await out.write(`${out.table(['process', 'device', 'scheduling', 'domains'], rows, [0])}\n`);
}

export async function apply(client: Client, out: Output, file: string): Promise<void> {
  const document = parseDocument(await readDocument(file), file);
  const made = await client.post<{
    domains: DomainSummary[];
    virtualDevices: { id: number; name: string }[];
  }>('/apply', document);
  if (out.json) await out.printJson(made);
  else {
    for (const { id, name } of made.virtualDevices) {
      await out.print(`virtual device ${id} ${name}`);
    }
    for (const { id, name, state } of made.domains) {
      await out.print(`domain ${id} ${name}: ${state}`);
    }
  }
}

async function readDocument(file: string): Promise<string> {
  if (file === '-') return text(process.stdin);
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const { message } = error as Error;
    throw new Failure(`cannot read ${file}: ${message}`, EXIT_FAILED, 'ERR_DLB_INVALID_ARGUMENT', {
      file,
    });
  }
}

function parseDocument(content: string, file: string): unknown {
  try {
    return parsedJson(content);
  } catch (error) {
    const name = file === '-' ? 'standard input' : file;
    const what = `${name} is not JSON: ${reasonOf(error)}`;
    throw new Failure(what, EXIT_FAILED, 'ERR_DLB_INVALID_ARGUMENT', { file });
  }
}

/** A document, to be read by people and by `apply` alike. */
export async function snapshot(client: Client, out: Output): Promise<void> {
  const document = await client.get<DeviceDocument>('/snapshot');
  await out.printJson(document, out.json ? 0 : 2);
}

export async function ls(
  client: Client,
  out: Output,
  path: string,
  options: { recursive?: boolean },
): Promise<void> {
  const query = options.recursive === true ? '?all' : '';
  const nodes = await client.get<NodeEntry[]>(`/nodes/${encoded(path)}${query}`);
  if (out.json) {
    await out.printJson(nodes);
    return;
  }
  const rows = nodes
    .filter((node) => node.path !== '')
    .map((node) => [
      node.type === 'branch' ? `${node.path}/` : node.path,
      node.type === 'branch' ? '' : node.type,
      node.writable ? 'rw' : node.type === 'branch' ? '' : 'r',
      shown(node.value),
      node.unit === '-' ? '' : node.unit,
      node.help,
    ]);
  await out.write(`${out.table(['path', 'type', '', 'value', 'unit', 'help'], rows, [3])}\n`);
}

/** One leaf: its value. Otherwise a line for each leaf there is. */
export async function get(client: Client, out: Output, paths: readonly string[]): Promise<void> {
  if (out.json) {
    const values: Record<string, TreeValue> = {};
    for (const path of paths) values[path] = await client.get(`/tree/${encoded(path)}`);
    await out.printJson(values);
    return;
  }
  for (const path of paths) {
    const nodes = await client.get<NodeEntry[]>(`/nodes/${encoded(path)}?all`);
    const leaves = nodes.filter(({ type }) => type !== 'branch');
    if (paths.length === 1 && nodes.length === 1 && leaves.length === 1) {
      await out.print(shown(leaves[0]!.value));
      continue;
    }
    for (const leaf of leaves) await out.print(`${leaf.path} ${shown(leaf.value)}`);
  }
}

export async function set(client: Client, out: Output, path: string, value: string): Promise<void> {
  const nodes = await client.get<NodeEntry[]>(`/nodes/${encoded(path)}`);
  const wanted = valueFor(nodes[0], value);
  const { value: now, dropped } = await client.put(`/tree/${encoded(path)}`, wanted);
  if (out.json) await out.printJson({ [path]: now, ...(dropped > 0 ? { dropped } : {}) });
  else {
    await out.print(now === null ? 'done' : shown(now));
    if (dropped > 0) await out.print(`${dropped} events were inside, and are dropped`);
  }
}

/** What the words of a command line mean for a node. What makes no sense goes as it is: the device
 *  says what is allowed. */
function valueFor(node: NodeEntry | undefined, value: string): unknown {
  if (node?.type === 'text') return value;
  if (node?.type === 'list' && !/^\s*\[/.test(value)) {
    const names = value.split(',').map((each) => each.trim());
    return names.filter(Boolean).map((each) => (/^\d+$/.test(each) ? Number(each) : each));
  }
  try {
    return parsedJson(value);
  } catch {
    return value;
  }
}

/** Lines of what changes, until interrupted or until there were `count` lists. */
export async function watch(
  client: Client,
  out: Output,
  path: string,
  options: { interval: number; count?: number },
  signal: AbortSignal,
): Promise<void> {
  let left = options.count ?? Infinity;
  const route = `/watch/${encoded(path)}?intervalMs=${options.interval}`;
  for await (const line of client.lines(route, signal)) {
    if (out.json) await out.printJson(JSON.parse(line));
    else {
      const time = new Date().toISOString().slice('2026-01-01T'.length, -1);
      for (const change of JSON.parse(line) as TreeChange[]) {
        const value = 'gone' in change ? out.paint.dim('gone') : printable(shown(change.value));
        await out.write(`${out.paint.dim(time)} ${printable(change.path)} ${value}\n`);
      }
    }
    if (--left <= 0) return;
  }
}

export async function dump(client: Client, out: Output, domain: string | undefined): Promise<void> {
  const query = domain === undefined ? '' : `?${new URLSearchParams({ domain }).toString()}`;
  const dumped = await client.get<{ domains: { text: string }[] }>(`/dump${query}`);
  if (out.json) await out.printJson(dumped);
  else await out.printLines(dumped.domains.map((each) => each.text).join('\n'));
}

export async function why(
  client: Client,
  out: Output,
  asked: { queue: string; flow?: string; domain?: string },
): Promise<void> {
  const reason = await client.get<{ text: string }>(
    `/why?${new URLSearchParams({ ...asked }).toString()}`,
  );
  if (out.json) await out.printJson(reason);
  else await out.print(reason.text);
}
