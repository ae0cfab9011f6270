/** Which ports are linked to which queues, in every profile: control's own record. */
import type { LinkCommand } from '../eventdev/commands.js';
import { DlbError } from '../eventdev/errors.js';
import { PROFILES_MAX } from '../eventdev/limits.js';
import { SLOTS } from '../memory/slot-word.js';
import * as field from './fields.js';
import type { Checked } from './spec-check.js';
import { checkLink, directedLinked, otherPort } from './spec-check.js';

/** A link as its port sees it. */
export interface Link {
  readonly queue: number;
  /** 0..255, 0 most urgent. */
  readonly priority: number;
}

export class LinkTable {
  readonly #queues: Checked['queues'];
  /** Most queues that a port can be linked to, directed ones aside. */
  readonly #slots: number;
  #links: LinkCommand[];

  /** @throws DlbError ERR_DLB_NO_QID_SLOTS_AVAILABLE */
  constructor(checked: Checked, strict = false) {
    this.#queues = checked.queues;
    this.#slots = strict ? SLOTS : Infinity;
    this.#links = [];
    for (const link of checked.links) this.#put(link);
  }

  /** All links of all ports and profiles. */
  get all(): readonly LinkCommand[] {
    return this.#links;
  }

  /** Checks and notes a link; again with another priority changes it. */
  add(port: number, queue: number, priority: number | undefined, profile: number): LinkCommand {
    const wanted = this.#check(port, queue, priority, profile);
    const other = otherPort(this.#queues, this.#links, wanted);
    if (other >= 0) throw directedLinked(wanted, other);
    this.#put(wanted);
    return wanted;
  }

  /** Checks against what has been asked for, not against what has taken effect: then a slot that is being
   *  freed can be asked for, and one that is being taken cannot. */
  #put(wanted: LinkCommand): void {
    const others = this.#links.filter((link) => !isSame(link, wanted));
    const taken = others.filter((link) => this.#shareSlots(link, wanted)).length;
    if (this.#queues[wanted.queue]!.type !== 'directed' && taken >= this.#slots) {
      throw new DlbError('ERR_DLB_NO_QID_SLOTS_AVAILABLE', 'all slots of the port are taken', {
        field: 'queueId',
        queueId: wanted.queue,
        portId: wanted.port,
        slots: this.#slots,
      });
    }
    this.#links = [...others, wanted];
  }

  #shareSlots(link: LinkCommand, { port, profile }: LinkCommand): boolean {
    const isDirected = this.#queues[link.queue]!.type === 'directed';
    return !isDirected && link.port === port && link.profile === profile;
  }

  /** Checks and forgets a link. */
  remove(port: number, queue: number, profile: number): LinkCommand {
    const wanted = this.#check(port, queue, undefined, profile);
    const left = this.#links.filter((link) => !isSame(link, wanted));
    if (left.length === this.#links.length) {
      const details = { field: 'queueId', queueId: queue, portId: port, profile };
      throw new DlbError('ERR_DLB_INVALID_QID', 'the queue is not linked to the port', details);
    }
    this.#links = left;
    return wanted;
  }

  /** The links of a port in a profile, by queue. */
  of(port: number, profile: number): Link[] {
    const checked = checkProfile(profile);
    return this.#links
      .filter((link) => link.port === port && link.profile === checked)
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

function isSame(a: LinkCommand, b: LinkCommand): boolean {
  return a.port === b.port && a.queue === b.queue && a.profile === b.profile;
}
