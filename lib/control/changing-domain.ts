/**
 * What can change in a domain while it runs: links, attributes, ports; and what is asked of its scheduler.
 *
 * Runs on: the thread that opened the device.
 */
import type { Command, Reply, Why } from '../eventdev/commands.js';
import { DlbError } from '../eventdev/errors.js';
import type { ErrorCode } from '../eventdev/errors.js';
import { FLOW_MASK } from '../eventdev/event.js';
import type { QueueAttributes } from '../eventdev/spec.js';
import * as field from './fields.js';
import { checkAttributes } from './spec-check.js';
import { VisibleDomain } from './visible-domain.js';

const AUX_RANGE = { min: -(2 ** 31), max: 2 ** 31 - 1 };

export abstract class ChangingDomain extends VisibleDomain {
  /** [port]: disabled by `disablePort`. */
  protected readonly holds: boolean[] = [];

  /** @throws DlbError why nothing can be done with the domain any more */
  protected abstract checkOpen(): void;

  /** Has the scheduler carry out a command. */
  protected abstract apply(command: Command): Promise<Reply>;

  /** For commands that nobody waits for: if the scheduler is gone, the domain has said so. */
  protected post(command: Command): void {
    this.apply(command).catch(() => {});
  }

  protected wrongState(code: ErrorCode, what: string): DlbError {
    return new DlbError(code, `the domain ${what}`, { domain: this.name, state: this.state });
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
    this.checkOpen();
    const link = this.linkTable.add(this.checkPort(portId), queueId, priority, profile);
    this.post({ type: 'link', domain: this.id, link });
  }

  /**
   * As `unlink`, of a profile.
   * @throws DlbError as `unlink`; ERR_DLB_INVALID_ARGUMENT (profile)
   */
  unlinkProfile(portId: number, profile: number, queueId: number): void {
    this.checkOpen();
    const port = this.checkPort(portId);
    const link = this.linkTable.remove(port, queueId, profile);
    this.unlinksAsked[port] = (this.unlinksAsked[port]! + 1) | 0;
    this.post({ type: 'unlink', domain: this.id, link });
  }

  /**
   * Changes attributes of a queue at run time; those left out stay. Takes effect at the next pass.
   * @throws DlbError ERR_DLB_INVALID_QID, ERR_DLB_INVALID_PRIORITY, ERR_DLB_INVALID_SPEC,
   *                  ERR_DLB_DOMAIN_CLOSED
   */
  setQueueAttributes(queueId: number, attributes: QueueAttributes): void {
    this.checkOpen();
    const queue = this.checkQueue(queueId);
    field.checkObject(attributes, 'attributes', ['priority', 'weight', 'affinity']);
    const next = checkAttributes(attributes, 'attributes', this.attributes[queue]!);
    this.attributes[queue] = next;
    this.post({ type: 'attributes', domain: this.id, queue, attributes: next });
  }

  /**
   * Why events of a queue, or of one of its flows, are not delivered: the scheduler's own reason, in words as well.
   * @param flowId 0..1048575, of an atomic queue or of the atomic events of an `any` queue; left out, or for other
   *               queues: the queue as a whole
   * @throws DlbError ERR_DLB_INVALID_QID, ERR_DLB_INVALID_ARGUMENT, ERR_DLB_DOMAIN_CLOSED
   */
  async why(queueId: number, flowId?: number): Promise<Why> {
    this.checkOpen();
    const queue = this.checkQueue(queueId);
    const flow = flowId === undefined ? null : checkFlow(flowId);
    const reply = await this.apply({ type: 'why', domain: this.id, queue, flow });
    if (reply.why !== undefined) return reply.why;
    // It was closed meanwhile.
    throw this.wrongState('ERR_DLB_DOMAIN_CLOSED', 'is closed');
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
   * Raises an alert of kind 'user', for whoever reads the domain's alerts. `aux` is a whole number of
   * 32 bits. Resolves when it can be read.
   * @throws DlbError ERR_DLB_INVALID_ARGUMENT, ERR_DLB_DOMAIN_CLOSED
   */
  async raiseAlert(aux: number): Promise<void> {
    this.checkOpen();
    field.wholeNumber(aux, 'aux', { ...AUX_RANGE, code: 'ERR_DLB_INVALID_ARGUMENT' });
    await this.apply({ type: 'alert', domain: this.id, aux });
  }

  async #hold(portId: number, isHeld: boolean): Promise<void> {
    this.checkOpen();
    const port = this.checkPort(portId);
    this.holds[port] = isHeld;
    await this.apply({ type: 'hold', domain: this.id, port, isHeld });
  }
}

function checkFlow(flowId: number): number {
  const code = 'ERR_DLB_INVALID_ARGUMENT';
  return field.wholeNumber(flowId, 'flowId', { min: 0, max: FLOW_MASK, code });
}
