/** What may be written, and what is done then. Errors name the path, the value and what is allowed. */
import type { ErrorCode } from '../../eventdev/errors.js';
import * as field from '../fields.js';
import type { Domain } from '../domain.js';
import type { Count, Outcome, Writer } from './node.js';

const CODE = 'ERR_DLB_INVALID_ARGUMENT' satisfies ErrorCode;

/** A whole number within min..max. */
export function wholeNumber(
  range: { readonly min: number; readonly max: number; readonly code?: ErrorCode },
  set: (value: number) => void,
): Writer {
  const { min, max, code = CODE } = range;
  return {
    allowed: `${min}..${max}`,
    write: (value, path) => set(field.wholeNumber(value, path, { min, max, code })),
  };
}

export function flagWriter(set: (value: boolean) => Promise<void>): Writer {
  return {
    allowed: 'true | false',
    write(value, path) {
      if (typeof value !== 'boolean') throw field.invalid(path, value, 'true or false', CODE);
      return set(value);
    },
  };
}

/** One of a few words, each with what it does. */
export function choice(actions: Readonly<Record<string, () => Promise<Outcome | void>>>): Writer {
  const allowed = Object.keys(actions).join(' | ');
  return {
    allowed,
    write(value, path) {
      if (typeof value !== 'string' || !Object.hasOwn(actions, value)) {
        throw field.invalid(path, value, allowed, CODE);
      }
      return actions[value]!();
    },
  };
}

/** What closing these domains drops. */
export async function closing(
  domains: readonly Domain[],
  close: () => Promise<void>,
): Promise<Outcome> {
  const dropped = (): number => domains.reduce((sum, each) => sum + each.stats().dropped, 0);
  const before = dropped();
  await close();
  return { dropped: dropped() - before };
}

/** A count can be made to start anew. */
function zero(reset: () => void): Writer {
  return {
    allowed: '0: the count starts anew',
    write(value, path) {
      if (value !== 0) throw field.invalid(path, value, '0: the count starts anew', CODE);
      reset();
    },
  };
}

/** By the name that the count has among the extended statistics. */
export function resetXstat(domain: Domain, name: string): Writer {
  return zero(() => {
    const found = domain.xstatByName(name);
    if (found === undefined) return;
    const mode = name.startsWith('port_') ? 'port' : name.startsWith('qid_') ? 'queue' : 'device';
    domain.resetXstats(mode, undefined, [found.id]);
  });
}

/** Writers of all counts of a table; `prefix` is that of their names. */
export function resets<K extends string>(
  table: Readonly<Record<K, object>>,
  domain: Domain,
  prefix: string,
): { [N in K]?: Writer } {
  const writers: { [N in K]?: Writer } = {};
  for (const name of Object.keys(table) as K[]) {
    const { xstat } = table[name] as Partial<Count>;
    if (xstat !== undefined) writers[name] = resetXstat(domain, `${prefix}_${xstat}`);
  }
  return writers;
}
