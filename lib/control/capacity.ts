/** How many events may be inside a domain at once, pieces included: what its memory is sized for. */
import type { QueuePlan } from '../eventdev/commands.js';
import { DlbError } from '../eventdev/errors.js';
import { EVENTS_LIMIT_MAX } from '../eventdev/limits.js';
import * as field from './fields.js';

/**
 * Left out: each event may become as many as its queue's `fragments` before NEW is refused. Without fragments no
 * more than `eventsLimit` come, whatever was asked for.
 */
export function checkCapacity(
  capacity: unknown,
  eventsLimit: number,
  queues: readonly QueuePlan[],
): number {
  const most = Math.max(1, ...queues.map((queue) => queue.fragments));
  if (capacity === undefined) return capacityFor(eventsLimit, most, queues);
  const min = most > 1 ? eventsLimit + 1 : eventsLimit;
  const value = field.wholeNumber(capacity, 'spec.capacity', { min, max: EVENTS_LIMIT_MAX });
  return most > 1 ? value : eventsLimit;
}

function capacityFor(eventsLimit: number, most: number, queues: readonly QueuePlan[]): number {
  const capacity = eventsLimit * most;
  if (capacity <= EVENTS_LIMIT_MAX) return capacity;
  const id = queues.findIndex((queue) => queue.fragments === most);
  throw new DlbError('ERR_DLB_INVALID_SPEC', 'eventsLimit times fragments is more than fits in', {
    field: `spec.queues[${id}].fragments`,
    value: most,
    eventsLimit,
    max: Math.floor(EVENTS_LIMIT_MAX / eventsLimit),
  });
}
