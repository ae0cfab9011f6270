/**
 * Who gets which credits: eventdev's closed system, granted only here.
 *
 * Runs on: the scheduler, at the end of a pass.
 * Sum of all: free + unspent of every port + events inside = eventsLimit; free is negative while
 * pieces have overdrawn. What a port took with it
 * when it died is exact: granted, less revoked, less seen as NEW.
 *
 * Free credits go to the ports that spend. A port that was refused leaves a wish; if nothing is
 * free, the ports with the most unspent credits give theirs up, so the last credit of the domain
 * can be had by whoever asks for it. A wish is served once: what its thread does not come to take is had by
 * others, and the wish is over, unless the thread waits for just that.
 */
import { grantCredits, revokeCredits } from '../credit/credit-word.js';
import type { Lent } from '../eventdev/commands.js';
import { creditTag, leaseWord } from '../memory/domain-state.js';
import { PORT, SEEKS_SHIFT, WISH_MASK, WISH_OVER } from '../memory/layout.js';
import { observeNear } from '../memory/near.js';
import { raise } from '../memory/signal.js';
import { observe, swapIf } from '#words';
import type { Machine } from './machine.js';
import type { PortSeat } from './port-seat.js';

/** A port that spent within this many passes is given free credits without asking. */
const SPENDER_PASSES = 64;

/** A wish that was granted is not taken back for this many passes: its thread has to come round to
 *  use it. Together with a pass or two to be seen every wish is served within 16. */
const GRANTED_PASSES = 8;

/** A port that has some credits and did not ask again within so many passes may have given up: it asks anew
 *  when it has taken what it has. */
const ASKING_PASSES = 2;

/** Splits all credits over the ports. To be called when the domain starts. */
export function splitCredits(machine: Machine): void {
  const ports = machine.ports.filter((port) => !port.held && !port.disabled);
  const share = Math.floor(machine.free / Math.max(1, ports.length));
  const extra = machine.free - share * ports.length;
  ports.forEach((port, i) => {
    port.lacksShare = false;
    grant(machine, port, share + (i < extra ? 1 : 0));
  });
}

/**
 * After a recovery: the thread that is told what was inside may enqueue it again before anybody sends NEW events. All
 * credits are granted to its ports, but not handed to them: whoever tells does that when it begins.
 */
export function lendCredits(machine: Machine, thread: number | null): Lent[] {
  const { ports, words } = machine;
  machine.withholds = true;
  if (thread === null) return [];
  const its = ports.filter(
    (port) => port.takesPart && observe(words, port.at + PORT.OWNER) === thread + 1,
  );
  return its.map((port, i) => {
    const credits = Math.floor(machine.free / (its.length - i));
    machine.free -= credits;
    port.unspent += credits;
    port.isLent = true;
    return { port: port.id, tag: creditTag(leaseWord(port.lease, false, false)), credits };
  });
}

/** Looks whether the port wants more credits than it has; a wish that is over is none. */
export function noteWish(machine: Machine, port: PortSeat): void {
  const at = port.at + PORT.WISH;
  // Mostly there is none: a plain read tells, since the port rang after it left one. What a thread
  // that has left or died wished for is nobody's wish.
  if (!mayHave(machine, port) || machine.words[at] === 0) {
    port.wish = 0;
    return;
  }
  // C4 ← C3 (admission.ts): the wish was published before the port rang.
  const word = observe(machine.words, at);
  if (word !== port.wishWord) port.askedAt = machine.pass;
  port.wishWord = word;
  const stands = word > 0 || seeks(machine, port) > 0;
  const wanted = stands ? Math.min(word & WISH_MASK, machine.plan.eventsLimit) : 0;
  if (port.wish === 0) port.wishedAt = machine.pass;
  port.wish = wanted > port.unspent ? wanted - port.unspent : 0;
  if (port.wish > 0) addWisher(machine, port);
  // It was granted them before its wish was seen, and nobody woke it then.
  else if (stands) wakeSeeker(machine, port, port.unspent);
}

/** Whether the port may be granted credits. */
export function mayHave(machine: Machine, port: PortSeat): boolean {
  return port.takesPart && (!machine.withholds || port.isLent);
}

/** NEW events that the port's thread waits for to be accepted; 0: for none. Observes. */
function seeks(machine: Machine, port: PortSeat): number {
  return observeNear(port.near, machine.words, port.at + PORT.SLEEPING) >>> SEEKS_SHIFT;
}

