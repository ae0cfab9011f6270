/** The two buffers of a domain: allocated and prepared here, then left to ports and scheduler. */
import { DlbError } from '../eventdev/errors.js';
import { DOMAIN_BYTES_MAX } from '../eventdev/limits.js';
import { writeHeader } from '../memory/attachment.js';
import type { DomainLayout, DomainShape } from '../memory/layout.js';
import { domainLayout, PORT } from '../memory/layout.js';
import { FIRST_INDEX } from '../memory/lines.js';
import type { SchedulerLayout } from '../memory/scheduler-layout.js';
import { powerOfTwoFrom, schedulerLayout } from '../memory/scheduler-layout.js';
import type { Checked } from './spec-check.js';

export interface DomainMemory {
  readonly memory: SharedArrayBuffer;
  readonly schedulerMemory: SharedArrayBuffer;
  readonly shape: DomainShape;
  readonly layout: DomainLayout;
  readonly schedulerLayout: SchedulerLayout;
}

/** What a domain will take. */
export type PlannedMemory = Omit<DomainMemory, 'memory' | 'schedulerMemory'> & {
  /** Of both buffers. */
  readonly bytes: number;
};

export function planMemory(checked: Checked): PlannedMemory {
  const deepest = Math.max(...checked.ports.map((port) => port.enqueueDepth));
  const pieceSlots = checked.capacity > checked.eventsLimit ? deepest : 0;
  const shape: DomainShape = {
    queues: checked.queues.length,
    eventsLimit: checked.eventsLimit,
    // An event is in one place only, so no ring can hold more than all of them; and a burst of
    // pieces, which exist nowhere before they are enqueued.
    ringDepth: powerOfTwoFrom(checked.capacity + pieceSlots),
    pieceSlots,
    cqDepths: checked.ports.map((port) => port.depth),
    buffers: checked.buffers,
  };
  const layout = domainLayout(shape);
  const inner = schedulerLayout(checked);
  return { shape, layout, schedulerLayout: inner, bytes: layout.bytes + inner.words * 4 };
}

/** @throws DlbError ERR_DLB_NO_MEMORY */
export function allocateDomain(planned: PlannedMemory, domainId: number): DomainMemory {
  const { shape, layout, schedulerLayout: inner } = planned;
  const memory = allocate(layout.bytes, 'domain memory');
  const schedulerMemory = allocate(inner.words * 4, 'scheduler memory');
  prepare(new Int32Array(memory, 0, Math.floor(layout.bytes / 4)), shape, layout, domainId);
  return { memory, schedulerMemory, shape, layout, schedulerLayout: inner };
}

function prepare(
  words: Int32Array,
  shape: DomainShape,
  layout: DomainLayout,
  domainId: number,
): void {
  writeHeader(words, shape, domainId);
  for (const port of layout.ports) {
    for (const at of [PORT.PP_TAIL, PORT.PP_HEAD, PORT.CQ_TAIL, PORT.CQ_HEAD]) {
      words[port.at + at] = FIRST_INDEX;
    }
  }
}

function allocate(bytes: number, what: string): SharedArrayBuffer {
  const refusal = (): DlbError =>
    new DlbError('ERR_DLB_NO_MEMORY', `${what} cannot be had`, {
      field: 'spec',
      bytes,
      max: DOMAIN_BYTES_MAX,
    });
  if (bytes > DOMAIN_BYTES_MAX) throw refusal();
  try {
    return new SharedArrayBuffer(bytes);
  } catch {
    throw refusal();
  }
}
