/**
 * The DLB, emulated: all domains of one scheduler worker, or of an inline device.
 *
 * Runs on: one thread, which calls `pass` and `apply` in turn.
 * The thread that calls decides about idling; nothing here waits. A domain in which something
 * throws is given up, alone: its ports read 'closed', the others go on.
 */
import type { Command, DomainPlan, Reply } from '../eventdev/commands.js';
import { QE_WORDS } from '../eventdev/event.js';
import type { ResetStep } from '../eventdev/reports.js';
import { creditTag, leaseWord } from '../memory/domain-state.js';
import { PORT } from '../memory/layout.js';
import { DOMAIN_COUNTS } from '../memory/scheduler-layout.js';
import { assert } from '../memory/assert.js';
import { initPool } from '../mempool/index.js';
import { publish } from '#words';
import { Checkpoint } from './checkpoint.js';
import { beginAdaptive } from './cq-room.js';
import { applyLinks, carryOut } from './carry-out.js';
import { wholeMs } from './clock.js';
import { forgetAll } from './flush.js';
import { close, isQuiet, start, startFor } from './lifecycle.js';
import { Machine } from './machine.js';
import { closeGate, drain } from './reset.js';
import { hasRung, pass, publishCounts } from './pass.js';
import { resume } from './resume.js';
import { makeSlots } from './slots.js';
import { watch, WATCH_MS } from './watchdog.js';
import { why } from './why.js';

/** Inline passes take in everything; a small integer, since others are allocated when passed on. */
const WHOLE_PULL = 0x3fff_ffff;
/** Entries that a pass takes in from one domain, as domains may share a scheduler worker. */
const SHARED_PULL = 4096;

/** An inline device looks at its clock in every so many passes: that takes as long as an event does. */
const PASSES_PER_LOOK = 64;

/** What no OWNER word of a port that is attached says. */
const NOBODY = 0;

type Stop = Extract<Command, { type: 'stop' }>;
type Answer = (reply: Reply) => void;
/** Told once of a domain that was given up; its commands are not answered any more. */
type FailureListener = (domain: number, why: string) => void;

/** Told of a domain that has alerts, if a reader waits for some. */
type AlertListener = (domain: number) => void;

interface Stopping {
  readonly until: number;
  readonly answer: Answer;
  readonly trace: ResetStep[];
  readonly isDropped: boolean;
}

/** A domain that is scheduled here. */
export class ScheduledDomain {
  readonly machine: Machine;
  stopping: Stopping | null = null;

  /** Counts have changed since they were published. */
  isStale = false;

  constructor(plan: DomainPlan, owner: number) {
    this.machine = new Machine(plan, owner);
  }

  get words(): Int32Array {
    return this.machine.words;
  }

  hasWork(): boolean {
    return hasRung(this.machine);
  }
}

export class Scheduler {
  /** In the order they came. */
  readonly domains: ScheduledDomain[] = [];
  readonly #inline: boolean;
  readonly #onFailure: FailureListener;
  /** The thread that makes the passes, for ports to know that they are near; null: never. */
  readonly #thread: number | null;
  readonly #onAlert: AlertListener;
  /** As of the last look, in milliseconds that wrap; and when the watchdog looked last. */
  #clock = wholeMs();
  #watchedAt = 0;
  #passes = 0;
  readonly #limits: { pull: number; sweep: boolean; now: number };

  /**
   * @param inline every pass takes in everything, depths stay as they are, counts are exact.
   * @param thread the id of this thread, for an inline device: ports of its own are near, and counts
   *               are published when somebody asks for a `refresh`.
   * @param onAlert told of a domain that has alerts, if a reader waits for some.
   */
  constructor(
    inline: boolean,
    onFailure: FailureListener,
    thread: number | null = null,
    onAlert: AlertListener = () => {},
  ) {
    this.#onAlert = onAlert;
    this.#inline = inline;
    this.#thread = thread;
    this.#onFailure = onFailure;
    this.#limits = { pull: inline ? WHOLE_PULL : SHARED_PULL, sweep: false, now: 0 };
  }

  /** A stop waits for ports to settle: passes are due even when nobody rings. */
  get isStopping(): boolean {
    return this.domains.some((domain) => domain.stopping !== null);
  }

  /** One pass over all domains. Returns the number of events moved. */
  pass(sweep = false): number {
    const limits = this.#limits;
    limits.sweep = sweep;
    const isWatchDue = this.#tick(limits);
    let sum = 0;
    // Backwards, as a domain that fails leaves the list.
    for (let i = this.domains.length - 1; i >= 0; i--) {
      const domain = this.domains[i]!;
      try {
        sum += this.#passOver(domain, sweep);
        if (isWatchDue) watch(domain.machine);
        if (domain.machine.alerts.isNew) this.#tell(domain);
      } catch (error) {
        this.#giveUp(domain, error);
      }
    }
    return sum;
  }

