/** Returns the young generation that its thread may have, in MiB. */
import { resourceLimits } from 'node:worker_threads';

export const parallel = (): Uint8Array => Uint8Array.of(resourceLimits.maxYoungGenerationSizeMb!);