/** Wakes the port's thread if it waits for no more than `enough` NEW events to be accepted: to be called after what
 *  lets them in was published. */
export function wakeSeeker(machine: Machine, port: PortSeat, enough: number): void {
  // W1 → W2 (waiter.ts): published first, then looked whether the thread sleeps.
  const sought = seeks(machine, port);
  if (sought > 0 && sought <= enough) raise(machine.words, port.at + PORT.WAKE);
}

/** Takes note that a port took NEW events into this pass. */
export function noteSpender(machine: Machine, port: PortSeat): void {
  port.spentAt = machine.pass;
  if (port.spending) return;
  port.spending = true;
  machine.spenders.push(port);
}

/** Hands free credits to the ports that wish for some, then to those that spent lately. */
export function settleCredits(machine: Machine): void {
  if (machine.free < 0) coverOverdraft(machine);
  if (machine.wishing) grantWishes(machine);
  if (machine.free > 0) repaySpenders(machine);
  if (machine.free > 0 && machine.wishing) giveRest(machine);
}

/**
 * Wishes of ports that ask, the oldest of them first, each its fair share; what is missing for them is taken back
 * from others.
 */
function grantWishes(machine: Machine): void {
  machine.wishing = false;
  const { wishers } = machine;
  let wishes = 0;
  let asking = 0;
  for (let i = wishers.length - 1; i >= 0; i--) {
    const port = wishers[i]!;
    if (port.wish > 0) noteWish(machine, port);
    port.asks = port.wish > 0 && isAsking(machine, port);
    if (port.wish === 0) {
      port.wishes = false;
      wishers[i] = wishers[wishers.length - 1]!;
      wishers.pop();
    }
    if (!port.asks) continue;
    wishes += port.wish;
    asking++;
  }
  if (asking > 0) revokeUnowned(machine);
  while (machine.free < wishes && revokeRichest(machine));
  for (let port = oldestWish(machine); port !== null; port = oldestWish(machine)) {
    serveWish(machine, port, Math.ceil(machine.free / Math.max(1, asking--)));
  }
  machine.owesCredits = machine.wishing && someCanGive(machine);
}

/** What nobody else takes goes to wishes that were served in part, until another asks. */
function giveRest(machine: Machine): void {
  for (const port of machine.wishers) {
    const count = Math.max(0, Math.min(port.wish, machine.free));
    port.wish -= count;
    grant(machine, port, count);
  }
}

/** Its wish was not served yet, in part at least, or its thread asked within the last passes, or waits until it has
 *  them. A thread that waits for events alone does not ask: what it is granted now it may take much later. */
function isAsking(machine: Machine, port: PortSeat): boolean {
  if (port.unspent === 0 || (machine.pass - port.askedAt) >>> 0 <= ASKING_PASSES) return true;
  return seeks(machine, port) > 0;
}

/** The wish of the port is looked at in every pass from now on, until it has none. */
function addWisher(machine: Machine, port: PortSeat): void {
  machine.wishing = true;
  if (port.wishes) return;
  port.wishes = true;
  machine.wishers.push(port);
}

function serveWish(machine: Machine, port: PortSeat, share: number): void {
  const count = Math.max(0, Math.min(port.wish, share, machine.free));
  port.wish -= count;
  port.servedAt = machine.pass;
  if (count > 0) port.grantedAt = machine.pass;
  grant(machine, port, count);
  if (port.wish > 0) machine.wishing = true;
  if (count > 0) wakeSeeker(machine, port, port.unspent);
}

/** The wish that is open longest of those not served in this pass. */
function oldestWish(machine: Machine): PortSeat | null {
  const { wishers } = machine;
  let oldest: PortSeat | null = null;
  for (let i = 0; i < wishers.length; i++) {
    const port = wishers[i]!;
    if (port.wish === 0 || !port.asks || port.servedAt === machine.pass) continue;
    if (oldest === null || isOlder(port, oldest)) oldest = port;
  }
  return oldest;
}

/** Of wishes of the same pass the port with the lower id counts as older. */
function isOlder(port: PortSeat, other: PortSeat): boolean {
  const passes = (port.wishedAt - other.wishedAt) | 0;
  return passes < 0 || (passes === 0 && port.id < other.id);
}

/** Takes the credits of ports that no thread has: whoever asks has too few for what it does, and would ask again
 *  and again, served by what comes back. Who takes such a port is given a share of what is free then. */
