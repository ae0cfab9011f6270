/** fsck of reorder windows: a held place is named by exactly one event, and what may go is known. */
import { PLACE, WINDOW, WINDOW_WORDS } from '../memory/scheduler-layout.js';
import { FlowWindow } from './flow-window.js';
import { Pool, walk } from './fsck-findings.js';
import type { Findings } from './fsck-findings.js';
import type { Machine } from './machine.js';
import type { Lane } from './queue-seat.js';
import type { Window } from './window.js';

export function checkWindows(machine: Machine, found: Findings): void {
  const told = new Set(machine.readyLanes.slice(0, machine.readyCount));
  for (const lane of machine.lanes) {
    const { window } = lane;
    if (window === null) continue;
    const where = `window of queue ${lane.queue.id}`;
    const size = machine.plan.queues[lane.queue.id]!.sequences;
    const { used } = window;
    found.expect(used >= 0 && used <= size, `${where}: ${used} of ${size} places are used`);
    if (used < 0 || used > size) continue;
    const places = placesOf(machine, found, lane, where);
    const mayGo =
      window instanceof FlowWindow
        ? checkFlowChains(machine, found, lane, window, where)
        : checkInOrder(machine, found, window, places, where);
    const isTold = told.has(lane);
    found.expect(!mayGo || isTold, `${where}: has events to send on, and nobody knows`);
    found.expect(lane.ready === isTold, `${where}: ready=${lane.ready}, in the list: ${isTold}`);
  }
  found.expect(found.placesLeft === 0, `${found.placesLeft} events name places out of any window`);
}

/** The places in use, oldest first where the window has one order. */
function placesOf(machine: Machine, found: Findings, lane: Lane, where: string): number[] {
  const places: number[] = [];
  lane.window!.each((place) => {
    places.push(place);
    const state = machine.m[place + WINDOW.STATE]!;
    const named = found.takePlace(place);
    const due = state === PLACE.HELD ? 1 : 0;
    found.expect(named === due, `${where}: a place of state ${state} is named ${named} times`);
    if (state === PLACE.EVENT) found.see(place, where);
    if (machine.pieces === null) return;
    found.owners.push({ owner: place + WINDOW.PIECES, queue: lane.queue, where });
  });
  const { used } = lane.window!;
  found.expect(places.length === used, `${where}: ${places.length} places, counted ${used}`);
  return places;
}

/** Whether something may go: the oldest places are settled, the first that is not is held. */
function checkInOrder(
  machine: Machine,
  found: Findings,
  window: Window,
  places: readonly number[],
  where: string,
): boolean {
  const { settled } = window;
  const inside = settled >= 0 && settled <= places.length;
  found.expect(inside, `${where}: ${settled} of ${places.length} places are settled`);
  places.forEach((place, i) => {
    const isHeld = machine.m[place + WINDOW.STATE] === PLACE.HELD;
    found.expect(!(isHeld && i < settled), `${where}: place ${i} is held and counts as settled`);
    found.expect(isHeld || i !== settled, `${where}: place ${i} is settled and blocks`);
  });
  return settled > 0;
}

/** Whether something may go: each place is in the chain of its flow, in the ready chain or free. */
function checkFlowChains(
  machine: Machine,
  found: Findings,
  lane: Lane,
  window: FlowWindow,
  where: string,
): boolean {
  const { m, at } = machine;
  const { ready, free, places } = window.chains;
  const { flowPlaces } = at.lanes[lane.index]!;
  const pool = new Pool(found, `place of the ${where}`);
  const next = (place: number): number => m[place + WINDOW.NEXT]!;
  const base = at.lanes[lane.index]!.window;
  const take = (place: number, chain: string): void => {
    pool.take((place - base) / WINDOW_WORDS, chain);
  };
  for (let slot = 0; slot < machine.plan.queues[lane.queue.id]!.flows; slot++) {
    const chain = `${where}, flow ${slot}`;
    const first = m[flowPlaces + slot * 2]!;
    if (first === -1) continue;
    found.expect(m[first + WINDOW.STATE] === PLACE.HELD, `${chain}: begins with a settled place`);
    const last = walk(found, first, places, chain, next, (place) => {
      take(place, chain);
      found.expect(m[place + WINDOW.SLOT] === slot, `${chain}: a place of another flow`);
    });
    found.expect(m[flowPlaces + slot * 2 + 1] === last, `${chain}: its last place is ${last}`);
  }
  walk(found, ready, places, where, next, (place) => {
    take(place, 'what may go');
    found.expect(m[place + WINDOW.STATE] !== PLACE.HELD, `${where}: a held place may go`);
  });
  walk(found, free, places, where, next, (place) => take(place, 'the pool'));
  pool.checkAll(places);
  return ready !== -1;
}
