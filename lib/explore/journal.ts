/** What a step changed, so that the search can take it back and try another. */
export class Journal {
  readonly #undo: (() => void)[] = [];

  /** To be called with every change: `undo` takes it back. */
  note(undo: () => void): void {
    this.#undo.push(undo);
  }

  mark(): number {
    return this.#undo.length;
  }

  /** Takes back everything since `mark`, the last change first. */
  rollBack(mark: number): void {
    while (this.#undo.length > mark) this.#undo.pop()!();
  }
}