  /** Takes note of the time, as far as it is known without costing what a pass does. Whether the watchdog is
   *  to look. */
  #tick(limits: { now: number }): boolean {
    if (!this.#inline) {
      limits.now = performance.now();
      this.#clock = Math.trunc(limits.now) | 0;
    } else if ((this.#passes = (this.#passes + 1) % PASSES_PER_LOOK) === 0) this.#clock = wholeMs();
    if (((this.#clock - this.#watchedAt) | 0) < WATCH_MS) return false;
    this.#watchedAt = this.#clock;
    return true;
  }

  #tell({ machine }: ScheduledDomain): void {
    if (machine.alerts.takeCall()) this.#onAlert(machine.id);
  }

  /**
   * Carries out a command between two passes. `answer` is called when it is done: at once, but for
   * a stop, which takes passes; not at all if the domain had to be given up.
   */
  apply(command: Command, answer: Answer): void {
    if (command.type === 'open' || command.type === 'resume') return this.#open(command, answer);
    const domain = this.domains.find((each) => each.machine.id === command.domain);
    // Closed meanwhile: there is nothing left to do.
    if (domain === undefined) return answer({});
    this.#clock = domain.machine.readClock();
    try {
      this.#apply(domain, command, answer);
      if (domain.machine.alerts.isNew) this.#tell(domain);
    } catch (error) {
      this.#giveUp(domain, error);
    }
  }

  /** Brings what control reads of a domain up to date. */
  refresh(id: number): void {
    const domain = this.domains.find((each) => each.machine.id === id);
    if (domain === undefined || !domain.isStale) return;
    domain.isStale = false;
    publishCounts(domain.machine);
  }

  #open(command: Extract<Command, { plan: DomainPlan }>, answer: Answer): void {
    const { plan } = command;
    let reply: Reply = {};
    try {
      const domain = new ScheduledDomain(plan, this.#thread === null ? NOBODY : this.#thread + 1);
      const { machine } = domain;
      if (command.type === 'open') open(machine, this.#inline);
      else resume(machine, command);
      // Nobody recovers an inline device: its scheduler ends when the process does.
      if (!this.#inline) machine.checkpoint = new Checkpoint(machine);
      if (command.type === 'resume' && command.isStarted) reply = goOn(machine, command);
      publishCounts(machine);
      this.domains.push(domain);
    } catch (error) {
      return this.#onFailure(plan.domain, reasonOf(error));
    }
    answer(reply);
  }

  #apply(domain: ScheduledDomain, command: Command, answer: Answer): void {
    if (command.type === 'stop') return this.#stop(domain, command, answer);
    if (command.type === 'why') {
      const { queue, flow } = command;
      return answer({ why: why(domain.machine, queue, flow, performance.now()) });
    }
    const reply = carryOut(domain.machine, command);
    if (command.type === 'close') this.domains.splice(this.domains.indexOf(domain), 1);
    publishCounts(domain.machine);
    answer(reply);
  }

  #passOver(domain: ScheduledDomain, sweep: boolean): number {
    const { machine } = domain;
    const { free } = machine;
    machine.clock = this.#clock;
    // A reclaim may have completed what windows wait for.
    const isDue = machine.readyCount > 0;
    const rang = this.#inline || sweep || isDue || domain.hasWork();
    const moved = pass(machine, this.#limits);
    machine.stats.addToDomain(DOMAIN_COUNTS.PASSES, 1);
    // Credits that a reclaim gave back go to others in a pass for which nobody rang.
    if (this.#thread !== null) domain.isStale = true;
    else if (rang || moved > 0 || machine.free !== free) publishCounts(machine);
    if (domain.stopping !== null) this.#tryFinish(domain, domain.stopping);
    return moved;
  }

  /** Nothing more is done with the domain: its memory may be in any state. */
  #giveUp(domain: ScheduledDomain, error: unknown): void {
    this.domains.splice(this.domains.indexOf(domain), 1);
    close(domain.machine);
    this.#onFailure(domain.machine.id, reasonOf(error));
  }

  #stop(domain: ScheduledDomain, { graceMs, isDropped }: Stop, answer: Answer): void {
    assert(domain.stopping === null, 'one stop at a time');
    const trace: ResetStep[] = [];
    closeGate(domain.machine, trace);
    domain.stopping = { until: performance.now() + graceMs, answer, trace, isDropped };
    // A grace of 0 still takes in what has been enqueued.
    this.pass(true);
  }

  #tryFinish(domain: ScheduledDomain, stopping: Stopping): void {
    if (!isQuiet(domain.machine) && performance.now() < stopping.until) return;
    domain.stopping = null;
    const { trace, isDropped } = stopping;
    const { machine } = domain;
    const flushed = drain(machine, trace);
    const dropped = isDropped ? flushed.length / QE_WORDS : 0;
    machine.stats.addToDomain(DOMAIN_COUNTS.DROPPED, dropped);
    publishCounts(machine);
    stopping.answer({ flushed, trace });
    // Not before: if this thread ended in between, nobody would have the events.
    forgetAll(machine);
    machine.checkpoint?.commit();
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Starts a domain again whose scheduler has died. */
function goOn(machine: Machine, { teller }: Extract<Command, { type: 'resume' }>): Reply {
  if (teller !== null) return { lent: startFor(machine, teller.thread) };
  start(machine);
  return {};
}

/** Takes a domain on: its ports may attach from now on. */
function open(machine: Machine, inline: boolean): void {
  const { plan } = machine;
  for (const port of machine.ports) {
    const lease = leaseWord(port.lease, false, false, port.generation);
    machine.m[machine.at.depthInUse + port.id] = port.depth;
    if (!inline) beginAdaptive(machine, port);
    publish(machine.words, port.at + PORT.CQ_START, port.cqStart);
    publish(machine.words, port.at + PORT.CREDIT, creditTag(lease));
    publish(machine.words, port.at + PORT.LEASE, lease);
    publish(machine.words, port.at + PORT.ACK_GENERATION, port.generation);
  }
  if (machine.layout.pool !== null) initPool(machine.words, machine.layout.pool);
  for (const port of machine.ports) if (plan.strictLinks) port.slots = makeSlots(machine, port);
  applyLinks(machine, plan.links);
}
