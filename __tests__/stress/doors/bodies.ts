/** What a stranger may send: bodies of every shape and cost, from a seed. */
import { MessageChannel } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import { TENANT_COMMANDS } from '../../../lib/control/virtual/protocol.js';
import type { Random } from '../random.js';

/** A message, and what goes along with it. */
export interface Letter {
  readonly message: unknown;
  readonly transfer: readonly MessagePort[];
}

const NUMBERS = [0, 1, -1, 0.5, 64, 2 ** 31, 2 ** 53, -(2 ** 53), 1e308, Number.NaN, Infinity, -0];
const NAMES = ['a', 'a/b', '', '__proto__', 'constructor', '\u001b[2J\u202e', '0', '\ud800', 'é'];
/** Far below, at and beyond every limit. */
const SIZES = [0, 1, 3, 10, 100, 1000, 10_000, 99_000, 101_000, 150_000];
const DEPTHS = [1, 5, 8, 9, 10, 100, 1000];
/** What is large is rare: it costs the stranger as well. */
const RARE = 40;

export function letterOf(random: Random): Letter {
  const transfer: MessagePort[] = [];
  const body = random.onceIn(4) ? valueOf(random, transfer) : bodyOf(random, transfer);
  if (random.onceIn(10)) return { message: valueOf(random, transfer), transfer };
  const kind = random.onceIn(8) ? random.pick(['response', 'notification', 'x', 7]) : 'request';
  const id = random.onceIn(10) ? valueOf(random, transfer) : random.below(1e9);
  const commands = [...Object.keys(TENANT_COMMANDS), 'fly', '__proto__', 'toString'];
  const command = random.onceIn(10) ? valueOf(random, transfer) : random.pick(commands);
  const message = { kind, id, command, name: 'closed', error: body, body };
  return { message, transfer };
}

/** Whether it can be sent is for the sender to find out. */
export function valueOf(random: Random, transfer: MessagePort[], depth = 0): unknown {
  if (depth > 3) return random.pick(NUMBERS);
  const inner = (): unknown => valueOf(random, transfer, depth + 1);
  const make: readonly (() => unknown)[] = [
    () => random.pick(NUMBERS),
    () => random.pick(NAMES),
    () => random.pick([null, undefined, true, false, 5n, 10n ** 40n]),
    () => [inner(), inner()],
    () => ({ [random.pick(NAMES)]: inner(), b: inner() }),
    () => specOf(random, inner),
    () => 'x'.repeat(sizeOf(random) * 10),
    () => Array.from({ length: sizeOf(random) }, (_, i) => i),
    () => Object.fromEntries(Array.from({ length: sizeOf(random) }, (_, i) => [`k${i}`, i])),
    () => Object.assign([1], { length: random.pick([2, 100, 2 ** 32 - 1]) }),
    () => nested(random.pick(DEPTHS), inner()),
    () => new Map([[inner(), inner()]]),
    () => new Set([inner()]),
    () => new Uint8Array(sizeOf(random) * 100),
    () => new SharedArrayBuffer(sizeOf(random)),
    () => new Date(0),
    () => new Error('an error', { cause: inner() }),
    () => /x/u,
    cycle,
    () => {
      const { port1 } = new MessageChannel();
      transfer.push(port1);
      return { port1, more: inner() };
    },
  ];
  return random.pick(make)();
}

/** A request that might be one. */
function bodyOf(random: Random, transfer: MessagePort[]): unknown {
  const odd = (value: unknown): unknown =>
    random.onceIn(6) ? valueOf(random, transfer, 1) : value;
  return {
    min: odd(1),
    max: odd(2),
    domainId: odd(random.below(3)),
    serial: odd(random.within(1, 5)),
    portId: odd(random.below(3)),
    queueId: odd(random.below(3)),
    graceMs: odd(random.below(20)),
    aux: odd(1),
    attributes: odd({ priority: random.below(300) }),
    spec: specOf(random, () => odd(random.below(20))),
  };
}

function specOf(random: Random, odd: () => unknown): unknown {
  const queues = random.onceIn(RARE) ? 255 : random.within(0, 3);
  const ports = random.onceIn(RARE) ? 64 : random.within(0, 3);
  const links = Array.from({ length: Math.min(queues, 255) }, (_, queue) => queue);
  return {
    eventsLimit: random.onceIn(4) ? odd() : random.within(1, 64),
    queues: Array.from({ length: queues }, () => ({
      type: random.pick(['atomic', 'ordered', 'parallel', 'any', 'directed']),
      ...(random.onceIn(4) ? { sequences: 1 << random.below(22), flows: odd() } : {}),
    })),
    ports: Array.from({ length: ports }, () => ({ links: random.onceIn(9) ? odd() : links })),
    ...(random.onceIn(4)
      ? { [random.pick(['faultLimit', 'watchdogMs', 'name', 'x'])]: odd() }
      : {}),
    ...(random.onceIn(4) ? { buffers: { count: 1 << random.below(20), bytes: odd() } } : {}),
  };
}

function sizeOf(random: Random): number {
  return random.onceIn(RARE) ? random.pick(SIZES) : random.below(100);
}

function nested(depth: number, inmost: unknown): unknown {
  let value = inmost;
  for (let i = 0; i < depth; i++) value = i % 2 === 0 ? [value] : { a: value };
  return value;
}

function cycle(): unknown {
  const its: Record<string, unknown> = {};
  its['its'] = [its];
  return its;
}

/** The body of an HTTP request: JSON, nearly JSON, or none at all. */
export function textOf(random: Random): string {
  if (random.onceIn(6)) {
    const depth = random.pick([...DEPTHS, 10_000, 100_000]);
    return `${'['.repeat(depth)}${']'.repeat(random.onceIn(2) ? depth : 0)}`;
  }
  try {
    const text = JSON.stringify(valueOf(random, [])) as string | undefined;
    return random.onceIn(6) ? (text ?? '').slice(0, -1) : (text ?? '');
  } catch {
    return '{"a": 1e999}';
  }
}
