/** softdlb's parallel function for packets. */
import type { ParallelFunction } from '../../../lib/index.js';
import { packetSeal } from '../packet.js';
import type { PacketContext } from '../packet.js';

export function setup(context: PacketContext): ParallelFunction {
  const seal = packetSeal(context);
  return (job) => seal(job.buffer, job.length, job.number);
}
