/** A contract that did not hold. */
export class Violation extends Error {
  /** C1 to C12, or the part that checks. */
  readonly rule: string;

  constructor(rule: string, message: string) {
    super(`${rule}: ${message}`);
    this.rule = rule;
  }
}

export function check(holds: boolean, rule: string, message: () => string): void {
  if (!holds) throw new Violation(rule, message());
}
