/**
 * What can be read by name: the lists of extended statistics, their names in the order of their
 * numbers.
 */
import { LEVELS } from '../eventdev/event.js';
import { DOMAIN_COUNTS, PORT_COUNTS, QUEUE_COUNTS } from '../memory/scheduler-layout.js';
import { OWN } from './counts.js';
import type { StatsReader } from './stats-reader.js';

/** A count has a cell, and a reset sets it to 0; a level is what it is. */
export type Xstat =
  | { readonly name: string; readonly cell: number }
  | { readonly name: string; readonly cell?: undefined; readonly level: () => number };

/** Ports that one bitmask shows: as many as are exact in a number. */
const MASK_PORTS = 32;

/** `isThreaded`: a scheduler worker, which may die and be replaced. */
export function deviceXstats({ counts }: StatsReader, ports: number, isThreaded: boolean): Xstat[] {
  const count = (name: string, which: number): Xstat => ({
    name: `dev_${name}`,
    cell: counts.ofDomain(which),
  });
  const high = count('sched_last_iter_bitmask_high', DOMAIN_COUNTS.LAST_CQS_HIGH);
  return [
    count('rx', DOMAIN_COUNTS.RX),
    count('tx', DOMAIN_COUNTS.TX),
    count('drop', DOMAIN_COUNTS.DROPPED),
    count('sched_calls', DOMAIN_COUNTS.PASSES),
    count('sched_no_iq_enq', DOMAIN_COUNTS.NO_INTAKE),
    count('sched_no_cq_enq', DOMAIN_COUNTS.NO_DELIVERY),
    count('sched_last_iter_bitmask', DOMAIN_COUNTS.LAST_CQS_LOW),
    count('sched_progress_last_iter', DOMAIN_COUNTS.LAST_MOVED),
    ...(ports > MASK_PORTS ? [high] : []),
    ...(isThreaded ? [count('recoveries', DOMAIN_COUNTS.RECOVERIES)] : []),
  ];
}

export function portXstats({ counts, levels }: StatsReader, id: number): Xstat[] {
  const count = (name: string, which: number): Xstat => ({
    name: `port_${id}_${name}`,
    cell: counts.ofPort(id, which),
  });
  const own = (name: string, which: number): Xstat => ({
    name: `port_${id}_${name}`,
    cell: counts.ownOf(id, which),
  });
  const level = (name: string, read: () => number): Xstat => ({
    name: `port_${id}_${name}`,
    level: read,
  });
  return [
    count('rx', PORT_COUNTS.RX),
    count('tx', PORT_COUNTS.TX),
    count('drop', PORT_COUNTS.DROPPED),
    level('inflight', () => levels.inflight(id)),
    level('credits', () => levels.credits(id)),
    level('rx_ring_used', () => levels.enqueueUsed(id)),
    level('rx_ring_free', () => levels.enqueueFree(id)),
    level('cq_ring_used', () => levels.cqUsed(id)),
    level('cq_ring_free', () => levels.cqFree(id)),
    own('tx_nospc_inflight_credits', OWN.CREDIT),
    own('tx_nospc_new_event_limit', OWN.THRESHOLD),
    own('tx_nospc_enqueue_depth', OWN.RING_FULL),
    own('tx_not_started', OWN.NOT_STARTED),
    own('tx_port_disabled', OWN.DISABLED),
    own('misordered', OWN.MISORDERED),
  ];
}

export function queueXstats(reader: StatsReader, ports: number, id: number): Xstat[] {
  const { counts, levels } = reader;
  const count = (name: string, cell: number): Xstat => ({ name: `qid_${id}_${name}`, cell });
  const level = (name: string, read: () => number): Xstat => ({
    name: `qid_${id}_${name}`,
    level: read,
  });
  const list = [
    count('rx', counts.ofQueue(id, QUEUE_COUNTS.RX)),
    count('tx', counts.ofQueue(id, QUEUE_COUNTS.TX)),
    count('drop', counts.ofQueue(id, QUEUE_COUNTS.DROPPED)),
    level('inflight', () => levels.heldByAll(id)),
    count('reordered', counts.ofQueue(id, QUEUE_COUNTS.REORDERED)),
  ];
  for (let iq = 0; iq < LEVELS; iq++) {
    list.push(level(`iq_${iq}_used`, () => levels.waiting(id, iq)));
  }
  for (let port = 0; port < ports; port++) {
    list.push(level(`port_${port}_pinned_flows`, () => levels.pinnedFlows(id, port)));
    list.push(count(`port_${port}_packets`, counts.given(id, port)));
  }
  return list;
}
