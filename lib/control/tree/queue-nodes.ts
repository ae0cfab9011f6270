/** `domains/N/queues/N`. */
import { PRIORITY } from '../../eventdev/event.js';
import { WEIGHT_MAX } from '../../eventdev/limits.js';
import type { QueueAttributes, QueueSpec, QueueStats } from '../../eventdev/spec.js';
import type { Domain } from '../domain.js';
import { branch, count, leaf, leaves, level, list, number, text } from './node.js';
import type { Branch, Field, Numbers, TreeNode, Writer } from './node.js';
import type { Reading } from './reading.js';
import { resets, wholeNumber } from './writers.js';

const SETTINGS = {
  name: text('Name that the queue was created with'),
  type: text('What is kept of its events: atomic, ordered, parallel, directed or any'),
  priority: number('-', 'Priority among queues, 0 most urgent'),
  weight: number('parts', 'Share among queues of equal priority, less one'),
  affinity: number('events', 'Events in a row before a queue of equal priority, less one'),
  flows: number('slots', 'Slots of the flow table'),
  sequences: number('places', 'Places of the window, which restores order'),
  scope: text('What an ordered queue restores: queue, the whole of it; flow, each by itself'),
  fragments: number('events', 'Most pieces that one event may become; 1: none'),
  atomicInflights: number('events', 'DLB models: buffers of the atomic scheduler'),
  inflights: number('events', 'Most of its events in CQs and hands; null: no limit'),
} satisfies Record<keyof Required<QueueSpec>, Field>;

const PRIORITIES = {
  min: PRIORITY.HIGHEST,
  max: PRIORITY.LOWEST,
  code: 'ERR_DLB_INVALID_PRIORITY',
} as const;
const SHARES = { min: 0, max: WEIGHT_MAX };

const STATS = {
  rx: count('events', 'rx', 'Events taken in for the queue'),
  tx: count('events', 'tx', 'Events of the queue given to ports, each delivery'),
  dropped: count('events', 'drop', "Events dropped by the queue's own rules"),
  inflight: level('events', 'Events of the queue in a CQ or in hands'),
  reordered: count('events', 'reordered', 'Events that waited for an earlier one'),
} satisfies Record<Numbers<QueueStats>, Field>;

const WAITING = level('events', 'Events that wait on the queue, on all levels');
const PINNED = list('-', 'Ports that hold flows of the queue, with how many flows and events');

export function queueNode(domain: Domain, id: number, reading: Reading): Branch {
  return branch(`A queue with what was counted and what waits`, () => {
    const settings = domain.queueAttributes(id);
    const set = (change: QueueAttributes): void => domain.setQueueAttributes(id, change);
    const writers: Partial<Record<keyof QueueSpec, Writer>> = {
      priority: wholeNumber(PRIORITIES, (priority) => set({ priority })),
      weight: wholeNumber(SHARES, (weight) => set({ weight })),
      affinity: wholeNumber(SHARES, (affinity) => set({ affinity })),
    };
    return new Map<string, TreeNode>([
      ...leaves(SETTINGS, (name) => settings[name] ?? null, writers),
      ['stats', branch('Counts and levels of the queue', () => statsNodes(domain, id, reading))],
    ]);
  });
}

function statsNodes(domain: Domain, id: number, reading: Reading): Map<string, TreeNode> {
  const stats = (): QueueStats => reading.stats(domain).queues[id]!;
  const levels = (): [string, TreeNode][] =>
    stats().iqUsed.map((used, iq) => [
      String(iq),
      leaf(level('events', `Events that wait on level ${iq}, 0 most urgent`), () => used),
    ]);
  return new Map<string, TreeNode>([
    ...leaves(STATS, (name) => stats()[name], resets(STATS, domain, `qid_${id}`)),
    ['waiting', leaf(WAITING, () => stats().iqUsed.reduce((sum, used) => sum + used, 0))],
    ['iqUsed', branch('Events that wait, by level', () => new Map(levels()))],
    ['pinned', leaf(PINNED, () => stats().pinned)],
  ]);
}
