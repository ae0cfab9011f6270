/** A pool's task that does nothing but answer, after the work that the pool's owner asked for. */
import { workerData } from 'node:worker_threads';
import { beBusy } from './busy.js';

/** Piscina hands on its owner's data as it is; Tinypool puts its own before it. */
const { workMicros = 0 } = (workerData as { workMicros?: number } | null) ?? {};

export default function answer(n: number): number {
  if (workMicros > 0) beBusy(workMicros);
  return n;
}
