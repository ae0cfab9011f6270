/**
 * A recovery finds every event exactly once, in order, wherever the scheduler was cut off: at each store
 * of a pass, with threads that go on while it dies.
 */
import { expect, test } from '@jest/globals';
import { attachPort, EventBurst, OP } from '../../lib/index.js';
import { ascending } from '../contracts/harness.js';
import { CutRig } from './cut.js';
import { run } from './run.js';
import type { Cut } from './run.js';
import { TOPOLOGIES } from './topologies.js';

test.each(TOPOLOGIES)('cut at every store of two passes: $name', async (topology) => {
  let cuts = 0;
  for (let seed = 1; cuts < 80; seed++) {
    const whole: Cut = { at: undefined, actAt: undefined, last: 'pass' };
    const [stores, wrong] = await run(topology, seed, whole);
    expect([seed, wrong]).toEqual([seed, []]);
    if (stores < 50) continue;
    cuts += stores;
    for (let at = 0; at < stores; at++) {
      const actAt = at % 2 === 0 ? undefined : (at * 7) % at;
      const cut: Cut = { at, actAt, last: 'pass' };
      const [, found] = await run(topology, seed, cut);
      expect({ seed, cut, found }).toEqual({ seed, cut, found: [] });
    }
  }
});

test('what a reclaim had taken in of a port that completes in any order is completed', async () => {
  const topology = TOPOLOGIES.find((each) => each.isIndependent === true)!;
  for (let at = 0; at < 90; at++) {
    const [, found] = await run(topology, 5131, { at, actAt: undefined, last: 'reclaim' });
    expect({ at, found }).toEqual({ at, found: [] });
  }
});

test.each(TOPOLOGIES)('cut anywhere, after anything: $name', async (topology) => {
  for (let seed = 100; seed < 130; seed++) {
    const last = (['stop', 'reclaim', 'pass'] as const)[seed % 3]!;
    const [stores] = await run(topology, seed, { at: undefined, actAt: undefined, last });
    const at = (seed * 7919) % (stores + 1);
    const actAt = seed % 2 === 0 ? undefined : (seed * 31) % (at + 1);
    const cut: Cut = { at, actAt, last };
    const [, found] = await run(topology, seed, cut);
    expect({ seed, cut, found }).toEqual({ seed, cut, found: [] });
  }
});

const STAGES = [{ type: 'ordered' as const, fragments: 4 }, { type: 'parallel' as const }];

test.each(['queue', 'flow'] as const)(
  'pieces that left a window and were completed at once are not found again: scope %s',
  async (scope) => {
    for (let at = 0, isWhole = false; !isWhole; at++) {
      const queues = [{ ...STAGES[0]!, scope }, STAGES[1]!];
      const ports = [{}, { links: [0, 1], implicitRelease: false }];
      const rig = await CutRig.open({ eventsLimit: 8, queues, ports });
      const [from, to] = [0, 1].map((id) => attachPort(rig.domain.attachment(id)));
      await rig.domain.start();
      const burst = new EventBurst(8);
      burst.pushNew(0, 0, 0, 1);
      from!.enqueueBurst(burst);
      rig.pass();
      to!.dequeueBurst(burst);
      burst.clear();
      for (const payload of [2, 3, 4]) burst.push({ queueId: 1, op: OP.FRAGMENT, payload });
      burst.push({ queueId: 1, op: OP.FORWARD, payload: 5 });
      expect(to!.enqueueBurst(burst)).toBe(4);
      rig.pass();
      expect(to!.dequeueBurst(burst)).toBe(4);
      expect(to!.release(4)).toBe(4);
      rig.knife.stores = 0;
      rig.knife.cutAt = at;
      isWhole = rig.pass();
      rig.knife.isDead = true;
      expect([at, [...rig.recover()]]).toEqual([at, []]);
    }
  },
);

test.each([false, true])(
  'cut at every store of a pass that moves open events together: wide names %s',
  async (wideNames) => {
    for (let at = 0, isWhole = false; !isWhole; at++) {
      const worker = { links: [0], implicitRelease: false, independentEnqueue: true, wideNames };
      const spec = { eventsLimit: 24, queues: [{ type: 'ordered' as const }], ports: [{}, worker] };
      const rig = await CutRig.open(spec);
      const [from, to] = [0, 1].map((id) => attachPort(rig.domain.attachment(id)));
      await rig.domain.start();
      const burst = new EventBurst(12);
      for (let payload = 0; payload < 12; payload++) burst.push({ queueId: 0, payload });
      from!.enqueueBurst(burst);
      rig.pass();
      expect(to!.dequeueBurst(burst)).toBe(12);
      // Behind gaps 1, 5 and 10 stay open besides the oldest; 3 goes round.
      const completed = new EventBurst(8);
      for (const i of [2, 3, 4, 6, 7, 8, 9, 11]) {
        completed.append(burst, i);
        completed.setOp(completed.length - 1, i === 3 ? OP.FORWARD : OP.RELEASE);
      }
      expect(to!.enqueueBurst(completed)).toBe(8);
      rig.knife.stores = 0;
      rig.knife.cutAt = at;
      // In the middle of it one more is completed, and the two oldest.
      rig.knife.before.set(at >> 1, () => {
        completed.clear().append(burst, 10);
        completed.setOp(0, OP.RELEASE);
        to!.enqueueBurst(completed);
        to!.release(2);
      });
      isWhole = rig.pass(2);
      rig.knife.isDead = true;
      const found = rig.recover();
      const payloads = Array.from({ length: found.length / 4 }, (_, i) => found[i * 4 + 2]!);
      expect([at, payloads.toSorted(ascending)]).toEqual([at, [3, 5]]);
    }
  },
);

test('cut at every store of a pass that moves open events together and gives the port a list full of others', async () => {
  for (let at = 0, isWhole = false; !isWhole; at++) {
    const worker = { links: [0], implicitRelease: false, independentEnqueue: true };
    const queues = [{ type: 'parallel' as const }];
    const rig = await CutRig.open({ eventsLimit: 8, queues, ports: [{}, worker] });
    const [from, to] = [0, 1].map((id) => attachPort(rig.domain.attachment(id)));
    await rig.domain.start();
    const open = new EventBurst(8);
    const burst = new EventBurst(8);
    const take = (): void => {
      to!.dequeueBurst(burst);
      for (let i = 0; i < burst.length; i++) open.append(burst, i);
    };
    /** The newest go round. */
    const sendOn = (count: number): void => {
      expect(to!.enqueueBurst(open, open.length - count)).toBe(count);
      open.length -= count;
    };
    for (let payload = 0; payload < 8; payload++) {
      burst.clear().push({ queueId: 0, payload });
      while (from!.enqueueBurst(burst) === 0) rig.pass();
      rig.pass();
      take();
    }
    sendOn(4);
    rig.pass();
    take();
    expect(open.length).toBe(8);
    sendOn(7);
    rig.knife.stores = 0;
    rig.knife.cutAt = at;
    isWhole = rig.pass();
    rig.knife.isDead = true;
    const found = rig.recover();
    const payloads = Array.from({ length: found.length / 4 }, (_, i) => found[i * 4 + 2]!);
    expect([at, payloads.toSorted(ascending)]).toEqual([at, [0, 1, 2, 3, 4, 5, 6, 7]]);
  }
});
