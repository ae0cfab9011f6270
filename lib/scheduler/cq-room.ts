/**
 * How much a port may be given now.
 *
 * Runs on: the scheduler. A CQ whose depth the spec gives is filled up to it. Where it leaves depth
 * open, the depth in use follows the work, between 4 and 512: about half a millisecond of it may
 * be bound to a port ahead of time, so that an event seldom sits behind a slow one while another
 * port is free (contract C8), and a fast port is still fed in large bursts.
 */
import { PORT } from '../memory/layout.js';
import { raise } from '../memory/signal.js';
import { observe } from '#words';
import type { Machine, PortSeat } from './machine.js';

const DEPTH_MIN = 4;
/** Time worth of work that a CQ should hold, and the shortest span measured, in milliseconds. */
const BOUND_AHEAD_MS = 0.5;
const SPAN_MS = 1;

/** Entries of the port's CQ that it has not taken; negative or above its size if the port wrote
 *  nonsense. */
export function cqUsed(machine: Machine, port: PortSeat): number {
  const { cq } = port;
  // A2 ← R2 (port): the slots before this head have been read.
  const head = observe(machine.words, cq.layout.headAt);
  // The owner of a new lease may not have come round to moving its head to where its CQ begins.
  const stale = ((head - port.cqStart) | 0) < 0;
  return (cq.tail - (stale ? port.cqStart : head)) | 0;
}

/** Wakes the port's thread if it sleeps: to be called after what it waits for was published. */
export function wakePort(machine: Machine, port: PortSeat): void {
  // W1 → W2 (waiter.ts): published first, then looked whether the thread sleeps.
  if (observe(machine.words, port.at + PORT.SLEEPING) === 0) return;
  raise(machine.words, port.at + PORT.WAKE);
}

/** Looks at the CQ's head. False if it is impossible: then the port has to be cut off. */
export function refreshRoom(machine: Machine, port: PortSeat, now: number): boolean {
  const used = cqUsed(machine, port);
  if (used < 0 || used > port.cq.depth) return false;
  if (port.adaptive && now > 0) adaptDepth(machine, port, used, now);
  const room = port.depth - used;
  port.room = port.live && room > 0 ? room : 0;
  return true;
}

/** Measures how fast the port takes events, and sets the depth in use accordingly. */
function adaptDepth(machine: Machine, port: PortSeat, used: number, now: number): void {
  const head = (port.cq.tail - used) | 0;
  if (used === 0 && port.room === 0) setDepth(machine, port, port.depth * 2);
  const span = now - port.measuredAt;
  if (span < SPAN_MS) return;
  const taken = (head - port.measuredHead) | 0;
  // A CQ that was found empty says how much there was to do, not how fast it was done.
  if (used > 0)
    setDepth(machine, port, 2 ** Math.ceil(Math.log2((taken / span) * BOUND_AHEAD_MS + 1)));
  port.measuredAt = now;
  port.measuredHead = head;
}

function setDepth(machine: Machine, port: PortSeat, depth: number): void {
  port.depth = Math.min(Math.max(depth, DEPTH_MIN), port.cq.depth);
  machine.m[machine.at.depthInUse + port.id] = port.depth;
}
