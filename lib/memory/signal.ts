/**
 * The event count that threads sleep on: the bell of a scheduler worker, the WAKE word of a port.
 *
 * A sleeper reads the count, announces itself in a `sleeping` word, looks again for work and parks
 * on the count it read. Whoever made work and then sees the `sleeping` word raises the count: the
 * park either sees the new count or is notified. The argument is in lib/idle/README.md.
 */
import { addTo, wake } from '#words';

/** A wake-up that cannot be lost: the count changes, then all sleepers are notified. */
export function raise(words: Int32Array, at: number): void {
  addTo(words, at, 1);
  wake(words, at);
}
