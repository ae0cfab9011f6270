/**
 * A domain as text, for people: what it is, what was counted, what is where, and why what waits
 * does not move. Each port and each queue takes the same lines, each with a word in front.
 */
import type { LinkCommand } from '../eventdev/commands.js';
import type {
  DomainState,
  DomainStats,
  PortStats,
  QueueAttributes,
  QueueStats,
} from '../eventdev/spec.js';
import { printableJson } from '../eventdev/text.js';
import { OPAQUE_RANGE } from '../eventdev/limits.js';
import { DOMAIN_COUNTS } from '../memory/scheduler-layout.js';
import type { Checked } from './spec-check.js';
import type { StatsReader } from './stats-reader.js';

/** What is shown. */
export interface DumpSubject {
  readonly id: number;
  readonly name: string;
  readonly state: DomainState;
  readonly checked: Checked;
  /** Per queue, as they are now. */
  readonly attributes: readonly Required<QueueAttributes>[];
  readonly links: readonly LinkCommand[];
  readonly reader: StatsReader;
}

/** The same, read once. */
interface Reading extends DumpSubject {
  readonly stats: DomainStats;
  /** A count by its cell. */
  readonly count: (cell: number) => number;
}

export function dump(subject: DumpSubject): string {
  const { counts } = subject.reader;
  const snapshot = counts.snapshot();
  const count = (cell: number): number => counts.since(cell, snapshot);
  const reading = { ...subject, stats: subject.reader.read(), count };
  const lines = [
    ...domainLines(reading),
    ...reading.stats.ports.flatMap((port, id) => portLines(reading, port, id)),
    ...reading.stats.queues.flatMap((queue, id) => queueLines(reading, queue, id)),
  ];
  return `${lines.join('\n')}\n`;
}

function domainLines({ id, name, state, checked, stats, count }: Reading): string[] {
  const granted = stats.ports.reduce((sum, port) => sum + port.credits, 0);
  const { eventsLimit: limit, capacity, buffers } = checked;
  return [
    `domain ${id} ${quoted(name)}: ${state}`,
    line('counts', { rx: stats.rx, tx: stats.tx, dropped: stats.dropped }),
    line('passes', {
      all: stats.passes,
      'without intake': count(DOMAIN_COUNTS.NO_INTAKE),
      'without delivery': count(DOMAIN_COUNTS.NO_DELIVERY),
    }),
    line('credits', {
      limit,
      capacity,
      free: stats.creditsFree,
      granted,
      inflight: stats.inflight,
    }),
    line('buffers', buffers === null ? {} : { count: buffers.count, bytes: buffers.bytes }),
  ];
}

function quoted(name: string): string {
  return printableJson(JSON.stringify(name));
}

function portLines(reading: Reading, port: PortStats, id: number): string[] {
  const { checked, links, reader } = reading;
  const plan = checked.ports[id]!;
  const { refused, misordered } = port;
  const owner = reader.levels.owner(id);
  const use = owner < 0 ? 'not attached' : `attached by thread ${owner}`;
  const depth = `${plan.depth}${plan.adaptive ? ' at most' : ''}`;
  return [
    '',
    `port ${id} ${quoted(plan.name)}: ${reader.levels.disabled(id) ? 'disabled' : use}`,
    line('set up', {
      threshold: plan.newEventThreshold,
      'dequeue depth': depth,
      'enqueue depth': plan.enqueueDepth,
    }),
    line('release', {
      implicit: plan.implicitRelease ? 'on' : 'off',
      independent: plan.independent ? 'on' : 'off',
      ...(plan.names > OPAQUE_RANGE ? { names: 'wide' } : {}),
    }),
    line('counts', { rx: port.rx, tx: port.tx, dropped: port.dropped, misordered }),
    line('refused', {
      credit: refused.credit,
      threshold: refused.threshold,
      'ring full': refused.ringFull,
    }),
    line('holds', { inflight: port.inflight, credits: port.credits }),
    line('rings', {
      'enqueue used': port.enqueueUsed,
      'CQ used': port.cqUsed,
      'CQ free': port.cqFree,
    }),
    text(
      'links',
      linksOf(
        links,
        (link) => link.port === id,
        (link) => `queue ${link.queue}`,
      ),
    ),
    text('stall', [portStall(port, owner, reader.levels.wish(id))]),
  ];
}

