/** Does with a job what its input says, in words. */
import type { Job } from '../../../lib/padata/index.js';

const text = new TextDecoder();

const WAYS: Record<string, (job: Job) => unknown> = {
  nothing: () => undefined,
  length: ({ buffer }) => {
    buffer.fill(7);
    return 3;
  },
  bytes: ({ data }) => Uint8Array.from(data, (byte) => byte + 1),
  part: ({ buffer }) => buffer.subarray(1, 3),
  full: ({ buffer }) => new Uint8Array(buffer.length).fill(9),
  words: () => new Uint16Array([0x0101, 0x0202]),
  none: () => new Uint8Array(0),
  'too long': ({ buffer }) => new Uint8Array(buffer.length + 1),
  'too far': ({ buffer }) => buffer.length + 1,
  negative: () => -1,
  fraction: () => 0.5,
  text: () => 'text',
  null: () => null,
  promise: () => Promise.reject(new Error('somebody waits for this')),
  error: () => {
    throw new Error('an error of the job');
  },
  'no error': () => {
    // eslint-disable-next-line typescript/only-throw-error -- whatever is thrown must be told.
    throw 'a string';
  },
  unprintable: () => {
    // eslint-disable-next-line typescript/only-throw-error -- as above.
    throw Object.create(null);
  },
};

export function parallel(job: Job): Uint8Array | number | void {
  return WAYS[text.decode(job.data.slice())]!(job) as Uint8Array | number | void;
}
