/**
 * What a tenant sends is plain data of a size that a request can have: what is done with it takes as long.
 *
 * Runs on: the thread of the tenant's relay. Looks at no more of a message than a message may have.
 */
import { DlbError } from '../../eventdev/errors.js';

/** A specification with as many queues, ports and links as fit has half as many values. */
const VALUES_MAX = 100_000;
/** Characters of all strings and field names together: those of the links of such a specification are 200 000. */
const TEXT_MAX = 500_000;
/** The priority of a link is seven deep in its message. */
const DEPTH_MAX = 9;

/** @throws DlbError ERR_DLB_INVALID_ARGUMENT */
export function checkBody(body: unknown): void {
  const seen = { values: 0, text: 0 };
  let level: unknown[] = [body];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > DEPTH_MAX) throw refusal('is nested too deeply', { max: DEPTH_MAX });
    const next: unknown[] = [];
    for (const value of level) count(value, seen, next);
    level = next;
  }
}

function count(value: unknown, seen: { values: number; text: number }, next: unknown[]): void {
  seen.values++;
  if (typeof value === 'string') seen.text += value.length;
  else if (Array.isArray(value)) {
    checkValues(seen.values + next.length + value.length);
    for (let i = 0; i < value.length; i++) {
      if (!Object.hasOwn(value, i)) throw refusal('holds a list with holes');
      next.push(value[i]);
    }
  } else if (typeof value === 'object' && value !== null) {
    if (!isPlain(value)) throw refusal('holds more than plain data');
    const names = Object.keys(value);
    checkValues(seen.values + next.length + names.length);
    for (const name of names) {
      seen.text += name.length;
      next.push((value as Record<string, unknown>)[name]);
    }
  } else if (typeof value === 'bigint') throw refusal('holds more than plain data');
  if (seen.text > TEXT_MAX) throw tooMuchText(TEXT_MAX);
}

function checkValues(values: number): void {
  if (values > VALUES_MAX) throw refusal('has too many values', { max: VALUES_MAX });
}

export function tooMuchText(max: number): DlbError {
  return refusal('has too much text', { max });
}

function isPlain(value: object): boolean {
  return Object.prototype.toString.call(value) === '[object Object]';
}

function refusal(what: string, details: Record<string, unknown> = {}): DlbError {
  return new DlbError('ERR_DLB_INVALID_ARGUMENT', `the body of the request ${what}`, {
    field: 'body',
    ...details,
  });
}
