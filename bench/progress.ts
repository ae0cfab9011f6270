/** Tells on stderr how far the benchmark is, in plain lines that a log can hold as well. */

export interface Progress {
  /** Adds a word to the line of the scenario. */
  step(word: string): void;
}

export class LineProgress implements Progress {
  readonly #out: NodeJS.WritableStream;

  constructor(out: NodeJS.WritableStream) {
    this.#out = out;
  }

  begin(name: string, index: number, count: number): void {
    this.#out.write(`[${index + 1}/${count}] ${name}:`);
  }

  step(word: string): void {
    this.#out.write(` ${word}`);
  }

  end(): void {
    this.#out.write('\n');
  }
}
