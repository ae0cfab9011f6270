/** fsck of parking: front chains, records of blocked flows in their lists, nodes. */
import { LEVELS } from '../eventdev/event.js';
import { freeLink, NODE, NODE_WORDS, RECORD, RECORD_WORDS } from '../memory/scheduler-layout.js';
import { flowCount, HELD_BY, PARKED } from './flow-table.js';
import { Pool, walk } from './fsck-findings.js';
import type { Findings } from './fsck-findings.js';
import type { Machine } from './machine.js';
import type { Lane } from './queue-seat.js';

interface Parked {
  readonly machine: Machine;
  readonly found: Findings;
  readonly nodes: Pool;
  readonly records: Pool;
}

export function checkParking(machine: Machine, found: Findings): void {
  const { m, at, parking } = machine;
  const { freeNode, nodes: usedNodes, freeRecord, records: usedRecords } = parking.pools;
  const nodes = new Pool(found, 'node');
  const records = new Pool(found, 'record');
  const parked = { machine, found, nodes, records };
  for (const lane of machine.lanes) {
    for (let level = 0; level < LEVELS; level++) {
      checkFront(parked, lane, level);
      for (let holder = 0; holder <= parking.nobody; holder++) {
        checkBlocked(parked, lane, level, holder);
      }
    }
  }
  const nextNode = (node: number): number => freeLink(m[node + NODE.NEXT]!);
  const nextRecord = (record: number): number => m[record + RECORD.NEXT]!;
  const freed = 'the pool';
  walk(found, freeNode, at.nodeCount, 'free nodes', nextNode, (node) =>
    nodes.take((node - at.nodes) / NODE_WORDS, freed),
  );
  walk(found, freeRecord, at.nodeCount, 'free records', nextRecord, (record) =>
    records.take(record, freed),
  );
  nodes.checkAll(usedNodes);
  records.checkAll(usedRecords);
}

/** Events that go first: of queues without flows; one that has left an ordered queue has a place. */
function checkFront(parked: Parked, lane: Lane, level: number): void {
  const { machine, found } = parked;
  const list = lane.list + level;
  const where = `front of queue ${lane.queue.id}, level ${level}`;
  const head = machine.at.fronts + list * 2;
  checkChain(parked, head, head + 1, lane, level, where, (node) => {
    const place = machine.m[node + NODE.PLACE]!;
    found.expect(place >= 0 === (lane.window !== null), `${where}: place ${place}`);
    if (place >= 0) found.namePlace(place);
  });
}

/** A list of records: each stands in the list of its most urgent level and of the port that holds
 *  its flow. */
function checkBlocked(parked: Parked, lane: Lane, level: number, holder: number): void {
  const { machine, found } = parked;
  const { m, at, parking } = machine;
  const lists = parking.nobody + 1;
  const list = at.blocked + ((lane.list + level) * lists + holder) * 2;
  const where = `blocked flows of queue ${lane.queue.id}, level ${level}, holder ${holder}`;
  found.expect(lane.flows !== null || m[list] === -1, `${where}: in a queue without flows`);
  if (lane.flows === null) return;
  let previous = -1;
  const next = (record: number): number => m[record + RECORD.NEXT]!;
  const last = walk(found, m[list]!, at.nodeCount, where, next, (record) => {
    const back = m[record + RECORD.PREVIOUS]!;
    found.expect(back === previous, `${where}: record ${record} points back to ${back}`);
    found.expect(m[record + RECORD.LIST] === list, `${where}: record ${record} names another list`);
    previous = record;
    parked.records.take(record, where);
    checkRecord(parked, lane, record, where);
    found.expect(
      parking.levelOf(record) === level,
      `${where}: a record of level ${parking.levelOf(record)}`,
    );
    const flow = m[parking.flowOf(record)]!;
    const held = flowCount(flow) > 0 ? (flow & HELD_BY) - 1 : parking.nobody;
    found.expect(held === holder, `${where}: a flow that ${held} holds`);
  });
  found.expect(m[list + 1] === last, `${where}: its last record is ${last}, not ${m[list + 1]}`);
}

/** One blocked flow with its chains. */
function checkRecord(parked: Parked, lane: Lane, record: number, list: string): void {
  const { machine, found } = parked;
  const { m, at, parking } = machine;
  const where = `record ${(record - at.records) / RECORD_WORDS} of ${list}`;
  const slot = parking.flowOf(record);
  found.expect(m[record + RECORD.LANE] === lane.index, `${where}: names another lane`);
  found.expect((m[slot]! & PARKED) !== 0, `${where}: its flow is not marked as parked`);
  found.expect(m[lane.flows!.recordAt(slot)] === record, `${where}: its flow names another record`);
  found.expect(!found.records.has(slot), `${where}: its flow has two records`);
  found.records.set(slot, record);
  found.expect(parking.levelsOf(record) !== 0, `${where}: has no events`);
  for (let level = 0; level < LEVELS; level++) {
    const head = record + RECORD.HEADS + level;
    const bit = (parking.levelsOf(record) >>> level) & 1;
    found.expect((m[head] !== -1) === (bit === 1), `${where}: level ${level}, bit ${bit}`);
    checkChain(parked, head, record + RECORD.TAILS + level, lane, level, where, (node) => {
      found.expect(lane.flows!.slotOf(m[node]!) === slot, `${where}: an event of another flow`);
      found.expect(m[node + NODE.PLACE] === -1, `${where}: an event with a place`);
    });
  }
}

function checkChain(
  parked: Parked,
  head: number,
  tail: number,
  lane: Lane,
  level: number,
  where: string,
  see: (node: number) => void,
): void {
  const { machine, found } = parked;
  const { m, at } = machine;
  const next = (node: number): number => m[node + NODE.NEXT]!;
  const last = walk(found, m[head]!, at.nodeCount, where, next, (node) => {
    parked.nodes.take((node - at.nodes) / NODE_WORDS, where);
    found.seeOn(node, lane.queue.id, level, where);
    found.countParked(lane.list + level);
    see(node);
  });
  found.expect(m[tail] === last, `${where}: its last node is ${last}, not ${m[tail]}`);
}
