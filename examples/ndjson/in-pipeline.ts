/** With softdlb: the same two functions, as stages. */
import { createReadStream } from 'node:fs';
import { createPipeline, records, stage } from '../../lib/index.js';
import type { Position } from './position.js';
import { Results } from './results.js';
import type { Outcome } from './results.js';
import type { follow } from './stages/follow.js';
import type { locate } from './stages/locate.js';

export async function inPipeline(
  file: string,
  workers: number,
  onResults: (count: number) => void,
  signal: AbortSignal,
): Promise<Outcome> {
  await using pipeline = await createPipeline({
    name: 'ndjson',
    workers,
    stages: [
      stage<typeof locate>({
        module: new URL('./stages/locate.js', import.meta.url),
        handler: 'locate',
        schedule: 'ordered',
      }),
      stage<typeof follow>({
        module: new URL('./stages/follow.js', import.meta.url),
        handler: 'follow',
        schedule: 'sticky',
        flow: 'busOf',
      }),
    ],
  });
  const results = new Results(onResults);
  const positions = records<Position>(createReadStream(file));
  for await (const trip of pipeline.run(positions, { signal })) results.add(trip);
  return results.end();
}
