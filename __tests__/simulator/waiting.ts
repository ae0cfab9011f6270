/** Blocking calls: while the thread is parked the others go on, and it must be woken when there is
 *  what it waits for (C10). */
import { creditCount } from '../../lib/memory/domain-state.js';
import { PORT } from '../../lib/memory/layout.js';
import type { Actor } from './actor.js';
import { roomBelowThreshold } from './expectation.js';
import type { Random } from './random.js';
import { check } from './violation.js';
import { aside, steps } from './words.js';
import type { World } from './world.js';

export function awaitSomething(
  world: World,
  actor: Actor,
  random: Random,
  others: () => void,
): void {
  const credits = random.oneIn(3) ? 1 + random.below(4) : 0;
  const { seen } = actor;
  const isThere = (): boolean => {
    if (actor.mode !== 'flowing') return false;
    if (credits === 0) return seen.undelivered > 0 && !seen.isYielding;
    // At most as many as can ever be; a dead thread may hold the last credits.
    const wanted = Math.min(credits, actor.of.spec.eventsLimit, seen.shape.threshold);
    const room = roomBelowThreshold(actor.of, seen);
    return room >= wanted && creditCount(seen.word(PORT.CREDIT)) >= wanted;
  };
  let parks = 0;
  steps.parked = (words, at, before, ms) => {
    aside(parks++ < 3 ? others : () => void [world.pass(), world.pass(), world.pass()]);
    if (words[at] !== before) return true;
    check(!isThere(), 'C10', () => `port ${actor.id} sleeps beside what it waits for`);
    world.clock += ms;
    return false;
  };
  world.log(
    () => `  port ${actor.id} waits for ${credits === 0 ? 'events' : `${credits} credits`}`,
  );
  try {
    if (credits === 0) actor.dequeue(1 + random.below(8), 50, { at: -1, what: () => {} });
    else {
      const isLetIn = actor.attempt(null, (port) => port.awaitCredits(credits, 50));
      check(
        isLetIn !== true || isThere(),
        'C7',
        () => `port ${actor.id} is told that NEW is let in`,
      );
    }
  } finally {
    steps.parked = null;
  }
}
