/**
 * A port gives back what lies undelivered in its CQ: when it changes its link profile, and when it
 * has been disabled.
 *
 * Runs on: the scheduler, while it visits the port. The port has written its request into YIELD and
 * takes nothing until the answer stands in YIELD_ACK, so the CQ's head does not move meanwhile.
 */
import { PROFILE_MASK } from '../memory/domain-state.js';
import { PORT } from '../memory/layout.js';
import { observe, publish } from '#words';
import { cqUsed, wakePort } from './cq-room.js';
import { entriesOf } from './history.js';
import { useProfile } from './links.js';
import type { Machine } from './machine.js';
import { putBack } from './ownership.js';
import type { PortSeat } from './port-seat.js';

/** Answers the port's request, if there is one. False if its CQ's head is impossible. */
export function answerYield(machine: Machine, port: PortSeat): boolean {
  const { words } = machine;
  // Mostly there is none: a plain read tells, since the port rang after it asked.
  if (words[port.at + PORT.YIELD] === port.yielded) return true;
  // Y2 ← Y1 (yielding.ts#request): the head that the port published last was before this.
  const request = observe(words, port.at + PORT.YIELD);
  const undelivered = cqUsed(machine, port);
  if (undelivered < 0 || undelivered > port.cq.layout.depth) return false;
  // A hostile head may claim more than the port holds.
  const held = entriesOf(port);
  putBack(machine, port, undelivered < held ? undelivered : held);
  port.cq.retract(undelivered);
  port.yielded = request;
  useProfile(machine, port, request & PROFILE_MASK);
  // Y3 → Y4 (yielding.ts#isDone): the CQ's tail has been taken back before.
  publish(words, port.at + PORT.YIELD_ACK, request);
  wakePort(machine, port);
  return true;
}
