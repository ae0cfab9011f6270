/**
 * A scheduling domain as its creator sees it.
 *
 * Runs on: the thread that opened the device. Control plane: checks everything, explains every
 * refusal, changes nothing on failure.
 */
import type { Worker } from 'node:worker_threads';
import type { Command, Why } from '../eventdev/commands.js';
import { DlbError } from '../eventdev/errors.js';
import type { ErrorCode } from '../eventdev/errors.js';
import type { EventBurst } from '../eventdev/event-burst.js';
import { FLOW_MASK, QE_WORDS } from '../eventdev/event.js';
import type { ResetStep } from '../eventdev/reports.js';
import type { DomainState, QueueAttributes } from '../eventdev/spec.js';
import type { PortAttachment } from '../memory/attachment.js';
import { controlWord, STATE } from '../memory/domain-state.js';
import { HEADER, PORT } from '../memory/layout.js';
import { raise } from '../memory/signal.js';
import { publish } from '#words';
import type { DomainMemory } from './domain-memory.js';
import * as field from './fields.js';
import { handOut, joinTraces } from './reset-result.js';
import type { LinkTable } from './link-table.js';
import type { SchedulerSeat } from './seat.js';
import type { Checked } from './spec-check.js';
import { checkAttributes } from './spec-check.js';
import { VisibleDomain } from './visible-domain.js';
import { WorkerBindings } from './worker-bindings.js';

const GRACE_MS = 100;
const AUX_RANGE = { min: -(2 ** 31), max: 2 ** 31 - 1 };
/** Gives a domain's resources back and tells them; a failed reset keeps them: null. */
export type Release = (failed: boolean) => Readonly<Record<string, number>> | null;

export class Domain extends VisibleDomain implements AsyncDisposable {
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

  /** Use `device.createDomain`. `release` gives the resources back. */
  constructor(
    id: number,
    seat: SchedulerSeat,
    checked: Checked,
    memory: DomainMemory,
    links: LinkTable,
    strictLinks: boolean,
    release: Release,
  ) {
    super(id, checked, memory, links, strictLinks);
    this.#seat = seat;
    this.#memory = memory;
    this.#release = release;
    this.#bindings = new WorkerBindings((port, thread) => this.#reclaim(port, thread));
  }

  /** The scheduler has raised alerts: for whoever waits for some. */
  tellAlerts(): void {
    this.alertReader.tell();
  }

