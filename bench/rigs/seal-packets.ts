/** The packets of the crypto scenarios, what their results must be, and the CPU time of a run. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Run } from '../scenario.js';
import { TAG_BYTES, makeSeal } from '../threads/seal.js';

export interface SealRun extends Run {
  readonly packets: number;
  /** Of all threads. */
  readonly cpuMicros: number;
  readonly mainMicros: number;
}

/** Packets whose results are compared byte by byte: the last ones of a run. */
const SAMPLE = 512;
const KEY = new Uint8Array(16).fill(7);
const MICROS_PER_NS = 1e-3;

export class SealPackets {
  readonly key = KEY;
  readonly packetBytes: number;
  readonly room: number;
  readonly #source: Uint8Array;
  readonly #digests = new Map<number, string>();

  constructor(packetBytes: number) {
    this.packetBytes = packetBytes;
    this.room = packetBytes + TAG_BYTES;
    this.#source = new Uint8Array(packetBytes).map((_, i) => i * 31);
  }

  fill(buffer: Uint8Array): number {
    buffer.set(this.#source);
    return this.packetBytes;
  }

  /** A run that takes its results in order, by `put`. */
  async time(packets: number, run: (check: ResultCheck) => Promise<void>): Promise<SealRun> {
    const check = new ResultCheck(packets);
    const cpuBefore = process.cpuUsage();
    const mainBefore = mainThreadMicros();
    const startedAt = performance.now();
    await run(check);
    const ms = performance.now() - startedAt;
    const mainMicros = mainThreadMicros() - mainBefore;
    const { user, system } = process.cpuUsage(cpuBefore);
    const problems = check.problems(this.#digest(packets));
    return { ms, packets, cpuMicros: user + system, mainMicros, problems };
  }

  /** Of the sample's results, computed here and once. */
  #digest(packets: number): string {
    const known = this.#digests.get(packets);
    if (known !== undefined) return known;
    const seal = makeSeal(KEY);
    const buffer = new Uint8Array(this.room);
    const hash = createHash('sha256');
    for (let n = Math.max(0, packets - SAMPLE); n < packets; n++) {
      hash.update(buffer.subarray(0, seal(buffer, this.fill(buffer), n)));
    }
    const digest = hash.digest('hex');
    this.#digests.set(packets, digest);
    return digest;
  }
}

/** Sees every result; keeps those of the sample. */
export class ResultCheck {
  readonly #packets: number;
  readonly #sample: Uint8Array[] = [];
  #next = 0;
  #misplaced = 0;

  constructor(packets: number) {
    this.#packets = packets;
  }

  put(result: Uint8Array, number: number): void {
    if (number !== this.#next++) this.#misplaced++;
    if (number >= this.#packets - SAMPLE) this.#sample.push(result.slice());
  }

  problems(digest: string): string[] {
    const hash = createHash('sha256');
    for (const result of this.#sample) hash.update(result);
    const problems: string[] = [];
    if (this.#next !== this.#packets) problems.push(`results=${this.#next}`);
    if (this.#misplaced > 0) problems.push(`out of order=${this.#misplaced}`);
    if (hash.digest('hex') !== digest) problems.push('the results are not those of one thread');
    return problems;
  }
}

type ThreadCpuUsage = (this: typeof process) => NodeJS.CpuUsage;

/** CPU time of this, the main thread; 0 where nobody tells. */
function mainThreadMicros(): number {
  const { threadCpuUsage } = process as { threadCpuUsage?: ThreadCpuUsage };
  if (threadCpuUsage !== undefined) {
    const { user, system } = threadCpuUsage.call(process);
    return user + system;
  }
  try {
    const path = `/proc/self/task/${process.pid}/schedstat`;
    return Number.parseInt(readFileSync(path, 'latin1'), 10) * MICROS_PER_NS;
  } catch {
    return 0;
  }
}
