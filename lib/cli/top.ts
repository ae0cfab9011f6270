/** `softdlb top`: what moves, look by look. */
import { setTimeout as sleep } from 'node:timers/promises';
import { printable } from '../control/index.js';
import type { Client } from './client.js';
import type { Output } from './output.js';
import { difference, look } from './sample.js';
import type { DomainSample, PortSample, QueueSample, Sample } from './sample.js';

const HOME = '\u001b[H';
const CLEAR_LINE = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';
const CLEAR_ALL = '\u001b[2J';
/** A line that is too long is cut: one that wraps would move all below it. */
const NO_WRAP = '\u001b[?7l';
const WRAP = '\u001b[?7h';

const PORT_HEAD = [
  'port',
  '',
  'in/s',
  'out/s',
  'in ring',
  'in CQ',
  'in flight',
  'credits',
  'no credit/s',
  'threshold/s',
  'ring full/s',
];
const QUEUE_HEAD = [
  'queue',
  '',
  'type',
  'in/s',
  'out/s',
  'waiting',
  'in flight',
  'reordered/s',
  'dropped/s',
];
/** All columns but names. */
const PORT_RIGHT = [0, 2, 3, 4, 5, 6, 7, 8, 9, 10];
const QUEUE_RIGHT = [0, 3, 4, 5, 6, 7, 8];

export async function top(
  client: Client,
  out: Output,
  { interval, count = Infinity }: { interval: number; count?: number },
  signal: AbortSignal,
): Promise<void> {
  let before = await look(client);
  const isLive = out.isTerminal && !out.json;
  if (isLive) await out.write(CLEAR_ALL);
  for (let shown = 0; shown < count; shown++) {
    await sleep(interval, undefined, { signal }).catch(() => {});
    if (signal.aborted) return;
    const now = await look(client);
    const sample = difference(before, now);
    before = now;
    if (out.json) await out.printJson(sample);
    else if (isLive) await out.write(redrawn(render(sample, out)));
    else await out.write(`${render(sample, out)}\n\n`);
  }
}

/** Over what was there before, and no longer than the terminal is high. */
function redrawn(text: string): string {
  const lines = text.split('\n');
  const room = Math.max(1, (process.stdout.rows || lines.length + 1) - 1);
  const shown = lines.slice(0, room);
  if (lines.length > room) shown[room - 1] = `… and ${lines.length - room + 1} more lines`;
  const cleared = shown.map((line) => `${line}${CLEAR_LINE}\n`).join('');
  return `${NO_WRAP}${HOME}${cleared}${CLEAR_BELOW}${WRAP}`;
}

function render({ device, pid, seconds, domains }: Sample, out: Output): string {
  const title = `${printable(device)}, process ${pid}, over ${seconds.toFixed(1)} s`;
  if (domains.length === 0) return `${out.paint.bold(title)}\n\nno domain`;
  return [out.paint.bold(title), ...domains.map((domain) => renderDomain(domain, out))].join(
    '\n\n',
  );
}

function renderDomain(domain: DomainSample, out: Output): string {
  const { id, name, state, inflight, eventsLimit, creditsFree, dropped } = domain;
  const line = [
    `${out.paint.bold(`domain ${id} ${printable(name)}`)}: ${printable(state)}`,
    `in ${figure(domain.inPerSecond)}/s`,
    `out ${figure(domain.outPerSecond)}/s`,
    `in flight ${inflight} of ${eventsLimit}`,
    `credits free ${creditsFree}`,
    `passes ${figure(domain.passesPerSecond)}/s`,
    `dropped ${dropped}`,
  ].join(', ');
  const ports = out.table(PORT_HEAD, domain.ports.map(portRow), PORT_RIGHT);
  const queues = out.table(QUEUE_HEAD, domain.queues.map(queueRow), QUEUE_RIGHT);
  return `${line}\n\n${ports}\n\n${queues}`;
}

function portRow(port: PortSample): string[] {
  const { credit, threshold, ringFull } = port.stallsPerSecond;
  return [
    String(port.id),
    port.name,
    figure(port.inPerSecond),
    figure(port.outPerSecond),
    String(port.enqueueDepth),
    String(port.depth),
    String(port.inflight),
    String(port.credits),
    figure(credit),
    figure(threshold),
    figure(ringFull),
  ];
}

function queueRow(queue: QueueSample): string[] {
  return [
    String(queue.id),
    queue.name,
    queue.type,
    figure(queue.inPerSecond),
    figure(queue.outPerSecond),
    String(queue.depth),
    String(queue.inflight),
    figure(queue.reorderedPerSecond),
    figure(queue.droppedPerSecond),
  ];
}

const SCALES = [
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
] as const;
/** Three figures are enough for a rate, and one for what is hardly anything. */
const FIGURES = 3;

/** 0, 0.4, 17.2, 1.23k, 4.56M. */
export function figure(value: number): string {
  if (value < 1) return String(Number(value.toPrecision(1)));
  // What would be rounded to four figures is one of the next scale.
  const scale = SCALES.find(([size]) => value >= size * (1 - 0.5 / 10 ** FIGURES));
  if (scale === undefined) return String(Number(value.toPrecision(FIGURES)));
  return `${(value / scale[0]).toPrecision(FIGURES)}${scale[1]}`;
}
