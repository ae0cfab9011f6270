/**
 * Who gets which credits: eventdev's closed system, granted only here.
 *
 * Runs on: the scheduler, at the end of a pass.
 * Sum of all: free + unspent of every port + events inside = eventsLimit. What a port took with it
 * when it died is exact: granted, less revoked, less seen as NEW.
 *
 * Free credits go to the ports that spend. A port that was refused leaves a wish; if nothing is
 * free, the ports with the most unspent credits give theirs up, so the last credit of the domain
 * can be had by whoever asks for it.
 */
import { grantCredits, revokeCredits } from '../credit/credit-word.js';
import { creditTag, leaseWord } from '../memory/domain-state.js';
import { PORT } from '../memory/layout.js';
import { observe } from '#words';
import { wakePort } from './cq-room.js';
import type { Machine, PortSeat } from './machine.js';

/** A port that spent within this many passes is given free credits without asking. */
const SPENDER_PASSES = 64;

/** Splits all credits over the ports. To be called when the domain starts. */
export function splitCredits(machine: Machine): void {
  const { ports } = machine;
  const share = Math.floor(machine.free / ports.length);
  const extra = machine.free - share * ports.length;
  for (const port of ports) grant(machine, port, share + (port.id < extra ? 1 : 0));
}

/** Looks whether the port wants more credits than it has. */
export function noteWish(machine: Machine, port: PortSeat): void {
  const at = port.at + PORT.WISH;
  // Mostly there is none: a plain read tells, since the port rang after it left one.
  if (machine.words[at] === 0) return;
  // C4 ← C3 (admission.ts): the wish was published before the port rang.
  const wanted = Math.min(observe(machine.words, at), machine.plan.eventsLimit);
  port.wish = wanted > port.unspent ? wanted - port.unspent : 0;
  if (port.wish > 0) machine.wishing = true;
  // It was granted them before its wish was seen, and nobody woke it then.
  else wakePort(machine, port);
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
  if (machine.wishing) grantWishes(machine);
  if (machine.free > 0) repaySpenders(machine);
}

function grantWishes(machine: Machine): void {
  const { ports } = machine;
  let wishes = 0;
  let wishers = 0;
  for (const port of ports) {
    if (port.wish === 0) continue;
    wishes += port.wish;
    wishers++;
  }
  for (const port of ports) port.emptied = false;
  while (machine.free < wishes && revokeRichest(machine));
  for (let i = 0; i < ports.length && wishers > 0; i++) {
    const port = ports[(machine.nextWisher + i) % ports.length]!;
    if (port.wish === 0) continue;
    const fair = Math.ceil(machine.free / wishers--);
    const count = Math.min(port.wish, fair, machine.free);
    port.wish -= count;
    grant(machine, port, count);
    // A thread may sleep until it has them all.
    if (port.wish === 0) wakePort(machine, port);
  }
  machine.nextWisher = (machine.nextWisher + 1) % ports.length;
  machine.wishing = ports.some((port) => port.wish > 0);
}

/** Takes all unspent credits of the richest port that wishes for none. False when there is none. */
function revokeRichest(machine: Machine): boolean {
  let richest: PortSeat | null = null;
  for (const port of machine.ports) {
    if (port.wish > 0 || port.unspent === 0 || port.emptied) continue;
    if (richest === null || port.unspent > richest.unspent) richest = port;
  }
  if (richest === null) return false;
  revoke(machine, richest);
  // It may have lost what it wished for before it came to take it.
  noteWish(machine, richest);
  // What it has left is on its way in its ring.
  richest.emptied = true;
  return true;
}

function repaySpenders(machine: Machine): void {
  const { spenders } = machine;
  for (let i = spenders.length - 1; i >= 0; i--) {
    const port = spenders[i]!;
    if (port.live && machine.pass - port.spentAt <= SPENDER_PASSES) {
      grant(machine, port, Math.ceil(machine.free / (i + 1)));
    } else {
      port.spending = false;
      spenders[i] = spenders[spenders.length - 1]!;
      spenders.pop();
    }
  }
}

export function grant(machine: Machine, port: PortSeat, count: number): void {
  if (count === 0) return;
  machine.free -= count;
  port.unspent += count;
  // C2 → C1 (credit-word.ts#takeCredits): adding keeps the lease that the word carries.
  grantCredits(machine.words, port.at + PORT.CREDIT, count);
}

/** Takes back what the port has not spent. What it took and has not published stays in `unspent`
 *  until it is seen as NEW. */
export function revoke(machine: Machine, port: PortSeat): void {
  const tag = creditTag(leaseWord(port.lease, false));
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
}
