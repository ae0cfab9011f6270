/** What can be asked of a device, one function per route. */
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { DlbError } from '../../eventdev/errors.js';
import { printableJson } from '../../eventdev/text.js';
import type { Domain } from '../domain.js';
import { invalid } from '../fields.js';
import type { DeviceTree, TreeDevice } from '../tree/index.js';
import { applyDocument, escapedName, snapshotOf } from '../tree/index.js';
import { readJson, sendJson } from './body.js';
import { HttpRefusal } from './refusal.js';

export interface DoorDevice extends TreeDevice {
  readonly tree: DeviceTree;
  /** Over loopback; undefined: it is not there. */
  readonly controlAddress: string | undefined;
}

/** Of the answer to a write: how many events it has dropped. */
export const DROPPED_HEADER = 'softdlb-dropped';

/** One request. */
export interface Ask {
  readonly device: DoorDevice;
  /** What follows the route's name, decoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

type Route = (ask: Ask) => unknown;

/** Watches of one device at a time: each is a timer and a look at memory. */
const WATCHERS_MAX = 32;
const watchers = new WeakMap<DoorDevice, number>();

/** By method and first segment. A route returns what is answered as JSON, or answers itself. */
export const ROUTES: Readonly<Record<string, Readonly<Record<string, Route>>>> = {
  info: { GET: ({ device }) => infoOf(device) },
  tree: {
    GET: ({ device, path }) => device.tree.read(path),
    PUT: put,
  },
  nodes: { GET: nodes },
  watch: { GET: watch },
  apply: { POST: apply },
  snapshot: { GET: ({ device }) => snapshotOf(device) },
  dump: { GET: dump },
  why: { GET: why },
};

/** The header says what a stop or a close has dropped. */
async function put({ device, path, request, response }: Ask): Promise<unknown> {
  const { value, dropped } = await device.tree.set(path, await readJson(request));
  response.setHeader(DROPPED_HEADER, String(dropped));
  return value;
}

function infoOf(device: DoorDevice): object {
  const { name, scheduling, model } = device.info;
  const address = device.controlAddress ?? null;
  const domains = device.domains().map(summary);
  return { name, pid: process.pid, scheduling, model, address, domains };
}

function summary({ id, name, state }: Domain): object {
  return { id, name, state };
}

/** What is under a path, or with `all` everything below it, each leaf with its value. */
function nodes({ device, path, query }: Ask): object[] {
  return query.has('all') ? device.tree.walk(path) : device.tree.list(path);
}

async function apply({ device, request }: Ask): Promise<object> {
  const { domains, virtualDevices } = await applyDocument(device, await readJson(request));
  const tenants = virtualDevices.map(({ id, name }) => ({ id, name }));
  return { domains: domains.map(summary), virtualDevices: tenants };
}

function dump({ device, query }: Ask): object {
  const wanted = query.get('domain');
  const domains = wanted === null ? device.domains() : [domainAt(device, wanted)];
  return { domains: domains.map((each) => ({ ...summary(each), text: each.dump() })) };
}

/** Lines of JSON: one list of changes per look that found some. */
async function watch({ device, path, query, response }: Ask): Promise<void> {
  const count = watchers.get(device) ?? 0;
  if (count >= WATCHERS_MAX) {
    throw new HttpRefusal(503, 'ERR_DLB_CONTROL_UNAVAILABLE', 'too many watch already', {
      max: WATCHERS_MAX,
    });
  }
  const controller = new AbortController();
  const { signal } = controller;
  const looks = device.tree.watch(path, { ...intervalOf(query), signal, keepAlive: false });
  watchers.set(device, count + 1);
  response.once('close', () => {
    controller.abort();
    watchers.set(device, watchers.get(device)! - 1);
  });
  response.writeHead(200, {
    'content-type': 'application/x-ndjson; charset=utf-8',
    'cache-control': 'no-store',
  });
  for await (const changes of looks) {
    // Who reads slowly is told less often, and nothing piles up.
    if (!response.write(`${printableJson(JSON.stringify(changes))}\n`)) {
      await once(response, 'drain', { signal }).catch(() => {});
    }
  }
  response.end();
}

function intervalOf(query: URLSearchParams): { intervalMs?: number } {
  const text = query.get('intervalMs');
  return text === null ? {} : { intervalMs: numberOf(text) };
}

/** Why events of a queue or of one of its flows are not delivered, in the scheduler's words. */
async function why({ device, query }: Ask): Promise<unknown> {
  const domain = domainAt(device, query.get('domain') ?? onlyDomain(device));
  const queue = query.get('queue') ?? '';
  const path = device.tree.describe(
    `domains/${domain.id}/queues/${escapedName(queue || '?')}`,
  ).path;
  const flow = query.get('flow');
  return domain.why(Number(path.split('/').at(-1)), flow === null ? undefined : numberOf(flow));
}

/** By id or name. */
function domainAt(device: DoorDevice, wanted: string): Domain {
  const { path } = device.tree.describe(`domains/${escapedName(wanted || '?')}`);
  const id = Number(path.split('/')[1]);
  const found = device.domains().find((domain) => domain.id === id);
  if (found !== undefined) return found;
  throw invalid('domain', wanted, 'the id or the name of a domain', 'ERR_DLB_INVALID_ARGUMENT');
}

function onlyDomain(device: DoorDevice): string {
  const domains = device.domains();
  if (domains.length === 1) return String(domains[0]!.id);
  const found = domains.length === 0 ? 'no domain is open' : 'several domains are open';
  throw new DlbError('ERR_DLB_INVALID_ARGUMENT', `domain must be named: ${found}`, {
    field: 'domain',
    known: domains.map(({ id, name }) => `${id} (${name})`).join(' '),
  });
}

/** Checks of what is asked say what is wrong with a number that is none. */
function numberOf(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text);
}

/** Answers one request. @throws whatever is to be told */
export async function answer(
  device: DoorDevice,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  // Not as a URL: that would lose a queue whose name is two dots.
  const [pathname = '', query = ''] = (request.url ?? '/').split('?', 2);
  const [name = '', ...rest] = pathname.split('/').slice(1);
  const methods = Object.hasOwn(ROUTES, name) ? ROUTES[name]! : undefined;
  if (methods === undefined) {
    throw new DlbError('ERR_DLB_INVALID_PATH', 'there is no such route', {
      path: pathname,
      known: Object.keys(ROUTES).join(' '),
    });
  }
  const method = request.method ?? '';
  if (!Object.hasOwn(methods, method)) {
    const allowed = Object.keys(methods).join(', ');
    response.setHeader('allow', allowed);
    throw new HttpRefusal(405, 'ERR_DLB_NOT_PERMITTED', 'the route has no such method', {
      method,
      allowed,
    });
  }
  // A name may have a slash in it: encoded, it is no end of a segment.
  const path = rest.map((segment) => escapedName(decoded(segment))).join('/');
  const ask = { device, path, query: new URLSearchParams(query), request, response };
  const value = await methods[method]!(ask);
  if (!response.headersSent) sendJson(response, 200, value);
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new HttpRefusal(400, 'ERR_DLB_INVALID_ARGUMENT', 'the path is not encoded as it should', {
      value: segment,
    });
  }
}
