/** Sends payloads in order until it is told to finish. Says before each burst what it tries. */
import { EventBurst, REFUSAL } from '../../lib/index.js';
import { PAYLOADS, TALLY } from './board.js';
import type { Hand } from './thread.js';
import { flowOf } from './topology.js';

export function produce(hand: Hand): void {
  const { board, orders } = hand;
  const { topology } = orders;
  const me = orders.attachment.portId;
  const burst = new EventBurst(topology.burst);
  const doubtful = Atomics.load(board.tried, me);
  let sent = Atomics.load(board.sent, me);
  // Who had the port before may have had these accepted.
  for (let i = sent; i < doubtful; i++) board.twice[me * PAYLOADS + i] = 1;
  while (hand.isOpen && sent < PAYLOADS) {
    if (sent >= doubtful && Atomics.load(board.tally, TALLY.FINISH) !== 0) break;
    hand.stall();
    hand.mayLeave();
    burst.clear();
    const end = Math.min(PAYLOADS, sent + hand.random.within(1, topology.burst));
    for (let i = sent; i < end; i++) {
      const payload = me * PAYLOADS + i;
      burst.pushNew(0, flowOf(topology, payload), 0, payload);
    }
    Atomics.store(board.tried, me, end);
    sent += hand.port.enqueueBurst(burst);
    Atomics.store(board.sent, me, sent);
    Atomics.store(board.tried, me, Math.max(sent, doubtful));
    if (sent < end) waitForMore(hand, end - sent);
  }
  if (hand.random.onceIn(2)) hand.port.detach();
}

/** Sleeps until a credit comes, or for a moment. Two that wait for all there are could wait for
 *  each other, so that has a limit. */
function waitForMore(hand: Hand, wanted: number): void {
  const { port, random } = hand;
  if (port.refusal !== REFUSAL.CREDIT || random.onceIn(4)) hand.sleep(1);
  else if (random.onceIn(2)) port.awaitCredits(1, Infinity);
  else port.awaitCredits(wanted, 5);
}
