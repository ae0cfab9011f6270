/**
 * The loop of a worker: take events, call their stages' handlers, send on what becomes of them.
 *
 * Runs on: the seat's thread. A handler that returns a value is through at once, and its burst goes on as it
 * came; one that returns a promise leaves its event open (`OpenItems`) and the loop goes on without it. The
 * loop blocks for a few milliseconds at a time while no call is open, and turns the event loop in
 * between, so that timers, console output and the inspector stay alive.
 */
import { Pace } from '../crew/pace.js';
import { StepAside } from '../crew/step-aside.js';
import { EventBurst } from '../eventdev/event-burst.js';
import type { Latch } from '../idle/latch.js';
import type { Port } from '../port/index.js';
import type { Calls } from './calls.js';
import type { OpenItems } from './open-items.js';
import type { OpenSignals } from './open-signals.js';
import type { Parcel } from './parcel.js';
import type { Sender } from './sender.js';
import type { StageRunner } from './stage-runner.js';

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
/** Calls that are shorter are timed by several. */
const SHORT_MS = 0.01;

export interface LoopParts {
  readonly port: Port;
  readonly calls: Calls;
  readonly open: OpenItems;
  readonly sender: Sender;
  readonly signals: OpenSignals;
  readonly latch: Latch;
}

export class WorkLoop {
  readonly #port: Port;
  readonly #calls: Calls;
  readonly #open: OpenItems;
  readonly #sender: Sender;
  readonly #signals: OpenSignals;
  readonly #latch: Latch;
  readonly #aside: StepAside;
  readonly #pace = new Pace();
  readonly #burst = new EventBurst(this.#pace.limit);
  #awaitingEvents = false;
  #lastTurn = performance.now();
  /** When the last call was over. */
  #before = 0;
  #lastWork = 0;
  #lastSend = 0;
  #lastLook = 0;

  constructor({ port, calls, open, sender, signals, latch }: LoopParts) {
    this.#port = port;
    this.#calls = calls;
    this.#open = open;
    this.#sender = sender;
    this.#signals = signals;
    this.#latch = latch;
    this.#aside = new StepAside(port);
  }

  /** Resolves when the domain is stopped or closed, or the port is no longer ours. @throws what makes it
   *  impossible to go on. */
  async run(): Promise<void> {
    for (;;) {
      if (this.#open.fault !== undefined) throw this.#open.fault.fault;
      const held = this.#open.parcels;
      const max = this.#open.room(this.#pace.max);
      if (max > 0) this.#aside.free();
      else this.#aside.full();
      const taken = this.#port.dequeueBurst(this.#burst, max, held === 0 ? WAIT_MS : 0);
      const now = performance.now();
      let mayTurn = this.#open.parcels > 0;
      if (taken > 0) {
        this.#lastWork = now;
        await this.#serve(taken, now);
        mayTurn = this.#open.parcels > 0;
      } else if (this.#port.state !== 'started') return this.#aside.close();
      else if (held > 0 || now - this.#lastWork > REST_MS) {
        await this.#rest(max);
        mayTurn = false;
      }
      if (mayTurn || performance.now() - this.#lastTurn >= TURN_MS) await this.#turn();
      this.#look();
      this.#open.goOn();
    }
  }

  /** Makes the calls of the burst and sends on what is through, oldest first, in one or several bursts. */
  async #serve(taken: number, startedAt: number): Promise<void> {
    this.#lastSend = this.#before = startedAt;
    this.#calls.begin(this.#burst);
    this.#calls.timed(startedAt);
    for (let i = 0; i < taken; i++) {
      const began = this.#before;
      const parcel = this.#calls.open(this.#burst, i);
      if (parcel === undefined) continue;
      // What a call takes is without what a parcel takes.
      this.#before = performance.now();
      const { runner } = parcel;
      let turned = await this.#work(parcel);
      this.#calls.close(parcel);
      if (runner.takesArrays) turned += await this.#callFull(runner);
      this.#pace.note(this.#before - began - turned);
      if (this.#before - this.#lastSend >= SEND_MS) this.#send(this.#before);
    }
    if (this.#open.hasArrays) this.#open.goOn();
    else this.#sender.flush();
  }

  /** Makes the calls with full arrays. As `#work`. */
  async #callFull(runner: StageRunner): Promise<number> {
    let turned = 0;
    while (this.#open.startNext(runner, runner.batch)) {
      const now = (this.#before = performance.now());
      if (now - this.#lastSend >= SEND_MS) this.#send(now);
      if (now - this.#lastTurn < TURN_MS) continue;
      await this.#turn();
      this.#before = performance.now();
      turned += this.#before - now;
    }
    return turned;
  }

  /** Takes the items of a parcel. Returns the time that went to the event loop. */
  async #work(parcel: Parcel): Promise<number> {
    const { runner } = parcel;
    let turned = 0;
    for (;;) {
      // Calls so short that many are taken at once are timed by several.
      const looked = this.#calls.advance(parcel, runner.mean < SHORT_MS ? TIMED_TOGETHER : 1);
      if (looked === 0) return turned;
      const now = performance.now();
      this.#calls.timed(now, looked);
      if (!runner.takesArrays) runner.note((now - this.#before) / looked);
      this.#before = now;
      // An item waits behind one call that is longer than that, and not behind all of its pack.
      const isLong = now - this.#lastSend + runner.mean * parcel.left >= 2 * SEND_MS;
      if (isLong && now - this.#lastSend >= SEND_MS) this.#send(now, parcel);
      if (now - this.#lastTurn < TURN_MS) continue;
      await this.#turn();
      this.#before = performance.now();
      turned += this.#before - now;
      this.#calls.timed(this.#before);
    }
  }

  #send(now: number, inHand?: Parcel): void {
    this.#lastSend = now;
    // What was open and is through came before: a flow's order is that in which its events are sent.
    this.#open.sendDone();
    if (inHand !== undefined) this.#calls.sendPart(inHand);
    this.#sender.flush();
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
    this.#open.giveBack(now);
  }

  async #turn(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.#lastTurn = performance.now();
  }
}
