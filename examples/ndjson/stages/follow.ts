/**
 * Stage 2, sticky by bus: how far has it come since its position before? A bus stays with one worker,
 * and its positions come in the order of the file, so what is known of it is in a variable of this module.
 */
import { kilometres } from '../position.js';
import type { LocatedPosition, Trip } from '../position.js';

const NONE = { positions: 0, kilometres: 0, stops: 0 };
const known = new Map<string, { trip: Trip; last: LocatedPosition }>();

/** The flow of a position at this stage. */
export function busOf({ bus }: LocatedPosition): string {
  return bus;
}

export function follow(position: LocatedPosition): Trip {
  const { id, bus, stop, lat, lon } = position;
  const { trip, last } = known.get(bus) ?? { trip: NONE, last: undefined };
  const way = last === undefined ? 0 : kilometres(last.lat, last.lon, lat, lon);
  const next = {
    id,
    bus,
    positions: trip.positions + 1,
    kilometres: trip.kilometres + way,
    stops: trip.stops + (last?.stop === stop ? 0 : 1),
  };
  known.set(bus, { trip: next, last: position });
  return next;
}
