/** A file of positions that is made up: buses that drive about in a city. */
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline as connect } from 'node:stream/promises';
import { systemFailure } from '../command/failure.js';
import { Random } from '../command/random.js';
import { CITY, CITY_DEGREES } from './stops.js';
import type { Position } from './position.js';

const SEED = 1;
const LINES_PER_BUS = 100;
/** How far a bus comes between two positions, at most. */
const STEP_DEGREES = 0.004;
/** Lines that are written together. */
const BATCH = 500;
const DRIVERS = ['Kåre', 'Zoë "Zo"', 'Győző', '京子', 'A\\B'];

/** @throws Failure when it cannot be written; what the signal was aborted with. */
export async function writePositions(
  file: string,
  lines: number,
  onLines: (count: number) => void,
  signal: AbortSignal,
): Promise<void> {
  try {
    await connect(Readable.from(batches(lines, onLines)), createWriteStream(file), { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw systemFailure(`cannot write ${file}`, error);
  }
}

function* batches(lines: number, onLines: (count: number) => void): Generator<string> {
  const random = new Random(SEED);
  const buses = Array.from({ length: Math.ceil(lines / LINES_PER_BUS) }, (_, i) =>
    newBus(i, random),
  );
  for (let from = 0; from < lines; from += BATCH) {
    let text = '';
    const to = Math.min(from + BATCH, lines);
    for (let id = from; id < to; id++) {
      const bus = random.pick(buses);
      bus.lat += (random.next() - 0.5) * STEP_DEGREES;
      bus.lon += (random.next() - 0.5) * STEP_DEGREES;
      text += `${JSON.stringify({ id, ...bus } satisfies Position)}\n`;
    }
    yield text;
    onLines(to - from);
  }
}

function newBus(number: number, random: Random) {
  return {
    bus: `bus ${number}`,
    driver: random.pick(DRIVERS),
    lat: CITY.lat + (random.next() - 0.5) * CITY_DEGREES,
    lon: CITY.lon + (random.next() - 0.5) * CITY_DEGREES,
  };
}
