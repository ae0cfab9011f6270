/** The exploration under way in this thread, if any. */
import type { World } from './world.js';

let world: World | null = null;

export function currentWorld(): World | null {
  return world;
}

/** Returns the one before. */
export function enterWorld(next: World | null): World | null {
  const before = world;
  world = next;
  return before;
}
