/**
 * The work, the same for every contestant: encrypts unit `number`, which lies in the first `length`
 * bytes of `buffer`, in place. Returns the length of the result.
 *
 * It reads all of its input before it writes, so a unit whose thread dies can be started again.
 */
export type Seal = (buffer: Uint8Array, length: number, number: number) => number;
