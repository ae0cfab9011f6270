/** From an episode that fails to a shorter one that fails by the same rule (delta debugging). */
import type { DomainSpec } from '../../lib/eventdev/spec.js';
import { runEpisode } from './episode.js';
import type { Episode } from './episode.js';
import type { Operation } from './operations.js';

/** Clock of the outside: the episode has one of its own. */
const hrtime = (): number => Number(process.hrtime.bigint() / 1_000_000n);

export async function shrink(episode: Episode, rule: string, limitMs: number): Promise<Episode> {
  const until = hrtime() + limitMs;
  let best = episode;
  const fails = async (candidate: Episode): Promise<boolean> => {
    if (hrtime() > until) return false;
    const { failure } = await runEpisode(candidate);
    if (failure?.rule !== rule) return false;
    // What comes after the failing step is of no use.
    best = { ...candidate, operations: candidate.operations.slice(0, failure.step) };
    return true;
  };
  await fails(episode);
  for (let before = -1; before !== best.operations.length && hrtime() < until;) {
    before = best.operations.length;
    await removeChunks(() => best, fails);
    await simplifyEach(() => best, fails);
    await simplifyTopology(() => best, fails);
  }
  return best;
}

type Fails = (candidate: Episode) => Promise<boolean>;

async function removeChunks(best: () => Episode, fails: Fails): Promise<void> {
  for (let size = Math.ceil(best().operations.length / 2); size >= 1; size = size >> 1) {
    for (let at = best().operations.length - size; at > -size; at -= size) {
      const { operations } = best();
      const first = Math.max(at, 0);
      if (first >= operations.length) continue;
      await fails({ ...best(), operations: operations.toSpliced(first, at + size - first) });
    }
  }
}

async function simplifyEach(best: () => Episode, fails: Fails): Promise<void> {
  for (let i = 0; i < best().operations.length; i++) {
    const { operations } = best();
    const { size } = operations[i]!;
    for (const smaller of [1, size >> 1, size - 1]) {
      if (smaller < 1 || smaller >= size) continue;
      const simpler: Operation = { ...operations[i]!, size: smaller };
      if (await fails({ ...best(), operations: operations.with(i, simpler) })) break;
    }
  }
}

/** Fields that are left out have their defaults. */
async function simplifyTopology(best: () => Episode, fails: Fails): Promise<void> {
  for (let i = 0; i < best().topology.length; i++) {
    const tryWith = (change: (spec: DomainSpec) => void): Promise<boolean> => {
      const spec = structuredClone(best().topology[i]!);
      change(spec);
      return fails({ ...best(), topology: best().topology.with(i, spec) });
    };
    await tryWith((spec) => delete spec.buffers);
    for (const field of ['newEventThreshold', 'enqueueDepth', 'dequeueDepth'] as const) {
      await tryWith((spec) => spec.ports.forEach((port) => delete port[field]));
    }
    for (const field of ['priority'] as const) {
      await tryWith((spec) => spec.queues.forEach((queue) => delete queue[field]));
    }
  }
}
