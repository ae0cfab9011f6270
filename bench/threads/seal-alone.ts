/** The baseline: reads its half of the packets from shared memory, seals them, writes them back. */
import { workerData } from 'node:worker_threads';
import { makeSeal } from './seal.js';
import type { SealMemory } from './seal-task.js';
import { serveRuns } from './serve-runs.js';

export interface AloneData extends SealMemory {
  /** What each packet is copied from. */
  readonly source: SharedArrayBuffer;
  readonly thread: number;
  readonly threads: number;
}

const { key, packetBytes, room, bytes, source, thread, threads } = workerData as AloneData;
const seal = makeSeal(key);
const input = new Uint8Array(source);
const places = bytes.byteLength / room;
const views = Array.from({ length: places }, (_, at) => new Uint8Array(bytes, at * room, room));

serveRuns(
  ({ events }): void => {
    for (let n = thread; n < events; n += threads) {
      const place = views[n % places]!;
      place.set(input);
      seal(place, packetBytes, n);
    }
  },
  () => {},
);
