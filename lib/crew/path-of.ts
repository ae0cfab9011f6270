/** Characters of a path that are told. */
const PATH_MAX = 100;

/** Where something is in a value, such as `value.list[3]`. The first of the keys names the value. */
export function pathOf(keys: readonly (string | number)[]): string {
  const path = keys.map(step).join('');
  return path.length > PATH_MAX ? `${path.slice(0, PATH_MAX)}...` : path;
}

function step(key: string | number, depth: number): string {
  if (typeof key === 'number') return `[${key}]`;
  return depth === 0 ? key : `.${key}`;
}
