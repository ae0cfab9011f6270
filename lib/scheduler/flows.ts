/**
 * An atomic flow's life: idle, held by a port, blocked.
 *
 * Runs on: the scheduler. The rule: at any moment at most one port holds events of a flow, and a
 * flow that has parked events takes new ones only behind them.
 */
import { LEVEL_SHIFT, PRIORITY_MASK, PRIORITY_SHIFT } from '../eventdev/event.js';
import { flowCount, HELD_BY, ONE_EVENT, PARKED } from './flow-table.js';
import type { FlowTable } from './flow-table.js';
import type { Machine } from './machine.js';
import type { PortSeat } from './port-seat.js';
import type { Lane } from './queue-seat.js';

/** The level of an event, given its second word. */
export function levelOf(word1: number): number {
  return ((word1 >>> PRIORITY_SHIFT) & PRIORITY_MASK) >>> LEVEL_SHIFT;
}

/** Parks the entry at `from`, whose flow cannot move, behind what the flow has parked already. */
export function parkEntry(machine: Machine, lane: Lane, slot: number, from: number): void {
  const record = recordOf(machine, lane, slot);
  machine.parking.park(record, levelOf(machine.m[from + 1]!), from);
  machine.parking.enlist(record, holderOf(machine, slot));
}

/** Takes an event back that `port` held: it will go first of its flow. To be called from the
 *  newest to the oldest. */
export function takeBack(machine: Machine, lane: Lane, slot: number, from: number): void {
  const record = recordOf(machine, lane, slot);
  machine.parking.parkFirst(record, levelOf(machine.m[from + 1]!), from);
  const flow = machine.m[slot]! - ONE_EVENT;
  if (flow >= ONE_EVENT) machine.m[slot] = flow;
  else flowIdle(machine, lane, slot, flow);
  machine.parking.enlistFirst(record, holderOf(machine, slot));
}

/** The last event of the flow at its port is completed; `flow` is what is left of its word. */
export function flowIdle(machine: Machine, lane: Lane, slot: number, flow: number): void {
  const { m } = machine;
  const pinned =
    machine.at.pinnedFlows + lane.queue.id * machine.ports.length + (flow & HELD_BY) - 1;
  m[pinned] = m[pinned]! - 1;
  m[slot] = flow & PARKED;
  if ((flow & PARKED) !== 0) {
    machine.parking.enlist(m[(lane.flows as FlowTable).recordAt(slot)]!, machine.parking.nobody);
  }
}

/** Gives an idle flow to `port`. Returns its word; the event that goes there is still to be
 *  counted. */
export function pin(machine: Machine, lane: Lane, slot: number, port: PortSeat): number {
  const { m } = machine;
  const flow = (m[slot]! & PARKED) | (port.id + 1);
  m[slot] = flow;
  const pinned = machine.at.pinnedFlows + lane.queue.id * machine.ports.length + port.id;
  m[pinned] = m[pinned]! + 1;
  return flow;
}

/** Removes the oldest parked event of this level. Returns its node, which is to be given back when
 *  the event is elsewhere. Puts the record last in the list where it belongs, so that blocked flows
 *  take turns. */
export function unparkOldest(machine: Machine, record: number, level: number): number {
  const { parking, m } = machine;
  const slot = parking.flowOf(record);
  const node = parking.unpark(record, level);
  if (parking.levelsOf(record) !== 0) {
    parking.enlistLast(record, holderOf(machine, slot));
    return node;
  }
  parking.delist(record);
  parking.close(record);
  m[slot] = m[slot]! & ~PARKED;
  return node;
}

function recordOf(machine: Machine, lane: Lane, slot: number): number {
  const { m } = machine;
  const at = (lane.flows as FlowTable).recordAt(slot);
  if ((m[slot]! & PARKED) === 0) {
    m[at] = machine.parking.open(slot, lane.index);
    m[slot] = m[slot]! | PARKED;
  }
  return m[at]!;
}

function holderOf(machine: Machine, slot: number): number {
  const flow = machine.m[slot]!;
  return flowCount(flow) > 0 ? (flow & HELD_BY) - 1 : machine.parking.nobody;
}
