/**
 * Takes everything out of a domain whose scheduler has died, so that a new one can begin.
 *
 * Runs on: whoever starts the new scheduler, when the thread of the old one has ended: nothing but the
 * ports' threads touches the memory meanwhile, and whoever dies here takes the process with it.
 * As at a stop: the epoch rises, every port gets a new lease and its ring is fenced, so that a port
 * forgets what it held, and what it enqueued either counts or never was. Then each event that is
 * inside is found once (salvage.ts), and scheduler memory is as new, but for its counts,
 * alerts and which ports are cut off.
 */
import type { DomainPlan } from '../eventdev/commands.js';
import { QE_WORDS } from '../eventdev/event.js';
import {
  controlWord,
  creditTag,
  epochOf,
  isDisabled,
  isHeld,
  LEASE_NUMBER_MASK,
  leaseNumber,
  leaseWord,
  STATE,
  stateOf,
} from '../memory/domain-state.js';
import { domainLayout, HEADER, PORT } from '../memory/layout.js';
import type { DomainLayout, PortLayout } from '../memory/layout.js';
import {
  AREA,
  DOMAIN_COUNTS,
  DOMAIN_COUNT_SLOTS,
  PORT_COUNTS,
  PORT_COUNT_SLOTS,
  PORT_MARK,
  PORT_MARK_WORDS,
  schedulerLayout,
} from '../memory/scheduler-layout.js';
import type { SchedulerLayout } from '../memory/scheduler-layout.js';
import { raise } from '../memory/signal.js';
import { fence, FENCE_STEP } from '../ring/fence.js';
import { observe, publish } from '#words';
import { putEvent } from './flush.js';
import { Salvage } from './salvage.js';
import type { Taken } from './salvage-rings.js';

export interface RecoveryOptions {
  /** The domain was started, and no stop was under way: its ports go on. */
  readonly isStarted: boolean;
  /** False: control knows that nothing is inside, whatever memory says. */
  readonly mayHold: boolean;
  /** Events are counted as dropped: nobody wants them. */
  readonly isDropped: boolean;
}

/**
 * Returns the events, four words each, in an order that keeps that of each flow. `plan` is that of the
 * dead scheduler, as far as queues and ports go.
 */
export function recoverDomain(plan: DomainPlan, options: RecoveryOptions): Int32Array {
  const words = new Int32Array(plan.memory);
  const m = new Int32Array(plan.schedulerMemory);
  const at = schedulerLayout(plan);
  const layout = domainLayout({
    queues: plan.queues.length,
    eventsLimit: plan.eventsLimit,
    ringDepth: plan.ringDepth,
    cqDepths: plan.ports.map((port) => port.depth),
    buffers: plan.buffers,
  });
  const tails = closePorts(words, layout, options.isStarted);
  const salvage = new Salvage(plan, words, layout, m, at);
  const taken = layout.ports.map((_, id) => salvage.takeRing(id, tails[id]!));
  const all = options.mayHold ? salvage.collect() : [];
  // A port that wrote nonsense may have more in its ring than there can be.
  const found = all.slice(0, plan.capacity);
  const dropped = options.isDropped ? all.length : all.length - found.length;
  const events = new Int32Array(found.length * QE_WORDS);
  found.forEach(({ from, entry, renewal }, i) => {
    const to = i * QE_WORDS;
    putEvent(from, entry, events, to);
    if (renewal >= 0) events.set(words.subarray(renewal + 2, renewal + QE_WORDS), to + 2);
  });
  countTaken(plan, m, at, taken, dropped);
  forget(m, at);
  layout.ports.forEach((port, id) => {
    const head = (tails[id]! + FENCE_STEP) | 0;
    const { takenNew } = taken[id]!;
    for (const area of at.areas) {
      const marks = area + AREA.PORTS + id * PORT_MARK_WORDS;
      m[marks + PORT_MARK.RING_HEAD] = head;
      m[marks + PORT_MARK.TAKEN_NEW] = takenNew;
    }
    words[port.enqueue.headAt] = head;
    words[port.at + PORT.TAKEN_NEW] = takenNew;
    // A thread may have died between counting and publishing.
    words[port.at + PORT.NEW_COUNT] = takenNew;
  });
  return events;
}

/** Ends all leases and fences all rings. Returns where each ring ended. */
function closePorts(words: Int32Array, layout: DomainLayout, isStarted: boolean): number[] {
  const control = observe(words, HEADER.CTL);
  const rests = stateOf(control) === STATE.CONFIGURED ? STATE.CONFIGURED : STATE.STOPPED;
  const epoch = (epochOf(control) + 1) | 0;
  // G2 → G1 (port-gate.ts), as at a stop.
  publish(words, HEADER.CTL, controlWord(epoch, isStarted ? STATE.STARTED : rests));
  return layout.ports.map((port) => {
    renewLease(words, port);
    const tail = fence(words, port.enqueue);
    raise(words, port.at + PORT.WAKE);
    return tail;
  });
}

function renewLease(words: Int32Array, { at }: PortLayout): void {
  const lease = observe(words, at + PORT.LEASE);
  const known = observe(words, at + PORT.ACK_GENERATION);
  const left = observe(words, at + PORT.DETACHED);
  // Its owner has left, and nobody came round to see it.
  const generation = ((left - known) | 0) >= 0 ? (left + 1) | 0 : known;
  const number = ((leaseNumber(lease) & LEASE_NUMBER_MASK) + 1) & LEASE_NUMBER_MASK;
  const next = leaseWord(number, isDisabled(lease), isHeld(lease), generation);
  publish(words, at + PORT.CQ_START, observe(words, at + PORT.CQ_TAIL));
  publish(words, at + PORT.CREDIT, creditTag(next));
  // G2 → G1 (port-gate.ts): who sees the generation sees its lease and where its CQ begins.
  publish(words, at + PORT.LEASE, next);
  publish(words, at + PORT.ACK_GENERATION, generation);
}

/** Brings the counts that were published last up to what was taken in here. */
function countTaken(
  plan: DomainPlan,
  m: Int32Array,
  at: SchedulerLayout,
  taken: readonly Taken[],
  dropped: number,
): void {
  const counts = new Float64Array(m.buffer, at.counts * 4, at.countSlots);
  // It may have died while it copied them.
  m[at.statsSeq] = (m[at.statsSeq]! + 1) & ~1;
  const add = (slot: number, by: number): void => {
    counts[slot] = counts[slot]! + by;
  };
  taken.forEach(({ events, unknown, lost, takenNew }, id) => {
    const port = DOMAIN_COUNT_SLOTS + id * PORT_COUNT_SLOTS;
    add(port + PORT_COUNTS.RX, events);
    add(port + PORT_COUNTS.DROPPED, unknown);
    counts[port + PORT_COUNTS.TAKEN_NEW] = takenNew >>> 0;
    add(DOMAIN_COUNTS.RX, events);
    add(DOMAIN_COUNTS.DROPPED, lost);
  });
  add(DOMAIN_COUNTS.DROPPED, dropped);
  counts[DOMAIN_COUNTS.INSIDE] = 0;
  counts[DOMAIN_COUNTS.FREE] = plan.eventsLimit;
  add(DOMAIN_COUNTS.RECOVERIES, 1);
}

/** Zeroes all but counts, `unlinksDone` and what follows it up to the checkpoint: which ports are cut off, link slots,
 *  alerts. 0 is no event in every structure. */
function forget(m: Int32Array, at: SchedulerLayout): void {
  m.fill(0, at.waiting, at.givenEvents);
  m.fill(0, at.historyHead, at.unlinksDone);
  m.fill(0, at.checkpoint);
}
