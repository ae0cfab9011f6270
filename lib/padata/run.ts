/**
 * One run: feeds jobs and delivers results until the source has ended and all are delivered.
 *
 * Runs on: the submitting thread's event loop. The two halves never wait for each other: while a
 * fill or a serial call is a pending promise, the other half goes on. What stops feeding is a lack
 * of buffers, so a slow consumer holds back its source.
 *
 * A run ends early for the first reason that comes up: an error of the source or of the sink, an
 * abort. What is in flight is then abandoned: it is shown to nobody, and nobody waits for it.
 */
import { Turns } from '../crew/turns.js';
import { Deliverer } from './deliverer.js';
import type { Deliveries, Sink } from './deliverer.js';
import type { Feed } from './feed.js';
import { Feeder } from './feeder.js';
import type { Exchange } from './exchange.js';
import type { Flight } from './flight.js';

/** With all buffers out, results are awaited in batches of up to this many ... */
const BATCH = 128;
/** ... unless the first of a batch has waited this long. */
const BATCH_WITHIN_MS = 1;
/** A pack that is not full waits so long for more jobs, if every worker has enough to do. */
const PACK_WITHIN_MS = 1;

export class Run {
  readonly #flight: Flight;
  readonly #exchange: Exchange;
  readonly #feeder: Feeder;
  readonly #deliverer: Deliverer;
  readonly #over = new AbortController();
  #awaitingResults = false;
  #holding: ReturnType<typeof setTimeout> | undefined;
  /** Why the run ends early; undefined may be a reason, hence the box. */
  #failure: { readonly reason: unknown } | undefined;
  #cut: { readonly reason: unknown } | undefined;
  readonly #turns = new Turns();

  /** @param first number of the first job. */
  constructor(flight: Flight, feed: Feed, sink: Sink, deliveries: Deliveries, first = 0) {
    const fail = (reason: unknown): void => this.fail(reason);
    this.#flight = flight;
    this.#exchange = flight.exchange;
    this.#feeder = new Feeder(flight, feed, first, this.#turns, fail);
    this.#deliverer = new Deliverer(flight, sink, deliveries, this.#turns, fail);
  }

  get submitted(): number {
    return this.#feeder.submitted;
  }
  get completed(): number {
    return this.#deliverer.completed;
  }
  get failed(): number {
    return this.#deliverer.failed;
  }

  /** Drives the run to its end. @throws the reason when it ended early. */
  async drive(): Promise<void> {
    this.#flight.begin();
    while (!this.#finished()) {
      const worked = this.#step();
      if (this.#turns.isDue) await this.#turns.take();
      else if (worked === 0) await this.#rest();
    }
    this.#over.abort();
    clearTimeout(this.#holding);
    if (this.#failure !== undefined) this.#flight.abandon();
    this.#flight.rested();
    this.#exchange.settle();
    const early = this.#failure ?? this.#cut;
    if (early !== undefined) throw early.reason;
  }

  /** Ends the run early; the first reason counts. */
  fail(reason: unknown): void {
    this.#failure ??= { reason };
    this.#deliverer.stopped = true;
    this.#feeder.stop();
    this.#flight.latch.open();
  }

  /** Ends the source here: what was submitted is delivered, then `reason` is thrown. Means nothing
   *  to a run whose source has ended. */
  cut(reason: unknown): void {
    if (this.#feeder.ended) return;
    this.#cut = { reason };
    this.#feeder.stop();
    this.#flight.latch.open();
  }

  /** The source of a run that is not over has jobs again. */
  resume(): void {
    this.#feeder.ended = false;
    this.#flight.latch.open();
  }

  #finished(): boolean {
    const { broken } = this.#exchange;
    if (broken !== undefined) this.fail(broken.reason);
    // One that failed waits for no job and no serial call: any of them may never end.
    if (this.#failure !== undefined) return true;
    return this.#feeder.ended && this.#flight.inFlight === 0;
  }

  /** All that needs no waiting. Returns how much was done. */
  #step(): number {
    try {
      return this.#deliverer.step() + this.#feeder.step() + this.#flight.flush();
    } catch (error) {
      this.#exchange.break(error);
      return 1;
    }
  }

  /** Waits for whatever comes first: results, the source, the sink, or an end. */
  async #rest(): Promise<void> {
    this.#closePack();
    if (this.#flight.inFlight === 0) this.#flight.rested();
    if (this.#exchange.stuck) {
      this.#checkExchange();
      await this.#turns.take();
      return;
    }
    if (this.#flight.inFlight > 0) this.#awaitResults();
    // What opens the latch may be a promise that is settled already: this is no turn of the event loop.
    await this.#flight.latch.wait();
    this.#turns.waited();
  }

  /** What is to wait for next may take long: nobody who could work now shall wait as long. */
  #closePack(): void {
    if (this.#flight.open === 0) return;
    if (this.#feeder.ended || !this.#flight.saturated) {
      this.#flight.flushAll();
      return;
    }
    this.#holding ??= setTimeout(() => {
      this.#holding = undefined;
      this.#flight.flushAll();
    }, PACK_WITHIN_MS);
  }

  #awaitResults(): void {
    if (this.#awaitingResults || this.#deliverer.isServing) return;
    this.#awaitingResults = true;
    const depth = this.#flight.hasRoom ? 1 : Math.min(BATCH, this.#flight.spare + 1);
    const waiting = { signal: this.#over.signal, depth, withinMs: BATCH_WITHIN_MS };
    void this.#exchange.port.ready(waiting).then(() => {
      this.#awaitingResults = false;
      this.#checkExchange();
      this.#flight.latch.open();
    });
  }

  /** A domain that was stopped under the run gives nothing back. */
  #checkExchange(): void {
    if (!this.#over.signal.aborted) this.#exchange.checkAlive();
  }
}