function queueLines(reading: Reading, queue: QueueStats, id: number): string[] {
  const { checked, links, reader, stats, count } = reading;
  const { counts, levels } = reader;
  const plan = checked.queues[id]!;
  const held = stats.ports.flatMap((_, port) => {
    const events = levels.held(id, port);
    const flows = levels.pinnedFlows(id, port);
    return events + flows > 0 ? [`port ${port} events ${events} flows ${flows}`] : [];
  });
  const given = stats.ports.flatMap((_, port) => {
    const events = count(counts.given(id, port));
    return events > 0 ? [`port ${port} events ${events}`] : [];
  });
  return [
    '',
    `queue ${id} ${quoted(plan.name)}: ${plan.type}`,
    line('set up', {
      ...reading.attributes[id]!,
      flows: plan.flows,
      sequences: plan.sequences,
      scope: plan.scope,
      fragments: plan.fragments,
    }),
    line('counts', {
      rx: queue.rx,
      tx: queue.tx,
      dropped: queue.dropped,
      reordered: queue.reordered,
    }),
    line('waiting', { all: waitingOf(queue), 'by level': queue.iqUsed.join(' ') }),
    text('held', held),
    text('given', given),
    text(
      'links',
      linksOf(
        links,
        (link) => link.queue === id,
        (link) => `port ${link.port}`,
      ),
    ),
    text('stall', [queueStall(reading, queue, id)]),
  ];
}

/** One line per profile would be empty mostly: a link names its profile if it is not the first. */
function linksOf(
  links: readonly LinkCommand[],
  chosen: (link: LinkCommand) => boolean,
  other: (link: LinkCommand) => string,
): string[] {
  return links
    .filter(chosen)
    .toSorted((a, b) => a.profile - b.profile || a.queue - b.queue || a.port - b.port)
    .map((link) => {
      const profile = link.profile > 0 ? ` profile ${link.profile}` : '';
      return `${other(link)} priority ${link.priority}${profile}`;
    });
}

function portStall(port: PortStats, owner: number, wish: number): string {
  if (port.cqUsed > 0 && owner < 0) return 'events wait in its CQ, and no thread has it';
  if (port.cqUsed > 0 && port.cqFree === 0) return 'its CQ is full';
  if (wish > port.credits) return `it waits for ${wish} credits`;
  return 'none';
}

/** Why what waits on the queue does not move, as far as levels can tell. */
function queueStall(reading: Reading, queue: QueueStats, id: number): string {
  const { state, checked, stats, reader, links } = reading;
  if (waitingOf(queue) === 0) return 'none';
  if (state !== 'started') return `the domain is ${state}`;
  const linked = [...new Set(links.filter((link) => link.queue === id).map(({ port }) => port))];
  if (linked.length === 0) return 'no port is linked';
  if (linked.every((port) => reader.levels.owner(port) < 0)) return 'no thread has a linked port';
  if (linked.every((port) => stats.ports[port]!.cqFree === 0)) return 'every linked CQ is full';
  const { type } = checked.queues[id]!;
  if (queue.inflight === 0 || type === 'parallel' || type === 'directed') return 'until a pass';
  const flows = type === 'ordered' ? '' : ', or their flows are held by ports without room';
  const window = type === 'atomic' ? '' : ', or the window is full';
  return `until a pass${flows}${window}`;
}

function waitingOf(queue: QueueStats): number {
  return queue.iqUsed.reduce((sum, level) => sum + level, 0);
}

function line(what: string, values: Record<string, number | string>): string {
  return text(
    what,
    Object.entries(values).map(([name, value]) => `${name} ${value}`),
  );
}

function text(what: string, parts: readonly string[]): string {
  return `  ${what.padEnd(8)}  ${parts.length === 0 ? 'none' : parts.join(', ')}`;
}
