/** softdlb: units are filled in shared memory, encrypted there, and come back in order. */
import { createPadata } from '../../../lib/index.js';
import type { Load, Output } from '../load.js';
import type { Contestant } from './contestant.js';

const END = -1;

export async function softdlbPool(
  load: Load,
  workers: number,
  control: boolean,
): Promise<Contestant> {
  const padata = await createPadata({
    name: load.name,
    module: load.module,
    context: load.packets ?? load.chunks,
    bytes: load.room,
    workers,
    control,
  });
  return {
    name: 'softdlb',
    async round(output: Output, signal: AbortSignal) {
      const before = padata.stats().reordered;
      await padata.run(
        (buffer, number) => (number < load.units ? load.fill(buffer, number) : END),
        (result, number) => output.put(result, number),
        { signal },
      );
      return padata.stats().reordered - before;
    },
    close: () => padata.close(),
  };
}
