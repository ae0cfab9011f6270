/** fsck of history lists: what each port was given and has not completed. */
import { HISTORY } from '../memory/scheduler-layout.js';
import { levelOf } from './flows.js';
import type { Findings } from './fsck-findings.js';
import { entriesOf, historyAt, isCompleted } from './history.js';
import { laneFor } from './lanes.js';
import type { Machine } from './machine.js';
import type { PortSeat } from './port-seat.js';

export function checkHistories(machine: Machine, found: Findings): void {
  const { m, at } = machine;
  const held = machine.queues.map(() => machine.ports.map(() => 0));
  for (const port of machine.ports) checkHistory(machine, found, port, held);
  held.forEach((counts, queue) => {
    counts.forEach((count, port) => {
      const counted = m[at.heldEvents + queue * counts.length + port]!;
      const where = `port ${port} holds ${count} events of queue ${queue}`;
      found.expect(count === counted, `${where}, counted ${counted}`);
    });
  });
}

function checkHistory(
  machine: Machine,
  found: Findings,
  port: PortSeat,
  held: readonly number[][],
): void {
  const where = `history of port ${port.id}`;
  const count = entriesOf(port);
  const most = machine.at.historyDepth;
  const bounded = count >= 0 && count <= most;
  found.expect(bounded, `${where}: ${count} entries of ${most}`);
  found.expect(port.served === 0, `${where}: ${port.served} deliveries were not settled`);
  let holes = 0;
  for (let i = 0; bounded && i < count; i++) {
    const index = (port.historyHead + i) | 0;
    if (isCompleted(machine, port, index)) holes++;
    else checkHeld(machine, found, port, index, held);
    found.expect(i > 0 || holes === 0, `${where}: begins with a completed entry`);
  }
  found.expect(holes === port.holes, `${where}: ${holes} are completed, counted ${port.holes}`);
  const open = port.names === null ? Infinity : port.names.openMax;
  found.expect(count - holes <= open, `${where}: ${count - holes} are open of ${open}`);
}

function checkHeld(
  machine: Machine,
  found: Findings,
  port: PortSeat,
  index: number,
  held: readonly number[][],
): void {
  const { m } = machine;
  const where = `history of port ${port.id}`;
  const entry = historyAt(machine, port, index);
  const word1 = m[entry + 1]!;
  const lane = laneFor(machine, word1);
  found.expect(lane !== null, `${where}: an event of no queue`);
  if (lane === null) return;
  const { queue } = lane;
  found.seeOn(entry, queue.id, levelOf(word1), where);
  held[queue.id]![port.id]!++;
  const slot = m[entry + HISTORY.FLOW]!;
  const expected = lane.flows === null ? -1 : lane.flows.slotOf(m[entry]!);
  found.expect(slot === expected, `${where}: flow slot ${slot}, not ${expected}`);
  if (slot >= 0) found.countHeld(slot, port.id);
  const named = port.names === null ? index : port.names.indexOf(m, entry);
  found.expect(named === index, `${where}: entry ${index} has the name of ${named}`);
  const place = m[entry + HISTORY.PLACE]!;
  found.expect(place >= 0 === (lane.window !== null), `${where}: place ${place}`);
  if (machine.pieces !== null) found.owners.push({ owner: entry + HISTORY.PIECES, queue, where });
  if (place >= 0) found.namePlace(place);
}
