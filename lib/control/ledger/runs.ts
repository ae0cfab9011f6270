/** Runs of consecutive entries: what a history list needs, and the only resource that can be fragmented. */

export interface Run {
  readonly at: number;
  readonly length: number;
}

export class Runs {
  /** Free, by place, none touching the next. */
  #free: Run[];

  constructor(whole: Run) {
    this.#free = whole.length > 0 ? [whole] : [];
  }

  /** Free entries, wherever they are. */
  get available(): number {
    return this.#free.reduce((sum, { length }) => sum + length, 0);
  }

  /** The longest free run: more cannot be had at once. */
  get longest(): number {
    return this.#free.reduce((most, { length }) => Math.max(most, length), 0);
  }

  /** The first run that is long enough; null when there is none. Of length 0 there always is one. */
  take(length: number): Run | null {
    if (length === 0) return { at: 0, length };
    const i = this.#free.findIndex((run) => run.length >= length);
    if (i < 0) return null;
    const { at, length: found } = this.#free[i]!;
    const rest = found > length ? [{ at: at + length, length: found - length }] : [];
    this.#free.splice(i, 1, ...rest);
    return { at, length };
  }

  /** Takes a run that is free as a whole. */
  retake({ at, length }: Run): void {
    if (length === 0) return;
    const i = this.#free.findIndex((run) => run.at <= at && at < run.at + run.length);
    const free = this.#free[i]!;
    const rest = [
      { at: free.at, length: at - free.at },
      { at: at + length, length: free.at + free.length - at - length },
    ];
    this.#free.splice(i, 1, ...rest.filter((run) => run.length > 0));
  }

  /** Gives a run back that was taken here. */
  give(run: Run): void {
    if (run.length === 0) return;
    const i = this.#free.findIndex(({ at }) => at > run.at);
    this.#free.splice(i < 0 ? this.#free.length : i, 0, run);
    const merged: Run[] = [];
    for (const next of this.#free) {
      const last = merged.at(-1);
      if (last === undefined || last.at + last.length < next.at) merged.push(next);
      else merged[merged.length - 1] = { at: last.at, length: last.length + next.length };
    }
    this.#free = merged;
  }
}
