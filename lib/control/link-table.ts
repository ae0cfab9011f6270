/** Which ports are linked to which queues, in every profile: control's own record. */
import type { LinkCommand } from '../eventdev/commands.js';
import { DlbError } from '../eventdev/errors.js';
import { QUEUE_MASK } from '../eventdev/event.js';
import { PROFILES_MAX } from '../eventdev/limits.js';
import { SLOTS } from '../memory/slot-word.js';
import * as field from './fields.js';
import { kindOf } from './port-kind.js';
import type { Checked, CheckedPort } from './spec-check.js';
import { checkLink, directedLinked, otherPort } from './spec-check.js';

/** A link as its port sees it. */
export interface Link {
  readonly queue: number;
  /** 0..255, 0 most urgent. */
  readonly priority: number;
}

export class LinkTable {
  readonly #queues: Checked['queues'];
  /** By port, where a DLB has ports of two kinds: what it was created as; null: what its links say. */
  readonly #kinds: readonly CheckedPort['kind'][] | null;
  /** By port, profile and queue. */
  readonly #links = new Map<number, LinkCommand>();
  /** The same by port: the most that can be looked through at once. */
  readonly #byPort: Map<number, LinkCommand>[];

  /** @param strict as a DLB has it: queues of one kind per port, in so many slots.
   *  @throws DlbError ERR_DLB_INVALID_QID, ERR_DLB_NO_QID_SLOTS_AVAILABLE */
  constructor(checked: Checked, strict = false) {
    this.#queues = checked.queues;
    this.#byPort = checked.ports.map(() => new Map());
    this.#kinds = strict ? checked.ports.map((_, id) => kindOf(checked, id)) : null;
    for (const link of checked.links) this.#put(link, `spec.ports[${link.port}].links`);
  }

  /** All links of all ports and profiles. */
  get all(): readonly LinkCommand[] {
    return [...this.#links.values()];
  }

  /** Checks and notes a link; again with another priority changes it. */
  add(port: number, queue: number, priority: number | undefined, profile: number): LinkCommand {
    const wanted = this.#check(port, queue, priority, profile);
    const other = otherPort(this.#queues, this.#links.values(), wanted);
    if (other >= 0) throw directedLinked(wanted, other);
    this.#put(wanted);
    return wanted;
  }

  #put(wanted: LinkCommand, at = 'queueId'): void {
    if (this.#kinds !== null) this.#checkSlots(wanted, this.#kinds, at);
    this.#forget(wanted);
    // The newest is the last one.
    this.#links.set(keyOf(wanted), wanted);
    this.#byPort[wanted.port]!.set(keyOf(wanted), wanted);
  }

  /** Checks against what has been asked for, not against what has taken effect: then a slot that is being
   *  freed can be asked for, and one that is being taken cannot. */
  #checkSlots(wanted: LinkCommand, kinds: readonly CheckedPort['kind'][], at: string): void {
    const { port, queue, profile } = wanted;
    const all = [...this.#byPort[port]!.values()];
    const its = all.filter((link) => keyOf(link) !== keyOf(wanted));
    const kind = this.#kindOfQueue(queue);
    const portKind = kinds[port] ?? (its.length > 0 ? this.#kindOfQueue(its[0]!.queue) : kind);
    const details = { field: at, queueId: queue, portId: port };
    if (portKind !== kind) {
      const what = 'a port of a DLB serves queues of one kind only';
      throw new DlbError('ERR_DLB_INVALID_QID', what, { ...details, kind: portKind });
    }
    // A directed queue is a pair with its port, whatever the profile.
    const isDirected = kind === 'directed';
    const taken = its.filter((link) =>
      isDirected ? link.queue !== queue : link.profile === profile,
    ).length;
    const slots = isDirected ? 1 : SLOTS;
    if (taken < slots) return;
    const what = 'all slots of the port are taken';
    throw new DlbError('ERR_DLB_NO_QID_SLOTS_AVAILABLE', what, { ...details, slots });
  }

  #kindOfQueue(queue: number): 'loadBalanced' | 'directed' {
    return this.#queues[queue]!.type === 'directed' ? 'directed' : 'loadBalanced';
  }

  /** Checks and forgets a link. */
  remove(port: number, queue: number, profile: number): LinkCommand {
    const wanted = this.#check(port, queue, undefined, profile);
    if (!this.#forget(wanted)) {
      const details = { field: 'queueId', queueId: queue, portId: port, profile };
      throw new DlbError('ERR_DLB_INVALID_QID', 'the queue is not linked to the port', details);
    }
    return wanted;
  }

  #forget(link: LinkCommand): boolean {
    this.#byPort[link.port]!.delete(keyOf(link));
    return this.#links.delete(keyOf(link));
  }

  /** The links of a port in a profile, by queue. */
  of(port: number, profile: number): Link[] {
    const checked = checkProfile(profile);
    return [...(this.#byPort[port]?.values() ?? [])]
      .filter((link) => link.profile === checked)
      .map(({ queue, priority }) => ({ queue, priority }))
      .toSorted((a, b) => a.queue - b.queue);
  }

  #check(port: number, queue: number, priority: number | undefined, profile: number): LinkCommand {
    const link = checkLink(port, queue, priority, this.#queues, 'queueId');
    return { ...link, profile: checkProfile(profile) };
  }
}

function checkProfile(profile: number): number {
  return field.wholeNumber(profile, 'profile', {
    min: 0,
    max: PROFILES_MAX - 1,
    code: 'ERR_DLB_INVALID_ARGUMENT',
  });
}

function keyOf({ port, queue, profile }: LinkCommand): number {
  return (port * PROFILES_MAX + profile) * (QUEUE_MASK + 1) + queue;
}
