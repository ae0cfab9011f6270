/** `domains/N/ports/N`. */
import { PROFILES_MAX } from '../../eventdev/limits.js';
import type { PortStats } from '../../eventdev/spec.js';
import type { Domain } from '../domain.js';
import type { PortAttributes } from '../visible-domain.js';
import { linksWriter } from './links.js';
import { branch, count, flag, leaf, leaves, level, list, number, text } from './node.js';
import type { Branch, Field, Numbers, TreeNode } from './node.js';
import type { Reading } from './reading.js';
import type { TreeValue } from './value.js';
import { flagWriter, resets } from './writers.js';

const SETTINGS = {
  name: text('Name that the port was created with'),
  newEventThreshold: number('events', 'NEW is refused while so many events are in the domain'),
  dequeueDepth: number('events', 'Depth of its CQ; null: it adapts to the work'),
  kind: text('DLB models: loadBalanced or directed; null: what it is linked to'),
  cos: number('-', 'DLB models: class of service; null: any'),
  historyDepth: number('events', 'Most events that it may hold; null: no limit'),
  enqueueDepth: number('events', 'Most events that one enqueueBurst takes'),
  implicitRelease: flag('Whether a dequeue first releases what is outstanding'),
  independentEnqueue: flag('Whether completions may come in any order'),
  wideNames: flag('Whether subEventType is part of the name that a completion gives'),
} satisfies Record<keyof PortAttributes, Field>;

const ENABLED = flag('Whether the port is given events and may bring new ones');
const THREAD = number('-', 'Id of the thread that has the port; -1: none');
const UNLINKS = level('links', 'Unlinks that have not taken effect');
const LINKS = list('-', 'Queues that the port takes events of, each with its link priority');

const SLOTS = list(
  '-',
  'DLB models: its eight slots for links, each with state, queue and pending queue',
);

const STATS = {
  rx: count('events', 'rx', 'Events that came from the port'),
  tx: count('events', 'tx', 'Events given to the port, each delivery'),
  dropped: count('events', 'drop', 'Events from the port for a queue that does not exist'),
  inflight: level('events', 'Events in its CQ or in hand'),
  credits: level('credits', 'Credits granted to the port and unspent'),
  enqueueUsed: level('events', 'Events in its enqueue ring'),
  cqUsed: level('events', 'Events in its CQ'),
  cqFree: level('events', 'Room in its CQ, of the depth in use'),
  misordered: count('events', 'misordered', 'Completions that named another than the oldest event'),
} satisfies Record<Numbers<PortStats>, Field>;

const REFUSED = {
  credit: count('bursts', 'tx_nospc_inflight_credits', 'Bursts cut short for want of a credit'),
  threshold: count('bursts', 'tx_nospc_new_event_limit', 'Bursts cut short by newEventThreshold'),
  ringFull: count('bursts', 'tx_nospc_enqueue_depth', 'Bursts cut short by enqueueDepth'),
} satisfies Record<keyof PortStats['refused'], Field>;

export function portNode(domain: Domain, id: number, reading: Reading): Branch {
  return branch('A port with what it is linked to and what was counted', () => {
    const settings = domain.portAttributes(id);
    const enable = flagWriter((value) => (value ? domain.enablePort(id) : domain.disablePort(id)));
    return new Map<string, TreeNode>([
      ...leaves(SETTINGS, (name) => settings[name] ?? null),
      ['enabled', leaf(ENABLED, () => domain.portEnabled(id), enable)],
      ['thread', leaf(THREAD, () => domain.portThread(id))],
      ['links', linksNode(domain, id, 0)],
      ['profiles', branch('Links by profile; 0 is that of links', () => profiles(domain, id))],
      ['slots', leaf(SLOTS, () => slotsOf(domain, id))],
      ['unlinksInProgress', leaf(UNLINKS, () => domain.unlinksInProgress(id))],
      ['stats', branch('Counts and levels of the port', () => statsNodes(domain, id, reading))],
    ]);
  });
}

function slotsOf(domain: Domain, id: number): TreeValue {
  return domain
    .slots(id)
    .map(({ state, queue = null, pending = null }) => ({ state, queue, pending }));
}

function linksNode(domain: Domain, id: number, profile: number): TreeNode {
  const read = (): { queue: number; priority: number }[] =>
    domain.links(id, profile).map(({ queue, priority }) => ({ queue, priority }));
  return leaf(LINKS, read, linksWriter(domain, id, profile));
}

function profiles(domain: Domain, id: number): Map<string, TreeNode> {
  return new Map(
    Array.from({ length: PROFILES_MAX }, (_, i) => [String(i), linksNode(domain, id, i)]),
  );
}

function statsNodes(domain: Domain, id: number, reading: Reading): Map<string, TreeNode> {
  const stats = (): PortStats => reading.stats(domain).ports[id]!;
  const prefix = `port_${id}`;
  const refused = (): [string, TreeNode][] =>
    leaves(REFUSED, (name) => stats().refused[name], resets(REFUSED, domain, prefix));
  return new Map<string, TreeNode>([
    ...leaves(STATS, (name) => stats()[name], resets(STATS, domain, prefix)),
    ['refused', branch('Bursts that were cut short, by reason', () => new Map(refused()))],
  ]);
}
