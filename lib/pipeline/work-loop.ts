/**
 * The loop of a worker: take events, call their stages' handlers, send on what becomes of them.
 *
 * Runs on: the seat's thread. A handler that returns a value is through at once, and its burst goes on as it
 * came; one that returns a promise leaves its event open (`OpenEvents`) and the loop goes on without it. The
 * loop blocks for a few milliseconds at a time while no call is open, and turns the event loop in
 * between, so that timers, console output and the inspector stay alive.
 */
import { Pace } from '../crew/pace.js';
import { StepAside } from '../crew/step-aside.js';
import { EventBurst } from '../eventdev/event-burst.js';
import type { Latch } from '../idle/latch.js';
import type { Port } from '../port/index.js';
import type { Calls } from './calls.js';
import type { OpenEvents } from './open-events.js';
import type { OpenSignals } from './open-signals.js';

/** Longest blocking wait: short enough that a wait and a call still leave turns 10 ms apart. */
const WAIT_MS = 4;
/** The event loop gets a turn when this long has passed since the last. */
const TURN_MS = 8;
/** After this long without an event the thread waits on its event loop, which costs no wake-ups. */
const REST_MS = 50;
/** Results are sent on at least this often: each time costs a wake-up of the scheduler. */
const SEND_MS = 0.5;
/** It is looked so often whether signals that handlers have asked for are to be aborted, and whether what waits here is
 *  still wanted. */
const LOOK_MS = 10;
const TIMED_TOGETHER = 8;

export interface LoopParts {
  readonly port: Port;
  readonly calls: Calls;
  readonly open: OpenEvents;
  readonly signals: OpenSignals;
  readonly latch: Latch;
}

export class WorkLoop {
  readonly #port: Port;
  readonly #calls: Calls;
  readonly #open: OpenEvents;
  readonly #signals: OpenSignals;
  readonly #latch: Latch;
  readonly #aside: StepAside;
  readonly #pace = new Pace();
  readonly #burst = new EventBurst(this.#pace.limit);
  #awaitingEvents = false;
  #lastTurn = performance.now();
  #lastWork = 0;
  #lastSend = 0;
  #lastLook = 0;

  constructor({ port, calls, open, signals, latch }: LoopParts) {
    this.#port = port;
    this.#calls = calls;
    this.#open = open;
    this.#signals = signals;
    this.#latch = latch;
    this.#aside = new StepAside(port);
  }

  /** Resolves when the domain is stopped or closed, or the port is no longer ours. @throws what makes it
   *  impossible to go on. */
  async run(): Promise<void> {
    for (;;) {
      if (this.#open.fault !== undefined) throw this.#open.fault.fault;
      const held = this.#open.count;
      const max = this.#open.room(this.#pace.max);
      if (max > 0) this.#aside.free();
      else this.#aside.full();
      const taken = this.#port.dequeueBurst(this.#burst, max, held === 0 ? WAIT_MS : 0);
      const now = performance.now();
      if (taken > 0) {
        this.#lastWork = now;
        await this.#serve(taken, now);
      } else if (this.#port.state !== 'started') return this.#aside.close();
      else if (held > 0 || now - this.#lastWork > REST_MS) await this.#rest(max);
      if (this.#open.count > 0 || performance.now() - this.#lastTurn >= TURN_MS) await this.#turn();
      this.#look();
      this.#open.advance();
    }
  }

  /** Makes the calls of the burst and sends on what is through, oldest first, in one or several bursts. */
  async #serve(taken: number, startedAt: number): Promise<void> {
    let sent = 0;
    let before = startedAt;
    let untimed = 0;
    // Calls so short that many are taken at once are timed by several.
    const every = this.#pace.max === this.#pace.limit ? TIMED_TOGETHER : 1;
    this.#lastSend = startedAt;
    this.#calls.touch(this.#burst);
    this.#calls.timed(startedAt);
    for (let i = 0; i < taken; i++) {
      if (!this.#calls.take(this.#burst, i)) {
        // It stays open: what came before it goes, it does not.
        this.#send(sent, i);
        sent = i + 1;
      }
      if (++untimed < every && i + 1 < taken) continue;
      const now = performance.now();
      this.#calls.timed(now, untimed);
      this.#pace.note((now - before) / untimed);
      untimed = 0;
      before = now;
      const late = now - this.#lastTurn >= TURN_MS;
      if (late || now - this.#lastSend >= SEND_MS) {
        this.#send(sent, i + 1);
        sent = i + 1;
        this.#lastSend = now;
      }
      if (!late) continue;
      await this.#turn();
      before = performance.now();
      this.#calls.timed(before);
    }
    this.#send(sent, taken);
  }

  #send(from: number, to: number): void {
    // What was open and is through came before: a flow's order is that in which its events are sent.
    this.#open.sendDone();
    for (let at = from; at < to;) {
      const sent = this.#port.enqueueBurst(this.#burst, at, to - at);
      // The domain has stopped: nobody waits for them.
      if (sent === 0) return;
      at += sent;
    }
  }

  /** Until an event comes or an open call settles. */
  async #rest(max: number): Promise<void> {
    if (max > 0 && !this.#awaitingEvents) {
      this.#awaitingEvents = true;
      void this.#port.ready().then(() => {
        this.#awaitingEvents = false;
        this.#latch.open();
      });
    }
    // Nobody rings when a session ends.
    const isLooking = this.#signals.isOpen || this.#open.isWaiting;
    const look = isLooking ? setTimeout(() => this.#latch.open(), LOOK_MS) : undefined;
    await this.#latch.wait();
    clearTimeout(look);
  }

  #look(): void {
    this.#signals.check();
    const now = performance.now();
    if (now - this.#lastLook < LOOK_MS) return;
    this.#lastLook = now;
    this.#open.dropUnwanted();
  }

  async #turn(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.#lastTurn = performance.now();
  }
}
