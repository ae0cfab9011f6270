/** Events that a stop found, on their way to whoever asked for them. */
import { EventBurst } from '../eventdev/event-burst.js';
import { QE_WORDS } from '../eventdev/event.js';

/** Events per call of the flush callback. */
const FLUSH_BURST = 256;

/** Gives all events, four words each, to the callback, even if it throws on some.
 *  @throws what it threw first */
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
