/** An inline rig in a process of its own, so that V8 compiles its code for this shape alone. */
import { fileURLToPath } from 'node:url';
import type { Run } from '../scenario.js';
import type { InlineShape } from './inline-rig.js';
import { LineChild } from './line-child.js';

export class InlineChild {
  readonly #child: LineChild;

  private constructor(child: LineChild) {
    this.#child = child;
  }

  static async start(shape: InlineShape): Promise<InlineChild> {
    const entry = fileURLToPath(new URL('../children/inline.js', import.meta.url));
    const args = [entry, JSON.stringify(shape)];
    return new InlineChild(await LineChild.start(process.execPath, args));
  }

  async run(events: number): Promise<Run> {
    const { problem, ms, problems } = await this.#child.ask<Run>(`${events}`);
    return problem === undefined ? { ms, problems } : { ms: 0, problems: [problem] };
  }

  close(): Promise<void> {
    return this.#child.close();
  }
}
