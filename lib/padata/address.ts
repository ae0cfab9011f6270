/** Where an event goes when a worker is through with it. */
import { OP } from '../eventdev/event.js';
import type { EventBurst } from '../eventdev/event-burst.js';
import { JOBS_QUEUE, RESULTS_QUEUE, serialQueue } from './seat.js';

/** Turns event `i` into the result of its jobs. Its subEventType is the seat, plus 1, of the serial
 *  function; 0 if that is the submitting thread's. */
export function address(burst: EventBurst, i: number): void {
  const serial = burst.subEventType(i);
  const isParallel = burst.queueId(i) === JOBS_QUEUE;
  burst.setOp(i, OP.FORWARD);
  burst.setQueueId(i, isParallel && serial !== 0 ? serialQueue(serial - 1) : RESULTS_QUEUE);
}
