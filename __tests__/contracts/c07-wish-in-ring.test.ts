/**
 * C7: a wish that is heard while NEW events of its port are not taken in yet is looked at anew.
 *
 * `#words` is replaced by one that lets a test act right after the scheduler observed a word.
 */
import { expect, jest, test } from '@jest/globals';
import type * as Words from '../../lib/memory/words.js';
import { PORT } from '../../lib/memory/layout.js';
import type * as Scheduling from '../../lib/scheduler/scheduler.js';

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
const { REFUSAL } = await import('../../lib/index.js');
const { domainLayout } = await import('../../lib/memory/layout.js');
const { expectCreditsSumUp, fresh, rig, send } = await import('./harness.js');

const CREDITS_EACH = 32;
const PASSES = 16;
const SHORT = 18;

test('credits that went into events on their way do not count for a wish', async () => {
  const ports = [{}, { links: [0] }];
  const r = await rig({ far: true, queues: [{ type: 'parallel' }], ports });
  const producer = r.ports[0]!;
  expect(r.stats().ports[0]!.credits).toBe(CREDITS_EACH);
  act = (): void => {
    expect(send(producer, ...fresh(CREDITS_EACH + SHORT))).toBe(CREDITS_EACH);
    expect(producer.refusal).toBe(REFUSAL.CREDIT);
  };
  // Rings, so that the pass looks at the port at all.
  expect(send(r.ports[1]!, ...fresh(1))).toBe(1);
  producer.quiesce();
  watched = domainLayout(r.domain.attachment(0).shape).ports[0]!.at + PORT.PP_TAIL;
  r.pass();
  expect(watched).toBe(-1);
  r.pass(PASSES);
  expect(r.stats().ports[0]!.credits).toBeGreaterThanOrEqual(SHORT);
  expectCreditsSumUp(r);
});
