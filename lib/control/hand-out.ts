/** Events that leave a domain by a callback. */
import { EventBurst } from '../eventdev/event-burst.js';
import { QE_WORDS } from '../eventdev/event.js';

/** Events per call of the callback. */
const BURST = 256;

/** Gives all events to the callback, even if it throws on some; then the first error is thrown. */
export function handOut(words: Int32Array, callback: (events: EventBurst) => void): void {
  const errors: unknown[] = [];
  const step = BURST * QE_WORDS;
  for (let at = 0; at < words.length; at += step) {
    const part = words.subarray(at, at + step);
    const burst = new EventBurst(part.length / QE_WORDS);
    burst.words.set(part);
    burst.length = burst.capacity;
    try {
      callback(burst);
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}
