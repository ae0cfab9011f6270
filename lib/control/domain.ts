/**
 * A scheduling domain as its creator sees it.
 *
 * Runs on: the thread that opened the device. Control plane: checks everything, explains every
 * refusal, changes nothing on failure.
 */
import type { Worker } from 'node:worker_threads';
import type { Command, DomainPlan, Reply } from '../eventdev/commands.js';
import { DlbError } from '../eventdev/errors.js';
import type { EventBurst } from '../eventdev/event-burst.js';
import { QE_WORDS } from '../eventdev/event.js';
import type { ResetStep } from '../eventdev/reports.js';
import type { DomainState } from '../eventdev/spec.js';
import { isTimeLimit, TIMER_MS_MAX } from '../eventdev/times.js';
import type { PortAttachment } from '../memory/attachment.js';
import { controlWord, STATE } from '../memory/domain-state.js';
import { HEADER, PORT } from '../memory/layout.js';
import { raise } from '../memory/signal.js';
import { publish } from '#words';
import { ChangingDomain } from './changing-domain.js';
import type { DomainMemory } from './domain-memory.js';
import * as field from './fields.js';
import { handOut, joinTraces } from './reset-result.js';
import type { LinkTable } from './link-table.js';
import { reportOver, tellRecovery } from './recovery.js';
import type { Recovered, RecoveryListener, RecoveryTeller, Salvage } from './recovery.js';
import type { SchedulerSeat } from './seat.js';
import type { Checked } from './spec-check.js';
import { WorkerBindings } from './worker-bindings.js';

const GRACE_MS = 100;
/** Gives a domain's resources back and tells them; a failed reset keeps them: null. */
export type Release = (failed: boolean) => Readonly<Record<string, number>> | null;

export class Domain extends ChangingDomain implements AsyncDisposable {
  readonly #seat: SchedulerSeat;
  readonly #memory: DomainMemory;
  readonly #bindings: WorkerBindings;
  readonly #release: Release;
  #trace: readonly ResetStep[] = [];
  #state: DomainState = 'configured';
  /** The last start, stop or close; they follow one another. */
  #last: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | null = null;
  #failure: DlbError | null = null;
  readonly #plan: DomainPlan;
  /** A start or stop that the scheduler has not answered; 'discard': a stop that hands nothing out. */
  #asked: 'start' | 'stop' | 'discard' | null = null;
  #teller: RecoveryTeller | null = null;
  /** Recoveries whose report is not over: until it is, the scheduler withholds credits. */
  #reports = 0;
  #onEnd: ((reason: DlbError) => void) | null = null;

  /** Use `device.createDomain`. `release` gives the resources back. */
  constructor(
    id: number,
    seat: SchedulerSeat,
    checked: Checked,
    memory: DomainMemory,
    links: LinkTable,
    plan: DomainPlan,
    release: Release,
  ) {
    super(id, checked, memory, links, plan.strictLinks);
    this.#plan = plan;
    this.holds.push(...checked.ports.map(() => false));
    this.#seat = seat;
    this.#memory = memory;
    this.#release = release;
    this.#bindings = new WorkerBindings((port, thread) => this.#reclaim(port, thread));
  }

  /** The scheduler has raised alerts: for whoever waits for some. */
  tellAlerts(): void {
    this.alertReader.tell();
  }

  protected override refresh(): void {
    this.#seat.refresh?.(this.id);
  }

  override get state(): DomainState {
    return this.#state;
  }

  /**
   * What a thread needs to use the port: plain, structured-cloneable.
   * @throws DlbError ERR_DLB_INVALID_PORT_ID, ERR_DLB_DOMAIN_CLOSED
   */
  attachment(portId: number): PortAttachment {
    this.checkOpen();
    const port = this.checked.ports[this.checkPort(portId)]!;
    return {
      kind: 'softdlb.port',
      portId,
      memory: this.#memory.memory,
      bell: this.#seat.bell,
      shape: this.#memory.shape,
      newEventThreshold: port.newEventThreshold,
      enqueueDepth: port.enqueueDepth,
      implicitRelease: port.implicitRelease,
      independentEnqueue: port.independent,
      names: port.names,
      schedulerThread: this.#seat.thread,
    };
  }

