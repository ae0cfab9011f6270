/**
 * A port's thread acts between two looks of the scheduler.
 *
 * `#words` is replaced by one that lets a test act right after the scheduler observed a word.
 */
import { expect, jest, test } from '@jest/globals';
import type * as Words from '../../lib/memory/words.js';
import type * as Scheduling from '../../lib/scheduler/scheduler.js';
import { PORT } from '../../lib/memory/layout.js';

let watched = -1;
let act: () => void = () => {};

const real = (await import(
  new URL('../../lib/memory/words.js', import.meta.url).href
)) as typeof Words;
jest.unstable_mockModule('#words', () => ({
  ...real,
  observe(words: Int32Array, at: number): number {
    const value = real.observe(words, at);
    if (at === watched) {
      watched = -1;
      act();
    }
    return value;
  },
}));
const scheduling = (await import(
  new URL('../../lib/scheduler/scheduler.js', import.meta.url).href
)) as typeof Scheduling;
// The ports are to be as those of other threads.
jest.unstable_mockModule('../../lib/scheduler/index.js', async () => ({
  ...(await import('../../lib/scheduler/recovery.js')),
  Scheduler: class extends scheduling.Scheduler {
    constructor(inline: boolean, onFailure: ConstructorParameters<typeof scheduling.Scheduler>[1]) {
      super(inline, onFailure, null);
    }
  },
}));
const { domainLayout } = await import('../../lib/memory/layout.js');
const { attachFar, expectCreditsSumUp, expectEmpty, fresh, rig, send, took } =
  await import('../contracts/harness.js');

/** The word of a port that the scheduler looks at, and after which the port acts. */
const MOMENTS = [
  ['its enqueue ring', PORT.PP_TAIL],
  ['its CQ head', PORT.CQ_HEAD],
] as const;

test.each(MOMENTS)(
  'completions and a detach right after the scheduler looked at %s count',
  async (_, word) => {
    const ports = [{}, { links: [0] }];
    const r = await rig({ far: true, queues: [{ type: 'directed' }], ports });
    send(r.ports[0]!, ...fresh(4));
    r.pass();
    expect(took(r.ports[1]!, 3)).toEqual([0, 1, 2]);
    const { shape } = r.domain.attachment(1);
    // Rings, so that the pass looks at the port at all.
    r.ports[1]!.release(1);
    act = (): void => {
      r.ports[1]!.release(1);
      r.ports[1]!.detach();
    };
    watched = domainLayout(shape).ports[1]!.at + word;
    r.pass();
    expect(watched).toBe(-1);
    r.pass();
    const next = attachFar(r.domain, 1);
    r.pass();
    // 0 and 1 were completed: what comes again is 2 and 3, and a stale RELEASE ends none of them.
    expect(took(next)).toEqual([2, 3]);
    r.pass();
    expect(r.stats().inflight).toBe(2);
    next.release(2);
    r.pass();
    expectEmpty(r);
    expectCreditsSumUp(r);
  },
);