  /**
   * Raises an alert of kind 'user', for whoever reads the domain's alerts. `aux` is a whole number of
   * 32 bits. Resolves when it can be read.
   * @throws DlbError ERR_DLB_INVALID_ARGUMENT, ERR_DLB_DOMAIN_CLOSED
   */
  async raiseAlert(aux: number): Promise<void> {
    this.#checkOpen();
    field.wholeNumber(aux, 'aux', { ...AUX_RANGE, code: 'ERR_DLB_INVALID_ARGUMENT' });
    await this.#seat.apply({ type: 'alert', domain: this.id, aux });
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
    this.#checkOpen();
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
      schedulerThread: this.#seat.thread,
    };
  }

  /**
   * The thread that used the port is gone: what the port held is scheduled again, in order, to the
   * other ports.
   * @throws DlbError ERR_DLB_INVALID_PORT_ID, ERR_DLB_DOMAIN_CLOSED
   */
  async reclaim(portId: number): Promise<{ rescheduled: number }> {
    this.#checkOpen();
    return { rescheduled: await this.#reclaim(this.checkPort(portId), null) };
  }

  /**
   * Reclaims the port when the worker exits, however it exits, if it has the port then. Works on
   * the event loop of this thread: a blocking dequeue here postpones it.
   * @throws DlbError ERR_DLB_INVALID_PORT_ID, ERR_DLB_DOMAIN_CLOSED, ERR_DLB_INVALID_ARGUMENT
   */
  bind(portId: number, worker: Worker): void {
    this.#checkOpen();
    this.#bindings.bind(this.checkPort(portId), worker);
  }

  /**
   * Lets the port take events of the queue; again with another priority changes it.
   * @throws DlbError ERR_DLB_INVALID_PORT_ID, ERR_DLB_INVALID_QID, ERR_DLB_INVALID_PRIORITY,
   *                  ERR_DLB_DIR_QUEUE_LINKED, ERR_DLB_DOMAIN_CLOSED
   */
  link(portId: number, queueId: number, priority?: number): void {
    this.linkProfile(portId, 0, queueId, priority);
  }

  /**
   * Ends a link. In a started domain it takes effect at the next pass, see `unlinksInProgress`;
   * what the port was given stays with it.
   * @throws DlbError ERR_DLB_INVALID_PORT_ID, ERR_DLB_INVALID_QID (no such queue, or not linked),
   *                  ERR_DLB_DOMAIN_CLOSED
   */
  unlink(portId: number, queueId: number): void {
    this.unlinkProfile(portId, 0, queueId);
  }

  /**
   * As `link`, for the time that the port serves this profile, 0..7; see `port.switchProfile`.
   * Profile 0 is that of `link`, and the one a port begins with.
   * @throws DlbError as `link`; ERR_DLB_INVALID_ARGUMENT (profile)
   */
  linkProfile(portId: number, profile: number, queueId: number, priority?: number): void {
    this.#checkOpen();
    const link = this.linkTable.add(this.checkPort(portId), queueId, priority, profile);
    this.#post({ type: 'link', domain: this.id, link });
  }

  /**
   * As `unlink`, of a profile.
   * @throws DlbError as `unlink`; ERR_DLB_INVALID_ARGUMENT (profile)
   */
  unlinkProfile(portId: number, profile: number, queueId: number): void {
    this.#checkOpen();
    const port = this.checkPort(portId);
    const link = this.linkTable.remove(port, queueId, profile);
    this.unlinksAsked[port] = (this.unlinksAsked[port]! + 1) | 0;
    this.#post({ type: 'unlink', domain: this.id, link });
  }

  /**
   * Changes attributes of a queue at run time; those left out stay. Takes effect at the next pass.
   * @throws DlbError ERR_DLB_INVALID_QID, ERR_DLB_INVALID_PRIORITY, ERR_DLB_INVALID_SPEC,
   *                  ERR_DLB_DOMAIN_CLOSED
   */
  setQueueAttributes(queueId: number, attributes: QueueAttributes): void {
    this.#checkOpen();
    const queue = this.checkQueue(queueId);
    field.checkObject(attributes, 'attributes', ['priority', 'weight', 'affinity']);
    const next = checkAttributes(attributes, 'attributes', this.attributes[queue]!);
    this.attributes[queue] = next;
    this.#post({ type: 'attributes', domain: this.id, queue, attributes: next });
  }

  /**
   * Why events of a queue, or of one of its flows, are not delivered: the scheduler's own reason, in words as well.
   * @param flowId 0..1048575, of an atomic queue or of the atomic events of an `any` queue; left out, or for other
   *               queues: the queue as a whole
   * @throws DlbError ERR_DLB_INVALID_QID, ERR_DLB_INVALID_ARGUMENT, ERR_DLB_DOMAIN_CLOSED
   */
  async why(queueId: number, flowId?: number): Promise<Why> {
    this.#checkOpen();
    const queue = this.checkQueue(queueId);
    const flow = flowId === undefined ? null : checkFlow(flowId);
    const reply = await this.#seat.apply({ type: 'why', domain: this.id, queue, flow });
    if (reply.why !== undefined) return reply.why;
    // It was closed meanwhile.
    throw this.#wrongState('ERR_DLB_DOMAIN_CLOSED', 'is closed');
  }

  /**
   * Disables a port: it is given nothing more, and its NEW events are refused. What it has dequeued
   * it may still complete; what lies in its CQ goes back in front as soon as its thread calls.
   * @throws DlbError ERR_DLB_INVALID_PORT_ID, ERR_DLB_DOMAIN_CLOSED
   */
  disablePort(portId: number): Promise<void> {
    return this.#hold(portId, true);
  }

  /**
   * Ends `disablePort`.
   * @throws DlbError ERR_DLB_INVALID_PORT_ID, ERR_DLB_DOMAIN_CLOSED
   */
  enablePort(portId: number): Promise<void> {
    return this.#hold(portId, false);
  }

  /**
   * From 'configured' or 'stopped': NEW events are accepted, events are delivered.
   * @throws DlbError ERR_DLB_DOMAIN_STARTED, ERR_DLB_DOMAIN_CLOSED
   */
  start(): Promise<void> {
    return this.#inTurn(async () => {
      this.#checkOpen();
      if (this.#state === 'started') throw this.#wrongState('ERR_DLB_DOMAIN_STARTED', 'is started');
      await this.#seat.apply({ type: 'start', domain: this.id });
      this.#state = 'started';
    });
  }

  /**
   * Refuses NEW, takes completions until every attached port is quiet or `graceMs` has passed
   * (default 100, inline 0), then hands every event that is left anywhere to `onFlush`.
   * If `onFlush` throws, it is still given the rest, then the first error is thrown.
   * @throws DlbError ERR_DLB_DOMAIN_NOT_STARTED, ERR_DLB_DOMAIN_CLOSED, ERR_DLB_INVALID_ARGUMENT
   */
  stop(
    onFlush?: (events: EventBurst) => void,
    options: { graceMs?: number } = {},
  ): Promise<{ flushed: number }> {
    return this.#inTurn(async () => {
      this.#checkOpen();
      const graceMs = options.graceMs ?? (this.#seat.threaded ? GRACE_MS : 0);
      if (!(graceMs >= 0)) {
        const code = 'ERR_DLB_INVALID_ARGUMENT';
        throw field.invalid('graceMs', graceMs, 'a number of milliseconds, 0 or more', code);
      }
      if (this.#state !== 'started') {
        throw this.#wrongState('ERR_DLB_DOMAIN_NOT_STARTED', 'is not started');
      }
      const reply = await this.#seat.apply({ type: 'stop', domain: this.id, graceMs });
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

  /** The scheduler is gone or gave the domain up: all ports read 'closed', all calls are refused
   *  with the reason. */
  fail(reason: DlbError): void {
    if (this.#state === 'closed') return;
    this.#failure = reason;
    const words = new Int32Array(this.#memory.memory);
    publish(words, HEADER.CTL, controlWord(0, STATE.CLOSED));
    for (const port of this.#memory.layout.ports) raise(words, port.at + PORT.WAKE);
    this.alertReader.end();
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
      let drained: readonly ResetStep[] = [];
      if (this.#state === 'started') {
        const stopped = await this.#seat.apply({ type: 'stop', domain: this.id, graceMs: 0 });
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

  /** For commands that nobody waits for: if the scheduler is gone, `fail` has said so. */
  #post(command: Command): void {
    this.#seat.apply(command).catch(() => {});
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work, work);
    this.#last = result.catch(() => {});
    return result;
  }

  #checkOpen(): void {
    if (this.#failure !== null) throw this.#failure;
    if (this.#state === 'closed') throw this.#wrongState('ERR_DLB_DOMAIN_CLOSED', 'is closed');
  }

  async #hold(portId: number, isHeld: boolean): Promise<void> {
    this.#checkOpen();
    const port = this.checkPort(portId);
    await this.#seat.apply({ type: 'hold', domain: this.id, port, isHeld });
  }

  #resetFailed(leftOver: readonly string[]): DlbError {
    return new DlbError('ERR_DLB_DOMAIN_RESET_FAILED', 'the reset left something behind', {
      domain: this.name,
      leftOver: leftOver.join('; '),
    });
  }

  #wrongState(code: ErrorCode, what: string): DlbError {
    return new DlbError(code, `the domain ${what}`, { domain: this.name, state: this.#state });
  }
}

function checkFlow(flowId: number): number {
  const code = 'ERR_DLB_INVALID_ARGUMENT';
  return field.wholeNumber(flowId, 'flowId', { min: 0, max: FLOW_MASK, code });
}
