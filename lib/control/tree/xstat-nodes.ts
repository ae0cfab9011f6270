/** `domains/N/xstats`: every extended statistic under the name that it has in eventdev. */
import type { Domain } from '../domain.js';
import { leaf, level, number } from './node.js';
import type { Branch, Field, Leaf } from './node.js';
import type { Reading } from './reading.js';
import { resetXstat } from './writers.js';

/** `dev_`, `port_N_` or `qid_N_`, and what follows. */
const NAME = /^(?<owner>dev|port|qid)(?:_(?<id>\d+))?_(?<rest>.+)$/;

type Row = readonly [unit: string, help: string];

/** Levels: a reset passes them over. */
const LEVELS: Readonly<Record<string, Row>> = {
  inflight: ['events', 'Events in a CQ or in hands'],
  credits: ['credits', 'Credits granted to the port and unspent'],
  rx_ring_used: ['events', 'Events in the enqueue ring'],
  rx_ring_free: ['events', 'Room in the enqueue ring'],
  cq_ring_used: ['events', 'Events in the CQ'],
  cq_ring_free: ['events', 'Room in the CQ, of the depth in use'],
  iq_N_used: ['events', 'Events that wait on this level'],
  port_N_pinned_flows: ['flows', 'Flows of the queue that the port holds'],
};

const COUNTS: Readonly<Record<string, Row>> = {
  rx: ['events', 'Events taken in'],
  tx: ['events', 'Events given to ports, each delivery'],
  drop: ['events', 'Events dropped'],
  sched_calls: ['passes', 'Passes of the scheduler'],
  sched_no_iq_enq: ['passes', 'Passes that took no event in'],
  sched_no_cq_enq: ['passes', 'Passes that delivered no event'],
  sched_last_iter_bitmask: ['-', 'Ports that the last pass gave events, one bit each'],
  sched_last_iter_bitmask_high: ['-', 'The same of the ports from 32 on'],
  sched_progress_last_iter: ['-', 'Whether the last pass moved anything: 1 or 0'],
  tx_nospc_inflight_credits: ['bursts', 'Bursts cut short for want of a credit'],
  tx_nospc_new_event_limit: ['bursts', 'Bursts cut short by newEventThreshold'],
  tx_nospc_enqueue_depth: ['bursts', 'Bursts cut short by enqueueDepth'],
  tx_not_started: ['bursts', 'Bursts refused because the domain was not started'],
  tx_port_disabled: ['bursts', 'Bursts refused because the port was disabled'],
  misordered: ['events', 'Completions that named another than the oldest event'],
  reordered: ['events', 'Events that waited for an earlier one'],
  port_N_packets: ['events', 'Events of the queue that the port was given, each delivery'],
};

const OWNERS: Readonly<Record<string, string>> = { dev: 'domain', port: 'port', qid: 'queue' };

/** A name that no table knows is shown as it is. */
export const UNKNOWN_XSTAT = 'Extended statistic';

export function xstatsNode(domain: Domain, reading: Reading): Branch {
  return {
    type: 'branch',
    help: 'Extended statistics by name, see lib/control',
    children: () =>
      new Map(
        [...reading.xstats(domain)].map(([name, value]) => [name, xstat(domain, name, value)]),
      ),
    // A large domain has tens of thousands.
    child(name) {
      const found = domain.xstatByName(name);
      return found === undefined ? undefined : xstat(domain, name, found.value);
    },
  };
}

function xstat(domain: Domain, name: string, value: number): Leaf {
  const { field, isLevel } = fieldOf(name);
  return leaf(field, () => value, isLevel ? undefined : resetXstat(domain, name));
}

function fieldOf(name: string): { field: Field; isLevel: boolean } {
  const { owner = '', id, rest = name } = NAME.exec(name)?.groups ?? {};
  const key = rest.replace(/_\d+_/, '_N_');
  const whose = id === undefined ? OWNERS[owner] : `${OWNERS[owner]} ${id}`;
  const found = LEVELS[key];
  if (found !== undefined)
    return { field: level(found[0], `${found[1]}, ${whose}`), isLevel: true };
  const [unit, help] = COUNTS[key] ?? ['-', UNKNOWN_XSTAT];
  return { field: number(unit, `${help}, ${whose}`), isLevel: false };
}
