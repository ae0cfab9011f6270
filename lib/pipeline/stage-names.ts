/** What stages are called: as they say, or by their handlers. */
import { invalid, text } from '../crew/checks.js';
import type { StageOptions } from './contract.js';

/**
 * A name for each stage, all different. One that has none is called as its handler; behind another of that name, with a
 * number: price, price-2. Given names are taken first, wherever they stand.
 * @throws DlbError ERR_DLB_INVALID_ARGUMENT when two given names are the same.
 */
export function stageNames(stages: readonly StageOptions[]): string[] {
  const taken = new Set<string>();
  stages.forEach(({ name }, index) => {
    if (name === undefined) return;
    const field = `stages[${index}].name`;
    if (taken.has(text(field, name))) throw invalid('two stages have one name', field, name);
    taken.add(name);
  });
  return stages.map(({ name, handler = 'default' }, index) => {
    if (name !== undefined) return name;
    const own = handler === 'default' ? `stage-${index + 1}` : handler;
    let free = own;
    for (let n = 2; taken.has(free); n++) free = `${own}-${n}`;
    taken.add(free);
    return free;
  });
}
