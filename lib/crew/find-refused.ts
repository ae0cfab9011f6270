import { isPrimitive, membersOf } from './carry.js';
import type { Hindrance } from './carry.js';
import { pathOf } from './path-of.js';
import { typeName } from './platform.js';

/**
 * The innermost part of a value that cannot be copied, by trying: for what only the one who copies knows of. Takes
 * its time, so ask after a failure.
 * @param isRefused whether something cannot be copied; of the value it is true.
 */
export function findRefused(value: unknown, isRefused: (part: unknown) => boolean): Hindrance {
  const path: (string | number)[] = ['value'];
  const seen = new Set<unknown>();
  const search = (part: object): object | undefined => {
    seen.add(part);
    let isInnermost = true;
    for (const [key, member] of membersOf(part)) {
      if (isPrimitive(member) || !isRefused(member)) continue;
      isInnermost = false;
      // It leads back to where the search came from: nothing is known of it by itself.
      if (seen.has(member)) continue;
      path.push(key);
      const found = search(member as object);
      if (found !== undefined) return found;
      path.pop();
    }
    return isInnermost ? part : undefined;
  };
  const found = search(value as object);
  return { path: pathOf(path), type: typeName(found ?? value) };
}
