/**
 * A port has left a mark that is no event: a count, a request, or that its owner has changed.
 *
 * Runs on: the port's thread, after the mark was published and before the port rings.
 */
import { PORT } from '../memory/layout.js';
import { addTo } from '#words';

export function leaveNews(words: Int32Array, portAt: number): void {
  // E1 → E2 (scheduler/pass.ts#hasNews): the marks were published before.
  addTo(words, portAt + PORT.NEWS, 1);
}
