/**
 * One pass over one domain: take in, decide, deliver.
 *
 * Runs on: the scheduler. Bounded: each port is taken in up to what it had published when it was
 * looked at, and a CQ is filled up to its depth. Looks only at ports that rang, unless told to sweep.
 */
import { LEVELS } from '../eventdev/event.js';
import { STATE } from '../memory/domain-state.js';
import { HEADER, PORT } from '../memory/layout.js';
import { DOMAIN_COUNTS, PORT_COUNTS, QUEUE_COUNTS } from '../memory/scheduler-layout.js';
import { observe, publish, swap } from '#words';
import { doChores } from './chores.js';
import { markHeld, refreshRoom, wakePort } from './cq-room.js';
import { noteWish, settleCredits, wakeSeeker } from './credits.js';
import { deliverAll } from './delivery.js';
import { countIdlePieces } from './fragments.js';
import { countUnsent } from './independent.js';
import { drainWindows, takeIn } from './intake.js';
import { makeUnlinks } from './links.js';
import type { Machine } from './machine.js';
import type { PortSeat } from './port-seat.js';
import { cutOff, depart, hasLeft, meetNext } from './ownership.js';
import { answerYield } from './yield.js';

/** What a pass may do. */
export interface PassLimits {
  /** Entries taken in from all ports that rang together: one busy domain cannot starve its
   *  neighbours. Each of these ports gets an equal share, so no port starves another. */
  readonly pull: number;
  /** Look at every port: one may have died between publishing and ringing. */
  readonly sweep: boolean;
  /** The time in milliseconds, for depths that adapt; 0: they stay as they are. */
  readonly now: number;
}

/** Returns the number of events moved: taken in, or delivered if those were more. */
export function pass(machine: Machine, limits: PassLimits): number {
  const before = machine.sequence;
  machine.pass = (machine.pass + 1) | 0;
  if (machine.unlinks.length > 0) makeUnlinks(machine);
  const taken = visitPorts(machine, limits);
  const tookIn = machine.sequence !== before;
  if (machine.checkpoint !== null) machine.checkpoint.commitVisits();
  if (machine.chores !== 0) doChores(machine);
  if (machine.readyCount > 0) drainWindows(machine);
  const sent = machine.state === STATE.STARTED ? deliverAll(machine) : 0;
  machine.stats.notePass(tookIn, taken + sent > 0, sent, machine.touchedLow, machine.touchedHigh);
  if ((machine.touchedLow | machine.touchedHigh) !== 0) publishCqs(machine, limits.now);
  // While it stops, credits given out again would keep ports from ever being quiet.
  if (machine.state === STATE.STARTED) settleCredits(machine);
  if (machine.watchesThreshold) publishLevels(machine);
  return taken > sent ? taken : sent;
}

/** Ports have rung, or were not taken in to the end. Observes. */
export function hasRung(machine: Machine): boolean {
  return (
    machine.moreLow !== 0 ||
    machine.moreHigh !== 0 ||
    machine.unlinks.length > 0 ||
    machine.owesCredits ||
    observe(machine.words, HEADER.DOORBELL) !== 0 ||
    (machine.ports.length > 32 && observe(machine.words, HEADER.DOORBELL + 1) !== 0)
  );
}

function visitPorts(machine: Machine, limits: PassLimits): number {
  const low = visitGroup(machine, takeDoorbell(machine, 0) | machine.moreLow, 0, limits);
  if (machine.ports.length <= 32) return low;
  return low + visitGroup(machine, takeDoorbell(machine, 1) | machine.moreHigh, 32, limits);
}

/** Takes who rang: bits set after this are for the next pass. */
function takeDoorbell(machine: Machine, word: number): number {
  const { words } = machine;
  const at = HEADER.DOORBELL + word;
  // D2 → D1 (doorbell.ts): the bits are taken first, then the tails are observed.
  const rang = observe(words, at) === 0 ? 0 : swap(words, at, 0);
  if (machine.owner === 0) return rang;
  const near = words[HEADER.NEAR_DOORBELL + word]!;
  words[HEADER.NEAR_DOORBELL + word] = 0;
  return rang | near;
}

function visitGroup(machine: Machine, rang: number, first: number, limits: PassLimits): number {
  const { ports } = machine;
  let left = limits.sweep ? -1 : rang;
  if (machine.checkpoint !== null && left !== 0) {
    machine.checkpoint.open(first === 0 ? left : 0, first === 0 ? 0 : left);
  }
  const share = left === 0 ? 0 : (limits.pull / bitCount(left)) | 0;
  let more = 0;
  let taken = 0;
  while (left !== 0) {
    const bit = 31 - Math.clz32(left & -left);
    left &= left - 1;
    const port = ports[first + bit];
    // A bit that belongs to no port was set by nonsense.
    if (port === undefined) continue;
    taken += visit(machine, port, share, limits);
    if (port.more) more |= 1 << bit;
  }
  if (first === 0) machine.moreLow = more;
  else machine.moreHigh = more;
  return taken;
}

