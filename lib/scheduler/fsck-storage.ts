/** fsck of queue storage: lists of chunks, and the chunks that are free. */
import { LEVELS } from '../eventdev/event.js';
import {
  CHUNK_ENTRIES,
  CHUNK_WORDS,
  ENTRY_WORDS,
  LIST,
  LIST_PLACE,
  LIST_SHIFT,
  LIST_WORDS,
} from '../memory/scheduler-layout.js';
import { Pool, walk } from './fsck-findings.js';
import type { Findings } from './fsck-findings.js';
import type { Machine } from './machine.js';

export function checkStorage(machine: Machine, found: Findings): void {
  const { m, at } = machine;
  const chunks = new Pool(found, 'chunk');
  const next = (chunk: number): number => m[at.chunkNext + chunk]!;
  // Written first, so that all lists are complete in memory.
  const free = machine.storage.freeChunk;
  for (let list = 0; list < machine.lanes.length * LEVELS; list++) {
    checkList(machine, found, chunks, list);
  }
  walk(found, free, at.chunkCount, 'free chunks', next, (chunk) => chunks.take(chunk, 'the pool'));
  chunks.checkAll(at.chunkCount);
}

function checkList(machine: Machine, found: Findings, chunks: Pool, list: number): void {
  const { m, at } = machine;
  const words = at.lists + list * LIST_WORDS;
  const queue = machine.lanes[Math.floor(list / LEVELS)]!.queue.id;
  const level = list % LEVELS;
  const where = `queue ${queue}, level ${level}`;
  const head = m[words + LIST.HEAD]!;
  const tail = m[words + LIST.TAIL]!;
  const first = head >> LIST_SHIFT;
  const last = tail >> LIST_SHIFT;
  const counted = m[words + LIST.CHUNKS]!;
  found.expect((first === -1) === (last === -1), `${where}: begins at ${first}, ends at ${last}`);
  let length = 0;
  let place = head & LIST_PLACE;
  // The links of free chunks and of the last one are void.
  const next = (chunk: number): number => (chunk === last ? -1 : m[at.chunkNext + chunk]!);
  const end = walk(found, first, at.chunkCount, where, next, (chunk) => {
    chunks.take(chunk, where);
    length++;
    const places = chunk === last ? tail & LIST_PLACE : CHUNK_ENTRIES;
    const inside = place >= 0 && place <= places && places <= CHUNK_ENTRIES;
    found.expect(inside, `${where}: places ${place} to ${places} of chunk ${chunk}`);
    for (; inside && place < places; place++) {
      const entry = at.chunks + chunk * CHUNK_WORDS + place * ENTRY_WORDS;
      found.seeOn(entry, queue, level, where);
    }
    place = 0;
  });
  found.expect(end === last, `${where}: its last chunk is ${end}, not ${last}`);
  found.expect(length === counted, `${where}: ${length} chunks, counted ${counted}`);
}
