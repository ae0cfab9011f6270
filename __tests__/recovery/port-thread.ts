/** A thread on a port of kill.program.ts: passes events of stage 0 on, ends the others. */
import { workerData } from 'node:worker_threads';
import { attachPort, EventBurst, OP } from '../../lib/index.js';
import type { PortAttachment } from '../../lib/index.js';
import { STAGES, TALLY } from './ledger.js';
import type { Ledger } from './ledger.js';

export interface Orders {
  readonly attachment: PortAttachment;
  readonly ledger: Ledger;
  /** The queue of stage 1. */
  readonly next: number;
  readonly pieces: number;
  /** Flows of stage 0 are exclusive: their numbers only rise. */
  readonly isAtomic: boolean;
  /** Completions name their event, and come newest first. */
  readonly isIndependent: boolean;
}

const { attachment, ledger, next, pieces, isAtomic, isIndependent } = workerData as Orders;
const { accepted, done, last, tally } = ledger;
const port = attachPort(attachment);
const burst = new EventBurst(16);
const out = new EventBurst(8);
const handles = port.buffers;

while (Atomics.load(tally, TALLY.QUIT) === 0) {
  port.dequeueBurst(burst, 16, Infinity);
  if (port.state === 'closed') break;
  const lease = port.leases;
  for (let i = 0; i < burst.length && port.leases === lease; i++) {
    complete(isIndependent ? burst.length - 1 - i : i, lease);
  }
}
port.detach();

function complete(i: number, lease: number): void {
  const payload = burst.payload(i);
  const flow = burst.flowId(i);
  const isFirst = payload % STAGES === 0;
  if (isFirst && isAtomic && isLate(flow, payload)) Atomics.add(tally, TALLY.BROKEN, 1);
  out.clear();
  if (isFirst && payload % 3 !== 0) {
    const common = { queueId: next, flowId: flow, implOpaque: burst.implOpaque(i), priority: 128 };
    for (let piece = 1; piece <= pieces; piece++) {
      out.push({ ...common, op: OP.FRAGMENT, payload: payload + piece });
    }
    out.push({ ...common, op: OP.FORWARD, payload: payload + pieces + 1 });
  } else out.push({ op: OP.RELEASE, implOpaque: burst.implOpaque(i) });
  const handle = handles?.alloc() ?? -1;
  const isDone = port.outstanding > 0 && send(lease);
  if (handle >= 0) handles!.free(handle);
  if (!isDone) return;
  done[payload]!++;
  if (isFirst && isAtomic) last[flow] = payload;
  Atomics.add(tally, TALLY.DONE, 1);
}

/** Sends all of `out`, and notes what was accepted. False if the lease ended before: then nothing was
 *  completed, pieces went nowhere, and a FORWARD that was accepted is NEW. */
function send(lease: number): boolean {
  for (let at = 0; at < out.length;) {
    const end = at + port.enqueueBurst(out, at);
    const isSame = port.leases === lease;
    for (; at < end; at++) {
      const op = out.op(at);
      if (op === OP.FORWARD || (op === OP.FRAGMENT && isSame)) accepted[out.payload(at)]!++;
    }
    if (!isSame) return false;
  }
  return true;
}

/** A later event of the flow was completed before. */
function isLate(flow: number, payload: number): boolean {
  return last[flow]! >= payload;
}
