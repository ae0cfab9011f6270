/** The stops of a city that is made up, the same each time. */
import { Random } from '../command/random.js';
import type { Place } from './position.js';

export interface Stop extends Place {
  readonly name: string;
}

/** The middle of the city, and how far it reaches. */
export const CITY: Place = { lat: 59.91, lon: 10.75 };
export const CITY_DEGREES = 0.2;
const STOPS = 4000;
const NAMES = ['Kirkegata', 'Jernbanetorget', 'Brygga', 'Høyden', 'Øvre Vei', '中央駅'];

const random = new Random(1);

export const stops: readonly Stop[] = Array.from({ length: STOPS }, (_, i) => ({
  name: `${random.pick(NAMES)} ${i}`,
  lat: CITY.lat + (random.next() - 0.5) * CITY_DEGREES,
  lon: CITY.lon + (random.next() - 0.5) * CITY_DEGREES,
}));
