/** What api.md says that an enqueue must answer, from the words that it may look at. */
import { OP, REFUSAL } from '../../lib/eventdev/event.js';
import {
  creditCount,
  creditTag,
  isDisabled,
  isHeld,
  leaseNumber,
} from '../../lib/memory/domain-state.js';
import { HEADER, PORT } from '../../lib/memory/layout.js';
import type { OraclePort } from './oracle-port.js';
import type { SimDomain } from './world.js';

export interface Expected {
  accepted: number;
  refusal: number;
  /** N, F, P, W (a renewal) or R per event that goes onto the ring. */
  transcript: string;
  misordered: number;
  /** The port's own counters tell of the refusal: not while it waits for its predecessor to be gone. */
  isCounted: boolean;
}

export interface PlannedEvent {
  readonly op: number;
  readonly isRenewal: boolean;
  readonly opaque: number;
  readonly inOrder: boolean;
}

export type Mode = 'flowing' | 'held' | 'draining' | 'idle' | 'waiting' | 'disabled';

/** What the port may do now. `generation` is that of its owner. */
export function modeOf(of: SimDomain, port: OraclePort, generation: number): Mode {
  const behind = (port.word(PORT.ACK_GENERATION) - generation) | 0;
  const lease = port.word(PORT.LEASE);
  if (behind > 0 || isDisabled(lease)) return 'disabled';
  if (behind < 0) return 'waiting';
  if (of.state !== 'started' && of.state !== 'stopping') return 'idle';
  if (isHeld(lease)) return 'held';
  return of.state === 'started' ? 'flowing' : 'draining';
}

export function expectEnqueue(
  of: SimDomain,
  port: OraclePort,
  mode: Mode,
  events: readonly PlannedEvent[],
): Expected {
  const refused = (refusal: number): Expected => {
    return { accepted: 0, refusal, transcript: '', misordered: 0, isCounted: false };
  };
  if (events.length === 0) return refused(REFUSAL.NONE);
  if (mode === 'disabled') return refused(REFUSAL.PORT_DISABLED);
  const mayComplete = mode === 'flowing' || mode === 'held' || mode === 'draining';
  if (!mayComplete && isHeld(port.word(PORT.LEASE))) return refused(REFUSAL.PORT_DISABLED);
  if (mode === 'idle') return refused(REFUSAL.NOT_STARTED);
  if (mode === 'waiting') {
    return refused(of.state === 'started' ? REFUSAL.CREDIT : REFUSAL.NOT_STARTED);
  }
  const most = Math.min(events.length, port.shape.enqueueDepth);
  const limit = roomForPieces(port, events, most);
  const whole = takeUpTo(port, events, limit, Infinity);
  const wanted = whole.transcript.split('N').length - 1;
  const { granted, refusal } = admit(of, port, wanted, mode);
  const result = takeUpTo(port, events, limit, granted);
  if (refusal !== REFUSAL.NONE) result.refusal = refusal;
  else if (limit < events.length) result.refusal = REFUSAL.RING_FULL;
  return result;
}

/** In this order: PORT_DISABLED, NOT_STARTED, THRESHOLD, CREDIT. */
function admit(
  of: SimDomain,
  port: OraclePort,
  wanted: number,
  mode: Mode,
): { granted: number; refusal: number } {
  if (wanted === 0) return { granted: 0, refusal: REFUSAL.NONE };
  if (mode === 'held') return { granted: 0, refusal: REFUSAL.PORT_DISABLED };
  if (mode === 'draining') return { granted: 0, refusal: REFUSAL.NOT_STARTED };
  const room = Math.min(wanted, roomBelowThreshold(of, port));
  const word = port.word(PORT.CREDIT);
  const credits =
    word - creditTag(port.word(PORT.LEASE)) === creditCount(word) ? creditCount(word) : 0;
  const granted = Math.min(room, credits);
  if (granted < room) return { granted, refusal: REFUSAL.CREDIT };
  return { granted, refusal: room < wanted ? REFUSAL.THRESHOLD : REFUSAL.NONE };
}

export function roomBelowThreshold(of: SimDomain, port: OraclePort): number {
  const { threshold } = port.shape;
  if (threshold >= of.spec.eventsLimit) return Infinity;
  const inDomain = of.machine.words[HEADER.IN_DOMAIN]!;
  const untaken = (port.word(PORT.NEW_COUNT) - port.word(PORT.TAKEN_NEW)) | 0;
  return Math.max(0, threshold - inDomain - untaken);
}

/** How many events there are slots for, should all pieces need one. */
function roomForPieces(port: OraclePort, events: readonly PlannedEvent[], most: number): number {
  const { pieceSlots } = port.shape;
  if (pieceSlots === 0) return most;
  const lease = leaseNumber(port.word(PORT.LEASE));
  if (port.piecesLease !== lease) port.piecesSent = 0;
  port.piecesLease = lease;
  // Those of this burst are not in the ring when it is seen empty.
  let here = 0;
  for (let i = 0; i < most; i++) {
    if (events[i]!.op !== OP.FRAGMENT) continue;
    if (port.piecesSent === pieceSlots) {
      if (here === pieceSlots || port.ring.length > 0) return i;
      port.piecesSent = here;
    }
    port.piecesSent++;
    here++;
  }
  return most;
}

/** A burst ends at its first refused NEW. */
function takeUpTo(
  port: OraclePort,
  events: readonly PlannedEvent[],
  limit: number,
  granted: number,
): Expected {
  const refusal: number = REFUSAL.NONE;
  const result = { accepted: 0, refusal, transcript: '', misordered: 0, isCounted: true };
  const open = new Set(port.hands.map((event) => event.opaque));
  const { independent, pieceSlots } = port.shape;
  let left = granted;
  let owed = port.hands.length;
  for (; result.accepted < limit; result.accepted++) {
    const { op, isRenewal, opaque, inOrder } = events[result.accepted]!;
    const completes = independent ? open.has(opaque) : owed > 0;
    if (op === OP.FRAGMENT) {
      if (completes && pieceSlots > 0) result.transcript += isRenewal ? 'W' : 'P';
    } else if (op !== OP.NEW && completes) {
      open.delete(opaque);
      owed--;
      if (!independent && !inOrder) result.misordered++;
      result.transcript += op === OP.FORWARD ? 'F' : 'R';
    } else if (op === OP.NEW || (op === OP.FORWARD && owed === 0)) {
      if (left-- === 0) return result;
      result.transcript += 'N';
    } else if (independent) {
      result.misordered++;
    }
  }
  return result;
}
