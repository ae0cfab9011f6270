/** Piscina's task: seals packets in shared memory. A task is two numbers, its answer nothing. */
import { workerData } from 'node:worker_threads';
import { makeSeal } from './seal.js';
import type { Seal } from './seal.js';

export interface SealMemory {
  readonly key: Uint8Array;
  /** Input bytes of each packet. */
  readonly packetBytes: number;
  /** Room of each packet in memory. */
  readonly room: number;
  readonly bytes: SharedArrayBuffer;
}

export interface SealTask {
  /** Number of the first packet; its place is this, modulo the places that there are. */
  readonly first: number;
  readonly count: number;
}

let seal: Seal | undefined;

export default function sealPackets({ first, count }: SealTask): void {
  const { key, packetBytes, room, bytes } = workerData as SealMemory;
  seal ??= makeSeal(key);
  const places = bytes.byteLength / room;
  for (let number = first; number < first + count; number++) {
    seal(new Uint8Array(bytes, (number % places) * room, room), packetBytes, number);
  }
}
