/** C3 through two ordered queues in a row, with ports that fall behind one another. */
import { expect, test } from '@jest/globals';
import { expectCreditsSumUp, expectEmpty, forward, fresh, rig } from './harness.js';
import { send, take, took, upTo } from './harness.js';
import type { Rig } from './harness.js';

const EVENTS = 200;
const LAST = 4;
const SEEDS = [1, 2, 3, 4];

/** Port 0 produces; 1 to 3 serve both ordered queues, by turns; port 4 takes what has left them. */
function makeRig(): Promise<Rig> {
  return rig({
    eventsLimit: 64,
    queues: [{ type: 'ordered' }, { type: 'ordered' }, { type: 'directed' }],
    ports: [
      {},
      ...upTo(3).map(() => ({ links: [0, 1], dequeueDepth: 2 })),
      { links: [2], dequeueDepth: 64 },
    ],
  });
}

/** What of one ordered queue was completed, and how often one overtook an older one. */
class Stage {
  readonly #done = new Set<number>();
  #oldest = 0;
  overtook = 0;

  complete(payload: number): void {
    this.#done.add(payload);
    if (payload > this.#oldest) this.overtook++;
    while (this.#done.has(this.#oldest)) this.#oldest++;
  }
}

test.each(SEEDS)('order holds through two ordered queues in a row, seed %i', async (seed) => {
  const r = await makeRig();
  const stages = [new Stage(), new Stage()];
  const arrived: number[] = [];
  let sent = 0;
  let random = seed;
  for (let turn = 0; arrived.length < EVENTS && turn < 100 * EVENTS; turn++) {
    if (sent < EVENTS) sent += send(r.ports[0]!, ...fresh(Math.min(5, EVENTS - sent), {}, sent));
    r.pass();
    // One port at a time, in no order, so that the others fall behind.
    random = (Math.imul(random, 1103515245) + 12345) & 0x7fff_ffff;
    const port = r.ports[1 + ((random >> 16) % 3)]!;
    const batch = take(port);
    for (let i = 0; i < batch.length; i++) {
      stages[batch.queueId(i)]!.complete(batch.payload(i));
      forward(port, batch, i, batch.queueId(i) + 1);
    }
    arrived.push(...took(r.ports[LAST]!));
    r.ports[LAST]!.release(64);
  }
  expect(arrived).toEqual(upTo(EVENTS));
  // They did overtake one another, on both stages, as often as the statistics say.
  const overtook = stages.map((stage) => stage.overtook);
  expect(Math.min(...overtook)).toBeGreaterThan(EVENTS / 10);
  expect(
    r
      .stats()
      .queues.slice(0, 2)
      .map((queue) => queue.reordered),
  ).toEqual(overtook);
  r.pass();
  expectEmpty(r);
  expectCreditsSumUp(r);
});
