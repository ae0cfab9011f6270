/** A process that answers each line of its standard input with one line of JSON. */
import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

export interface Answer {
  readonly problem?: string;
}

type Child = ChildProcessByStdio<Writable, Readable, null>;

export class LineChild {
  readonly #child: Child;
  readonly #lines: Interface;

  private constructor(child: Child) {
    this.#child = child;
    this.#lines = createInterface(child.stdout);
    // A child that ended is seen by its missing answer.
    child.stdin.on('error', () => {});
  }

  /** Resolves when the child has written its first line. */
  static async start(program: string, args: readonly string[]): Promise<LineChild> {
    const child = spawn(program, [...args], { stdio: ['pipe', 'pipe', 'inherit'] });
    const lineChild = new LineChild(child);
    const { problem } = await lineChild.#answer();
    if (problem !== undefined) throw new Error(`${program} ${args.join(' ')}: ${problem}`);
    return lineChild;
  }

  ask<T extends object>(line: string): Promise<Answer & T> {
    this.#child.stdin.write(`${line}\n`);
    return this.#answer() as Promise<Answer & T>;
  }

  async close(): Promise<void> {
    const ended = this.#child.exitCode === null ? once(this.#child, 'exit') : undefined;
    this.#child.stdin.end();
    await ended;
  }

  /** What is not JSON is somebody's log, and not for us. */
  #answer(): Promise<Answer> {
    return new Promise((resolve) => {
      const onLine = (line: string): void => {
        if (line.startsWith('{')) settle(JSON.parse(line) as Answer);
      };
      const onEnd = (): void => settle({ problem: 'the process ended' });
      const settle = (answer: Answer): void => {
        this.#lines.off('line', onLine).off('close', onEnd);
        resolve(answer);
      };
      this.#lines.on('line', onLine).on('close', onEnd);
    });
  }
}
