/** What a stop or a close leaves for the caller: the events that were inside, and its steps. */
import { EventBurst } from '../eventdev/event-burst.js';
import { QE_WORDS } from '../eventdev/event.js';
import type { ResetStep } from '../eventdev/reports.js';

/** Events per call of the flush callback. */
const FLUSH_BURST = 256;

/** Gives all events to the callback, even if it throws on some. */
export function handOut(words: Int32Array, onFlush: (events: EventBurst) => void): void {
  const errors: unknown[] = [];
  const step = FLUSH_BURST * QE_WORDS;
  for (let at = 0; at < words.length; at += step) {
    const part = words.subarray(at, at + step);
    const burst = new EventBurst(part.length / QE_WORDS);
    burst.words.set(part);
    burst.length = burst.capacity;
    try {
      onFlush(burst);
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}

/** Of a close that began with a stop: one verification, and every step once. */
export function joinTraces(stop: readonly ResetStep[], close: readonly ResetStep[]): ResetStep[] {
  const drained = stop.filter(({ step }) => step !== 'verify');
  const seen = new Set(drained.map(({ step }) => step));
  return [...drained, ...close.filter(({ step }) => !seen.has(step))];
}
