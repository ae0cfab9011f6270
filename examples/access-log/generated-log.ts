/**
 * A log that is made as it is read, and the exact answer beside it. What it counts it knows because it
 * chose it: it never looks at its lines again.
 */
import type { Input } from '../command/input.js';
import type { ClientCount } from './batch.js';
import { VISIT_GAP_SECONDS } from './batch.js';
import { brokenLine, clientName, goodLine } from './lines.js';
import { Random } from '../command/random.js';

const CLIENTS_MAX = 5000;
const LINES_PER_CLIENT = 40;
const DAY_SECONDS = 24 * 3600;
/** 2025-10-10, 00:00 UTC. */
const MIDNIGHT = 1_760_054_400;
const BROKEN_SHARE = 0.004;
/** Lines that are written a moment late, and by how much. */
const LATE_SHARE = 0.02;
const LATE_SECONDS = 3;
/** Few clients send most requests: the share of one is about a power of its rank. */
const SKEW = 3;

export interface Truth {
  readonly clients: ReadonlyMap<string, ClientCount>;
  readonly broken: number;
}

export class GeneratedLog implements Input, Truth {
  readonly size = undefined;
  readonly identity = undefined;
  readonly comesAgain = false;
  readonly clients = new Map<string, ClientCount>();
  broken = 0;
  readonly #names: readonly string[];
  readonly #latest = new Map<string, number>();
  readonly #random: Random;
  readonly #lines: number;
  #written = 0;
  #rest = Buffer.alloc(0);

  constructor(lines: number, seed: number) {
    this.#lines = lines;
    this.#random = new Random(seed);
    const count = Math.min(CLIENTS_MAX, Math.ceil(lines / LINES_PER_CLIENT));
    this.#names = Array.from({ length: count }, (_, i) => clientName(i, this.#random));
  }

  async read(buffer: Uint8Array): Promise<number> {
    let filled = 0;
    while (filled < buffer.length) {
      if (this.#rest.length === 0) {
        if (this.#written === this.#lines) break;
        this.#rest = Buffer.from(`${this.#nextLine()}\n`, 'latin1');
      }
      const taken = this.#rest.subarray(0, buffer.length - filled);
      buffer.set(taken, filled);
      this.#rest = this.#rest.subarray(taken.length);
      filled += taken.length;
    }
    return filled;
  }

  async close(): Promise<void> {}

  #nextLine(): string {
    const random = this.#random;
    const at = this.#written++;
    if (random.next() < BROKEN_SHARE) {
      this.broken++;
      return brokenLine(random);
    }
    const name = this.#names[Math.floor(this.#names.length * random.next() ** SKEW)]!;
    const late = random.next() < LATE_SHARE ? random.below(LATE_SECONDS) : 0;
    const seconds = MIDNIGHT + Math.floor((at / this.#lines) * DAY_SECONDS) - late;
    const { line, status, bytes } = goodLine(name, seconds, random);
    this.#note(name, seconds, status, bytes);
    return line;
  }

  #note(client: string, seconds: number, status: number, bytes: number): void {
    const known = this.clients.get(client);
    const counts = known ?? { client, requests: 0, bytes: 0, errors: 0, visits: 0 };
    if (known === undefined) this.clients.set(client, counts);
    const latest = this.#latest.get(client);
    counts.requests += 1;
    counts.bytes += bytes;
    counts.errors += status >= 400 ? 1 : 0;
    counts.visits += latest === undefined || seconds > latest + VISIT_GAP_SECONDS ? 1 : 0;
    this.#latest.set(client, latest === undefined ? seconds : Math.max(latest, seconds));
  }
}