/** How many bits of a word are set. */
function bitCount(word: number): number {
  const pairs = word - ((word >>> 1) & 0x5555_5555);
  const fours = (pairs & 0x3333_3333) + ((pairs >>> 2) & 0x3333_3333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24;
}

function visit(machine: Machine, port: PortSeat, pull: number, limits: PassLimits): number {
  if (port.disabled) return 0;
  // Whoever has it now has rung, so a plain read tells: a near port is the thread's own.
  if (machine.owner !== 0) port.setNear(machine.words[port.at + PORT.OWNER] === machine.owner);
  const news = hasNews(machine, port) || limits.sweep;
  if (news) {
    if (hasLeft(machine, port)) port.leaving = true;
    countIdlePieces(machine, port);
    if (port.independent) countUnsent(machine, port);
  }
  const taken = takeIn(machine, port, pull);
  if (port.historyHead !== port.headSeen) {
    port.headSeen = port.historyHead;
    port.oldestSince = limits.now;
  }
  if (port.leaving && !port.more) {
    port.leaving = false;
    depart(machine, port);
  }
  if (!port.live || port.lacksShare) meetNext(machine, port);
  if (
    taken < 0 ||
    (news && !answerYield(machine, port)) ||
    !refreshRoom(machine, port, limits.now)
  ) {
    cutOff(machine, port);
    return 0;
  }
  // What it wishes for is looked at anew as long as it does: what it has counts its NEW events that
  // were not taken in.
  if (port.wish > 0 || machine.words[port.at + PORT.WISH] !== 0) noteWish(machine, port);
  return taken;
}

/** Whether the port has left marks that are no events. */
function hasNews(machine: Machine, port: PortSeat): boolean {
  const at = port.at + PORT.NEWS;
  // Mostly there are none: a plain read tells, since the port rang after it left them.
  if (machine.words[at] === port.news && !port.mustHear) return false;
  // E2 ← E1 (port/news.ts): the marks were published before.
  port.news = observe(machine.words, at);
  port.mustHear = false;
  return true;
}

/** One publish per CQ that was filled, then a look whether its thread sleeps. */
function publishCqs(machine: Machine, now: number): void {
  const { ports } = machine;
  for (let low = machine.touchedLow; low !== 0; low &= low - 1) {
    publishCq(machine, ports[31 - Math.clz32(low & -low)]!, now);
  }
  for (let high = machine.touchedHigh; high !== 0; high &= high - 1) {
    publishCq(machine, ports[63 - Math.clz32(high & -high)]!, now);
  }
  machine.touchedLow = 0;
  machine.touchedHigh = 0;
}

function publishCq(machine: Machine, port: PortSeat, now: number): void {
  if (port.adaptive && now > 0) markHeld(port);
  const sent = port.cq.pending;
  // It held nothing before.
  if (((port.historyTail - sent) | 0) === port.historyHead) port.oldestSince = now;
  port.cq.publish();
  machine.stats.addToPort(port.id, PORT_COUNTS.TX, sent);
  machine.stats.addToDomain(DOMAIN_COUNTS.TX, sent);
  wakePort(machine, port);
}

/** What ports compare with their newEventThreshold. */
function publishLevels(machine: Machine): void {
  const { inside } = machine;
  const more = inside - machine.publishedInside;
  if (more !== 0) {
    machine.publishedInside = inside;
    publish(machine.words, HEADER.IN_DOMAIN, inside);
  }
  for (const port of machine.ports) {
    const taken = (port.takenNew - port.publishedNew) | 0;
    if (taken !== 0) {
      port.publishedNew = port.takenNew;
      // T2 → T1 (admission.ts): IN_DOMAIN first.
      publish(machine.words, port.at + PORT.TAKEN_NEW, port.takenNew);
    }
    // There is more room below its threshold than before.
    if (port.threshold > inside && taken > more) wakeSeeker(machine, port, port.threshold - inside);
  }
}

/** Brings what control reads up to date. */
export function publishCounts(machine: Machine): void {
  const { stats, m, at, storage, parking } = machine;
  // A command may have changed the levels without a pass.
  if (machine.watchesThreshold) publishLevels(machine);
  for (const queue of machine.queues) {
    if (queue.stored > 0) stats.addToQueue(queue.id, QUEUE_COUNTS.RX, queue.stored);
    if (queue.stored === 0 && queue.levels === 0 && queue.levelsShown === 0) continue;
    queue.stored = 0;
    for (let levels = queue.levels | queue.levelsShown; levels !== 0; levels &= levels - 1) {
      const level = 31 - Math.clz32(levels & -levels);
      let waiting = 0;
      for (let i = 0; i < queue.lanes.length; i++) {
        const list = queue.lanes[i]!.list + level;
        waiting += storage.count(list) + parking.waiting[list]!;
      }
      m[at.waiting + queue.id * LEVELS + level] = waiting;
    }
    queue.levelsShown = queue.levels;
  }
  for (const port of machine.ports) {
    m[at.historyHead + port.id] = port.historyHead + port.holes;
    m[at.historyTail + port.id] = port.historyTail;
    stats.setPort(port.id, PORT_COUNTS.TAKEN_NEW, port.takenNew >>> 0);
  }
  stats.setDomain(DOMAIN_COUNTS.INSIDE, machine.inside);
  stats.setDomain(DOMAIN_COUNTS.FREE, machine.free);
  stats.publish();
}
