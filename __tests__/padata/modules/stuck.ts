/** A job that never ends, when its first byte is 1. */
import type { Job } from '../../../lib/padata/index.js';

export function parallel({ buffer }: Job): void {
  while (buffer[0] === 1);
}
