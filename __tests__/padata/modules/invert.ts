/** Inverts every byte in place. */
import type { Job } from '../../../lib/padata/index.js';

export function parallel({ buffer, length }: Job): number {
  for (let i = 0; i < length; i++) buffer[i]! ^= 0xff;
  return length;
}