  /**
   * The thread that used the port is gone: what the port held is scheduled again, in order, to the
   * other ports.
   * @throws DlbError ERR_DLB_INVALID_PORT_ID, ERR_DLB_DOMAIN_CLOSED
   */
  async reclaim(portId: number): Promise<{ rescheduled: number }> {
    this.checkOpen();
    return { rescheduled: await this.#reclaim(this.checkPort(portId), null) };
  }

  /**
   * Reclaims the port when the worker exits, however it exits, if it has the port then. Works on
   * the event loop of this thread: a blocking dequeue here postpones it.
   * @throws DlbError ERR_DLB_INVALID_PORT_ID, ERR_DLB_DOMAIN_CLOSED, ERR_DLB_INVALID_ARGUMENT
   */
  bind(portId: number, worker: Worker): void {
    this.checkOpen();
    this.#bindings.bind(this.checkPort(portId), worker);
  }

  /**
   * From 'configured' or 'stopped': NEW events are accepted, events are delivered.
   * @throws DlbError ERR_DLB_DOMAIN_STARTED, ERR_DLB_DOMAIN_CLOSED
   */
  start(): Promise<void> {
    return this.#inTurn(async () => {
      this.checkOpen();
      if (this.#state === 'started') throw this.wrongState('ERR_DLB_DOMAIN_STARTED', 'is started');
      await this.#ask('start', { type: 'start', domain: this.id });
      this.#state = 'started';
    });
  }

  /**
   * Refuses NEW, takes completions until every attached port is quiet or `graceMs` has passed
   * (default 100, inline 0), then hands every event that is left anywhere to `onFlush`.
   * Without `onFlush` the caller is told how many there were; `discard` counts them.
   * If `onFlush` throws, it is still given the rest, then the first error is thrown.
   * @throws DlbError ERR_DLB_DOMAIN_NOT_STARTED, ERR_DLB_DOMAIN_CLOSED, ERR_DLB_INVALID_ARGUMENT
   */
  stop(
    onFlush?: (events: EventBurst) => void,
    options: { graceMs?: number } = {},
  ): Promise<{ flushed: number }> {
    return this.#stop(onFlush, options, false);
  }

  /**
   * As `stop`, when nobody is handed what is inside: it is counted in the domain's `dropped`.
   * @throws DlbError as `stop`
   */
  async discard(options: { graceMs?: number } = {}): Promise<{ dropped: number }> {
    const { flushed } = await this.#stop(undefined, options, true);
    return { dropped: flushed };
  }

