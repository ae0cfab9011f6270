/** What a stop or a close leaves for the caller: the events that were inside, and its steps. */
import { EventBurst } from '../eventdev/event-burst.js';
import { QE_WORDS } from '../eventdev/event.js';
import type { ResetStep } from '../eventdev/reports.js';

/** Events per call of the flush callback. */
const FLUSH_BURST = 256;

/** The events burst by burst, with how many come after each; one burst without events if there are none. */
export function* burstsOf(
  words: Int32Array,
): Generator<{ readonly burst: EventBurst; readonly remaining: number }> {
  const step = FLUSH_BURST * QE_WORDS;
  let at = 0;
  do {
    const part = words.subarray(at, at + step);
    const burst = new EventBurst(Math.max(1, part.length / QE_WORDS));
    burst.words.set(part);
    burst.length = part.length / QE_WORDS;
    at += step;
    yield { burst, remaining: Math.max(0, words.length - at) / QE_WORDS };
  } while (at < words.length);
}

/** Gives all events to the callback, even if it throws on some. */
export function handOut(words: Int32Array, onFlush: (events: EventBurst) => void): void {
  if (words.length === 0) return;
  const errors: unknown[] = [];
  for (const { burst } of burstsOf(words)) {
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
