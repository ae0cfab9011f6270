/** How far it has come: a bar on a terminal, a line now and then elsewhere. All on stderr. */
import cliProgress from 'cli-progress';
import { untilSettled } from './signals.js';

export type Unit = 'bytes' | 'lines' | 'rounds';

export interface Progress {
  /** @param total undefined when nobody knows, as with a pipe. */
  start(what: string, total: number | undefined, unit: Unit): void;
  advance(amount: number): void;
  stop(): void;
}

const REDRAWS_PER_SECOND = 10;
/** Sooner, nobody can tell how long the rest will take. */
const ESTIMATE_AFTER_SECONDS = 1;
/** Without a terminal, long runs say something this often. */
const LINE_EVERY_MS = 5000;
const MEGA = 1e6;
const MINUTE_SECONDS = 60;
const PERCENT = 100;

export function makeProgress(stream: NodeJS.WriteStream, quiet = false): Progress {
  if (quiet) return silence;
  return stream.isTTY ? new Bar(stream) : new Lines(stream);
}

const silence: Progress = { start() {}, advance() {}, stop() {} };

class Bar implements Progress {
  readonly #stream: NodeJS.WriteStream;
  #bar: cliProgress.SingleBar | undefined;
  #settled: (() => void) | undefined;
  #startedAt = 0;
  #total: number | undefined;
  #unit: Unit = 'bytes';
  #done = 0;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  start(what: string, total: number | undefined, unit: Unit): void {
    this.#total = total;
    this.#unit = unit;
    this.#done = 0;
    this.#startedAt = performance.now();
    const share = total === undefined ? '' : '{bar} {percentage} %';
    this.#bar = new cliProgress.SingleBar({
      stream: this.#stream,
      format: `${what} ${share}{status}`,
      barCompleteChar: '█',
      barIncompleteChar: '░',
      fps: REDRAWS_PER_SECOND,
      hideCursor: true,
      clearOnComplete: true,
      // The signals are the program's own: it has a file to remove.
      gracefulExit: false,
    });
    this.#bar.start(total ?? 0, 0, { status: '' });
    // A terminal without its cursor would be left behind.
    this.#settled = untilSettled(() => this.stop());
  }

  advance(amount: number): void {
    this.#done += amount;
    const seconds = (performance.now() - this.#startedAt) / 1000;
    const speed = rate(this.#done, this.#unit, seconds);
    const left = timeLeft(this.#done, this.#total, seconds);
    const status = [left, speed].filter((text) => text !== undefined).join(' | ');
    this.#bar?.increment(amount, { status: this.#total === undefined ? status : ` | ${status}` });
  }

  stop(): void {
    this.#bar?.stop();
    this.#bar = undefined;
    this.#settled?.();
  }
}

class Lines implements Progress {
  readonly #stream: NodeJS.WriteStream;
  #what = '';
  #total: number | undefined;
  #unit: Unit = 'bytes';
  #done = 0;
  #startedAt = 0;
  #saidAt = 0;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  start(what: string, total: number | undefined, unit: Unit): void {
    this.#what = what;
    this.#total = total;
    this.#unit = unit;
    this.#done = 0;
    this.#startedAt = this.#saidAt = performance.now();
  }

  advance(amount: number): void {
    this.#done += amount;
    const now = performance.now();
    if (now - this.#saidAt < LINE_EVERY_MS) return;
    this.#saidAt = now;
    const share =
      this.#total === undefined ? '' : `${Math.floor((this.#done / this.#total) * PERCENT)} %, `;
    const speed = rate(this.#done, this.#unit, (now - this.#startedAt) / 1000);
    this.#stream.write(`${this.#what}: ${share}${speed}\n`);
  }

  stop(): void {}
}

/** By the speed of the whole run: that of the last moments jumps. */
export function timeLeft(
  done: number,
  total: number | undefined,
  seconds: number,
): string | undefined {
  if (total === undefined || done === 0 || seconds < ESTIMATE_AFTER_SECONDS) return undefined;
  const left = Math.max(0, Math.ceil(((total - done) / done) * seconds));
  if (left < MINUTE_SECONDS) return `${left} s left`;
  return `${Math.floor(left / MINUTE_SECONDS)} min ${left % MINUTE_SECONDS} s left`;
}

function rate(done: number, unit: Unit, seconds: number): string {
  if (unit === 'rounds') return `${done} done`;
  if (unit === 'lines') return `${Math.round(done / Math.max(seconds, 0.001))} lines/s`;
  return `${(done / MEGA / Math.max(seconds, 0.001)).toFixed(0)} MB/s`;
}