  #stop(
    onFlush: ((events: EventBurst) => void) | undefined,
    options: { graceMs?: number },
    isDropped: boolean,
  ): Promise<{ flushed: number }> {
    return this.#inTurn(async () => {
      this.checkOpen();
      const graceMs = options.graceMs ?? (this.#seat.threaded ? GRACE_MS : 0);
      if (!isTimeLimit(graceMs)) {
        const allowed = `a number of milliseconds, 0..${TIMER_MS_MAX}, or Infinity`;
        throw field.invalid('graceMs', graceMs, allowed, 'ERR_DLB_INVALID_ARGUMENT');
      }
      if (this.#state !== 'started') {
        throw this.wrongState('ERR_DLB_DOMAIN_NOT_STARTED', 'is not started');
      }
      this.#ended('ERR_DLB_DOMAIN_NOT_STARTED', 'stopped');
      const stop = { type: 'stop', domain: this.id, graceMs, isDropped } as const;
      const reply = await this.#ask(isDropped ? 'discard' : 'stop', stop);
      this.#state = 'stopped';
      this.#trace = reply.trace ?? [];
      const words = reply.flushed ?? new Int32Array(0);
      if (onFlush !== undefined) handOut(words, onFlush);
      return { flushed: words.length / QE_WORDS };
    });
  }

  /**
   * What the last stop or close did, step by step; empty before. The order is that of a DLB's reset
   * procedure. A domain that was not started has nothing to drain.
   */
  trace(): readonly ResetStep[] {
    return this.#trace;
  }

  /**
   * Stops without callback, wakes every waiter, gives the resources back. In every state.
   * @throws DlbError ERR_DLB_DOMAIN_RESET_FAILED: a counter is not zero. The resources are kept, and
   *                  the device creates no further domain.
   */
  close(): Promise<void> {
    return this.#closeOnce(false);
  }

  /** As `close`, when all of the device's domains are closed: the last alert says so. */
  closeWithDevice(): Promise<void> {
    return this.#closeOnce(true);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /**
   * Sets who is told when the scheduler worker died and was replaced: every event that was inside, in
   * rings, queues and CQs or held by a thread, is given to `listener` once, in bursts, in an order that
   * keeps that of each flow; the domain goes on, empty. It is called at each recovery, with an empty burst if nothing was
   * inside, but not for a stop that was under way, whose flush has the events. One listener; none: the events are counted
   * in the domain's `dropped`. What it throws, or its promise rejects with, is thrown on the event loop.
   *
   * Called when the new scheduler has taken over. Until it has returned, and the promise that it may return has settled,
   * for a second at most, only ports that this thread has attached have credits: so they can be enqueued again before
   * anybody else's NEW events.
   */
  onRecovery(listener: RecoveryListener | null): void {
    const view = { words: new Int32Array(this.#memory.memory), layout: this.#memory.layout };
    const thread = this.#seat.opener ?? null;
    this.reportRecoveries(
      listener && { thread, tell: (report) => tellRecovery(view, report, listener) },
    );
  }

  /** As `onRecovery`, for a listener in whatever thread. */
  reportRecoveries(teller: RecoveryTeller | null): void {
    this.#teller = teller;
  }

  /**
   * Sets who is told, once, that what is inside will not come out: before a stop or a close begins, from
   * anywhere, and when the scheduler has failed. For pools, which cannot go on then. It must not throw.
   */
  onEnd(listener: ((reason: DlbError) => void) | null): void {
    this.#onEnd = listener;
  }

  /** The scheduler has died: takes out what is inside, as `onRecovery` says, and tells how a new one
   *  goes on. What a stop that is under way asks for, that stop gets. */
  recover(reason: DlbError, salvage: Salvage): Recovered {
    const isOver = this.#failure !== null || this.#state === 'closed';
    const isStopping = this.#asked === 'stop' || this.#asked === 'discard';
    const mayHold = this.#state === 'started' || this.#asked === 'start';
    const isStarted = mayHold && !isStopping;
    const teller = isStopping || isOver ? null : this.#teller;
    if (teller !== null) this.#reports++;
    const isDropped = isStopping ? this.#asked === 'discard' : teller === null;
    const found = { isStarted, mayHold, isDropped };
    const events = isOver ? new Int32Array(0) : salvage(this.#plan, found);
    if (isOver) this.#shut();
    for (let port = 0; port < this.holds.length; port++) this.settleUnlinks(port);
    const queues = this.#plan.queues.map((queue, i) => ({ ...queue, ...this.attributes[i] }));
    const plan = { ...this.#plan, queues, links: this.linkTable.all };
    return {
      command: isOver
        ? null
        : {
            type: 'resume',
            plan,
            isStarted,
            holds: [...this.holds],
            teller: teller && { thread: teller.thread },
          },
      flushed: events,
      done: (lent = []) => {
        if (teller !== null) void this.#report(teller.tell({ events, reason, lent }));
      },
    };
  }

  /** Lets everybody's NEW events in when nothing is left to be told, unless the scheduler has died again meanwhile. */
  async #report(report: Promise<void>): Promise<void> {
    await reportOver(report);
    if (--this.#reports > 0 || this.#state !== 'started') return;
    this.post({ type: 'admit', domain: this.id });
  }

  /** The scheduler is gone or gave the domain up: all ports read 'closed', all calls are refused
   *  with the reason. */
  fail(reason: DlbError): void {
    if (this.#state === 'closed') return;
    this.#failure = reason;
    this.#shut();
    this.#tellEnd(reason);
  }

  #tellEnd(reason: DlbError): void {
    const listener = this.#onEnd;
    this.#onEnd = null;
    listener?.(reason);
  }

  #ended(code: 'ERR_DLB_DOMAIN_NOT_STARTED' | 'ERR_DLB_DOMAIN_CLOSED', how: string): void {
    this.#tellEnd(new DlbError(code, `the domain was ${how}`, { domain: this.name }));
  }

  /** All ports read 'closed'. */
  #shut(): void {
    const words = new Int32Array(this.#memory.memory);
    publish(words, HEADER.CTL, controlWord(0, STATE.CLOSED));
    for (const port of this.#memory.layout.ports) raise(words, port.at + PORT.WAKE);
    this.alertReader.end();
  }

  async #ask(what: 'start' | 'stop' | 'discard', command: Command): Promise<Reply> {
    this.#asked = what;
    try {
      return await this.#seat.apply(command);
    } finally {
      this.#asked = null;
    }
  }

  #closeOnce(byDevice: boolean): Promise<void> {
    this.#closing ??= this.#inTurn(() => this.#close(byDevice));
    return this.#closing;
  }

  async #close(byDevice: boolean): Promise<void> {
    if (this.#state === 'closed') return;
    let leftOver: readonly string[] = [];
    try {
      if (this.#failure !== null) return;
      this.#ended('ERR_DLB_DOMAIN_CLOSED', 'closed');
      let drained: readonly ResetStep[] = [];
      if (this.#state === 'started') {
        const stop = { type: 'stop', domain: this.id, graceMs: 0, isDropped: true } as const;
        const stopped = await this.#ask('discard', stop);
        drained = stopped.trace ?? [];
      }
      // From here on no command may be sent: the scheduler would not find the domain. A bound
      // worker that ends because its port closed may exit before the answer is here.
      this.#state = 'closed';
      const reply = await this.#seat.apply({ type: 'close', domain: this.id, byDevice });
      leftOver = reply.leftOver ?? [];
      this.#trace = joinTraces(drained, reply.trace ?? []);
      if (leftOver.length > 0) throw this.#resetFailed(leftOver);
    } finally {
      this.#state = 'closed';
      this.#bindings.forget();
      this.alertReader.end();
      const returned = this.#release(leftOver.length > 0);
      if (returned !== null) {
        this.#trace = [...this.#trace, { step: 'return-resources', counts: returned }];
      }
    }
  }

  async #reclaim(port: number, thread: number | null): Promise<number> {
    if (this.#state === 'closed' || this.#failure !== null) return 0;
    const reply = await this.#seat.apply({ type: 'reclaim', domain: this.id, port, thread });
    return reply.rescheduled ?? 0;
  }

  protected override apply(command: Command): Promise<Reply> {
    return this.#seat.apply(command);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work, work);
    this.#last = result.catch(() => {});
    return result;
  }

  protected override checkOpen(): void {
    if (this.#failure !== null) throw this.#failure;
    if (this.#state === 'closed') throw this.wrongState('ERR_DLB_DOMAIN_CLOSED', 'is closed');
  }

  #resetFailed(leftOver: readonly string[]): DlbError {
    return new DlbError('ERR_DLB_DOMAIN_RESET_FAILED', 'the reset left something behind', {
      domain: this.name,
      leftOver: leftOver.join('; '),
    });
  }
}
