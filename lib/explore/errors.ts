/** What an exploration can find, and how it says so. */

/**
 * race: two accesses to one word, at least one plain and one a write, that nothing orders
 * deadlock: threads wait and nobody is left to notify them
 * threw: a thread, or `final`, threw
 * outcome: an outcome that is not allowed came about, or one that is never did
 * limit: a schedule, or the search, got longer than its limit
 * misuse: the scenario cannot be explored; the message says why
 */
export type Finding = 'race' | 'deadlock' | 'threw' | 'outcome' | 'limit' | 'misuse';

export class ExploreError extends Error {
  override readonly name = 'ExploreError';
  readonly finding: Finding;
  /** For `replay`; empty if no schedule is at fault. */
  readonly schedule: string;

  constructor(finding: Finding, what: string, schedule = '', trace = '', cause?: unknown) {
    const where = schedule === '' ? '' : `\nschedule: ${schedule}\n${trace}`;
    super(`${what}${where}`, { cause });
    this.finding = finding;
    this.schedule = schedule;
  }
}

/** The scenario cannot be explored as it is. */
export function misuse(what: string): ExploreError {
  return new ExploreError('misuse', what);
}
