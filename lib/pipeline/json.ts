/** JSON of a value, and what it is of the value that has none. */
import { DEPTH_MAX } from '../crew/carry.js';
import type { Hindrance } from '../crew/carry.js';
import { isMany, MANY_NAME } from '../crew/many.js';
import { pathOf } from '../crew/path-of.js';
import { typeName } from '../crew/platform.js';

/** @throws what `refuse` throws, and what a getter or `toJSON` of the value throws. */
export function toJson(value: unknown, refuse: (hindrance: Hindrance) => never): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value) as string | undefined;
  } catch (error) {
    const hindrance = hindranceIn(value, error instanceof RangeError);
    if (hindrance === undefined) throw error;
    return refuse(hindrance);
  }
  return text ?? refuse({ path: 'value', type: typeName(value) });
}

/** Goes through the value once more, as JSON does; undefined when what it meets is an error of the value's own. */
function hindranceIn(value: unknown, isTooDeep: boolean): Hindrance | undefined {
  // What the member at hand is in, from outside to inside, and the keys.
  const holders: unknown[] = [];
  const path: (string | number)[] = [];
  let found: Hindrance | undefined = isMany(value) ? { path: 'value', type: MANY_NAME } : undefined;
  function look(this: unknown, key: string, member: unknown): unknown {
    const known = holders.lastIndexOf(this);
    const depth = known < 0 ? holders.length : known;
    holders.splice(depth, Infinity, this);
    const step = Array.isArray(this) ? Number(key) : key;
    path.splice(depth, Infinity, depth === 0 ? 'value' : step);
    let type: string | undefined;
    // Those throw when they are asked for what is of them in JSON, before this is called with them.
    const several = keyOfMany(member);
    if (several !== undefined) {
      path.push(Array.isArray(member) ? Number(several) : several);
      type = MANY_NAME;
    } else if (typeof member === 'bigint') type = 'bigint';
    else if (holders.includes(member)) type = 'a cycle';
    else if (isTooDeep && depth > DEPTH_MAX) type = `more than ${DEPTH_MAX} levels`;
    if (type === undefined) return member;
    found = { path: pathOf(path), type };
    throw new TypeError(type);
  }
  try {
    JSON.stringify(value, look);
  } catch {
    // It is found, or the value has thrown again.
  }
  return found;
}

function keyOfMany(member: unknown): string | undefined {
  if (typeof member !== 'object' || member === null) return undefined;
  return Object.keys(member).find((key) => isMany(member[key as never]));
}
