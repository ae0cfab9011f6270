/** Works, but leaves behind an exception that nobody catches when a job asks for it. */
import type { Job } from '../../../lib/padata/index.js';

export function parallel({ buffer, attempt }: Job): void {
  if (buffer[0] === 1 && attempt === 0) {
    setTimeout(() => {
      throw new Error('outside of any job');
    }, 0);
  }
}
