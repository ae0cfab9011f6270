/**
 * The share of scheduling that each class of service is promised.
 *
 * Checked and kept as the driver does it. The scheduler fills every CQ that it visits, so there is no bandwidth to
 * divide between ports, and the shares change nothing about what is delivered.
 */
import * as field from '../fields.js';
import { CLASSES } from './names.js';

const ALL = 100;

export class ClassBandwidth {
  readonly #percent: number[] = Array.from({ length: CLASSES }, () => ALL / CLASSES);

  /** @throws DlbError ERR_DLB_INVALID_COS_ID */
  of(cos: number): number {
    return this.#percent[checkClass(cos)]!;
  }

  /** @throws DlbError ERR_DLB_INVALID_COS_ID; ERR_DLB_INVALID_ARGUMENT, also when the sum would be above 100 */
  set(cos: number, percent: number): void {
    const others = this.#percent.reduce(
      (sum, each, i) => (i === checkClass(cos) ? sum : sum + each),
      0,
    );
    const code = 'ERR_DLB_INVALID_ARGUMENT';
    this.#percent[cos] = field.wholeNumber(percent, 'percent', { min: 0, max: ALL - others, code });
  }
}

function checkClass(cos: number): number {
  return field.wholeNumber(cos, 'cos', {
    min: 0,
    max: CLASSES - 1,
    code: 'ERR_DLB_INVALID_COS_ID',
  });
}
