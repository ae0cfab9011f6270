/** The scenario of a snapshot: the scheduler copies its counts while control reads them. */
import { explore, prepared, shared } from '../../lib/explore/index.js';
import type { Exploration, ExploreOptions } from '../../lib/explore/index.js';
import { Counts } from '../../lib/control/counts.js';
import type { DomainMemory } from '../../lib/control/domain-memory.js';
import type { SchedulerLayout } from '../../lib/memory/scheduler-layout.js';
import { Statistics } from '../../lib/scheduler/statistics.js';
import { putLabels } from './labels.js';

/** Scheduler memory with two counts, RX and TX: enough to tell two passes apart. */
const LAYOUT = { statsSeq: 0, counts: 2, countSlots: 2 } as SchedulerLayout;
const WORDS = LAYOUT.counts + 2 * LAYOUT.countSlots;

/** Every count is the number of the pass, so a snapshot mixed from two passes shows. */
export function snapshot(passes: number, options: ExploreOptions = {}): Exploration {
  return explore(
    {
      memory: () => {
        const buffer = new SharedArrayBuffer(WORDS * 4);
        const labels = Array.from({ length: WORDS }, (_, at) =>
          at === 0 ? 'SEQ' : `count[${at}]`,
        );
        putLabels(buffer, labels);
        // The copy races on purpose: the sequence tells the reader to throw it away.
        const words = shared(buffer, {
          label: (at) => labels[at]!,
          hint: (at) => (at < LAYOUT.counts ? 'none' : 'latest'),
        });
        return { buffer, words };
      },
      threads: {
        scheduler: prepared(
          ({ words }: { words: Int32Array; buffer: SharedArrayBuffer }) =>
            new Statistics(words, LAYOUT, 0),
          (statistics) => {
            for (let pass = 1; pass <= passes; pass++) {
              for (let i = 0; i < LAYOUT.countSlots; i++) statistics.setDomain(i, pass);
              statistics.publish();
            }
          },
        ),
        control: prepared(
          ({ buffer }: { words: Int32Array; buffer: SharedArrayBuffer }) =>
            new Counts({
              memory: new SharedArrayBuffer(4),
              schedulerMemory: buffer,
              shape: { queues: 0 },
              layout: { bytes: 4, ports: [], pool: null },
              schedulerLayout: LAYOUT,
            } as unknown as DomainMemory),
          (counts) => {
            const [rx, tx] = counts.snapshot();
            return rx === tx ? `pass ${rx}` : 'mixed';
          },
        ),
      },
      final: (_, { control }) => control,
    },
    options,
  );
}
