/** What a line of the file is, and what becomes of it. */

export interface Place {
  /** In degrees, north and east. */
  readonly lat: number;
  readonly lon: number;
}

/** A line: where a bus was. */
export interface Position extends Place {
  readonly id: number;
  readonly bus: string;
  readonly driver: string;
}

/** With what was looked up. */
export interface LocatedPosition extends Position {
  /** The nearest stop. */
  readonly stop: string;
}

/** How far a bus has come with a position. */
export interface Trip {
  /** Of the position. */
  readonly id: number;
  readonly bus: string;
  readonly positions: number;
  readonly kilometres: number;
  /** Stops passed, one that is passed again included. */
  readonly stops: number;
}

const EARTH_KILOMETRES = 6371;
const RADIANS = Math.PI / 180;

/** On a sphere, by the haversine formula. Numbers, since objects of several shapes would take twice as long. */
export function kilometres(lat: number, lon: number, toLat: number, toLon: number): number {
  const north = Math.sin(((toLat - lat) * RADIANS) / 2);
  const east = Math.sin(((toLon - lon) * RADIANS) / 2);
  const shrunk = Math.cos(lat * RADIANS) * Math.cos(toLat * RADIANS);
  return 2 * EARTH_KILOMETRES * Math.asin(Math.sqrt(north * north + shrunk * east * east));
}
