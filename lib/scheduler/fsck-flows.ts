/** fsck of flow tables: a slot says who holds how many events of it, and whether some are parked. */
import { flowCount, HELD_BY, PARKED } from './flow-table.js';
import type { Findings } from './fsck-findings.js';
import type { Machine } from './machine.js';
import type { Lane } from './queue-seat.js';

export function checkFlows(machine: Machine, found: Findings): void {
  for (const lane of machine.lanes) {
    if (lane.flows !== null) checkTable(machine, found, lane);
  }
}

function checkTable(machine: Machine, found: Findings, lane: Lane): void {
  const { m, at } = machine;
  const { queue } = lane;
  const table = at.lanes[lane.index]!.flowTable;
  const pinned = machine.ports.map(() => 0);
  for (let i = 0; i < machine.plan.queues[queue.id]!.flows; i++) {
    const slot = table + i;
    const flow = m[slot]!;
    if (flow === 0 && !found.slots.has(slot) && !found.records.has(slot)) continue;
    checkSlot(machine, found, slot, `queue ${queue.id}, flow slot ${i}`);
    if (flowCount(flow) > 0) pinned[(flow & HELD_BY) - 1]!++;
  }
  pinned.forEach((count, port) => {
    const counted = m[at.pinnedFlows + queue.id * pinned.length + port]!;
    const where = `port ${port} holds ${count} flows of queue ${queue.id}`;
    found.expect(count === counted, `${where}, counted ${counted}`);
  });
}

function checkSlot(machine: Machine, found: Findings, slot: number, where: string): void {
  const flow = machine.m[slot]!;
  const ports = [...(found.slots.get(slot) ?? [])];
  found.expect(ports.length <= 1, `${where}: held by ports ${ports.map(([port]) => port).join()}`);
  const [port, held] = ports[0] ?? [-1, 0];
  const holder = (flow & HELD_BY) - 1;
  found.expect(holder === port, `${where}: names port ${holder}, port ${port} holds it`);
  found.expect(flowCount(flow) === held, `${where}: counts ${flowCount(flow)} of ${held} events`);
  const parked = (flow & PARKED) !== 0;
  const has = found.records.has(slot);
  found.expect(parked === has, `${where}: parked=${parked}, has a record: ${has}`);
}