function revokeUnowned(machine: Machine): void {
  for (const port of machine.ports) {
    if (port.unspent === 0 || port.asks) continue;
    // Whoever takes the port at this moment is given a share like all that come later.
    if (observe(machine.words, port.at + PORT.OWNER) !== 0) continue;
    revoke(machine, port);
    port.lacksShare = true;
  }
}

/** Takes all unspent credits of the richest port that can give some. False when there is none. */
function revokeRichest(machine: Machine): boolean {
  let richest: PortSeat | null = null;
  for (const port of machine.ports) {
    if (!canGive(machine, port) || wasGranted(machine, port)) continue;
    if (richest === null || port.unspent > richest.unspent) richest = port;
  }
  if (richest === null) return false;
  revoke(machine, richest);
  richest.emptiedAt = machine.pass;
  endWish(machine, richest);
  return true;
}

/** The port has lost what it had wished for before it came to take it. Only one that waits for just that goes on wishing. */
export function endWish(machine: Machine, port: PortSeat): void {
  const { wishWord } = port;
  const at = port.at + PORT.WISH;
  if (wishWord > 0 && seeks(machine, port) === 0) {
    const over = wishWord | WISH_OVER;
    // C8 → C7 (admission.ts#leaveWish): one that was left since stands. C5 → C6 (admission.ts#wish): marked first, then
    // noted with what is sought now.
    if (swapIf(machine.words, at, wishWord, over) === wishWord) port.wishWord = over;
  }
  noteWish(machine, port);
  port.asks = port.wish > 0;
}

function canGive(machine: Machine, port: PortSeat): boolean {
  return !(port.asks && port.wish > 0) && port.unspent > 0 && port.emptiedAt !== machine.pass;
}

function wasGranted(machine: Machine, port: PortSeat): boolean {
  return (machine.pass - port.grantedAt) >>> 0 <= GRANTED_PASSES;
}

/** Whether passes alone serve a wish: some port asks, another holds what it was granted lately. */
function someCanGive(machine: Machine): boolean {
  let asks = false;
  for (const port of machine.wishers) if (port.asks && port.wish > 0) asks = true;
  if (!asks) return false;
  for (const port of machine.ports) if (canGive(machine, port)) return true;
  return false;
}

/** Pieces have taken more than there was: nobody may enqueue NEW until that much was given back. */
function coverOverdraft(machine: Machine): void {
  for (const port of machine.ports) {
    if (port.unspent === 0) continue;
    revoke(machine, port);
    // It may have lost what it wished for before it came to take it, and does not ring again.
    noteWish(machine, port);
  }
}

function repaySpenders(machine: Machine): void {
  const { spenders } = machine;
  for (let i = spenders.length - 1; i >= 0; i--) {
    const port = spenders[i]!;
    if (mayHave(machine, port) && (machine.pass - port.spentAt) >>> 0 <= SPENDER_PASSES) {
      const count = Math.ceil(machine.free / (i + 1));
      grant(machine, port, count);
      if (port.wish > 0) meetWish(machine, port, count);
    } else {
      port.spending = false;
      spenders[i] = spenders[spenders.length - 1]!;
      spenders.pop();
    }
  }
}

/** The port had a wish open: its thread may sleep until it has them all. */
function meetWish(machine: Machine, port: PortSeat, count: number): void {
  port.wish = Math.max(0, port.wish - count);
  port.grantedAt = machine.pass;
  wakeSeeker(machine, port, port.unspent);
}

export function grant(machine: Machine, port: PortSeat, count: number): void {
  if (count === 0) return;
  machine.free -= count;
  port.unspent += count;
  // C2 → C1 (credit-word.ts#takeCredits): adding keeps the lease that the word carries.
  grantCredits(machine.words, port.at + PORT.CREDIT, count, port.near);
}

/** Takes back what the port has not spent. What it took and has not published stays in `unspent`
 *  until it is seen as NEW. */
export function revoke(machine: Machine, port: PortSeat): void {
  const tag = creditTag(leaseWord(port.lease, false, false));
  const found = revokeCredits(machine.words, port.at + PORT.CREDIT, tag);
  const count = found < port.unspent ? found : port.unspent;
  port.unspent -= count;
  machine.free += count;
}

/** Takes back everything: for a port that lost its lease, after its ring was fenced. */
export function writeOff(machine: Machine, port: PortSeat): void {
  revoke(machine, port);
  machine.free += port.unspent;
  port.unspent = 0;
  port.wish = 0;
  port.isLent = false;
}
