/** Stage 1, ordered: which stop is the nearest? All are tried, which is work for a core. */
import { kilometres } from '../position.js';
import type { LocatedPosition, Position } from '../position.js';
import { stops } from '../stops.js';

export function locate(position: Position): LocatedPosition {
  const { lat, lon } = position;
  let nearest = '';
  let least = Infinity;
  for (const stop of stops) {
    const distance = kilometres(lat, lon, stop.lat, stop.lon);
    if (distance >= least) continue;
    least = distance;
    nearest = stop.name;
  }
  return { ...position, stop: nearest };
}
