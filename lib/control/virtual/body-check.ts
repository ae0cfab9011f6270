/** What a tenant sends is plain data of a size that a request can have: what is done with it takes as long. */
import { DlbError } from '../../eventdev/errors.js';

/** A specification with as many queues, ports and links as fit has half as many values. */
const VALUES_MAX = 100_000;
/** Characters of all strings and field names together: those of the links of such a specification are 200 000. */
const TEXT_MAX = 500_000;
/** A link of a port of a specification is five deep. */
const DEPTH_MAX = 8;

/** @throws DlbError ERR_DLB_INVALID_ARGUMENT */
export function checkBody(body: unknown): void {
  let level: unknown[] = [body];
  let values = 0;
  let text = 0;
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > DEPTH_MAX) throw refusal('is nested too deeply', { max: DEPTH_MAX });
    const next: unknown[] = [];
    for (const value of level) {
      if (++values > VALUES_MAX) throw refusal('has too many values', { max: VALUES_MAX });
      if (typeof value === 'string') text += value.length;
      else if (typeof value === 'object' && value !== null) {
        if (!isPlain(value)) throw refusal('holds more than plain data', {});
        const names = Object.keys(value);
        if (values + names.length > VALUES_MAX) {
          throw refusal('has too many values', { max: VALUES_MAX });
        }
        if (!Array.isArray(value)) for (const name of names) text += name.length;
        for (const name of names) next.push((value as Record<string, unknown>)[name]);
      }
      if (text > TEXT_MAX) throw refusal('has too much text', { max: TEXT_MAX });
    }
    level = next;
  }
}

function isPlain(value: object): boolean {
  const tag = Object.prototype.toString.call(value);
  return tag === '[object Object]' || tag === '[object Array]';
}

function refusal(what: string, details: Record<string, unknown>): DlbError {
  return new DlbError('ERR_DLB_INVALID_ARGUMENT', `the body of the request ${what}`, {
    field: 'body',
    ...details,
  });
}
