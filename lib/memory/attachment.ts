/** What a thread needs to use a port: plain data around two SharedArrayBuffers. */
import { DlbError } from '../eventdev/errors.js';
import { observe } from '#words';
import { domainLayout, HEADER, LAYOUT_VERSION, MAGIC, shapeHash } from './layout.js';
import type { DomainLayout, DomainShape } from './layout.js';

/** Plain and structured-cloneable: hand it to the thread that will use the port. Possession is
 *  the capability; it reaches this one domain. */
export interface PortAttachment {
  readonly kind: 'softdlb.port';
  readonly portId: number;
  /** Domain memory. */
  readonly memory: SharedArrayBuffer;
  /** The bell of the scheduler worker; in inline mode nobody waits on it. */
  readonly bell: SharedArrayBuffer;
  readonly shape: DomainShape;
  readonly newEventThreshold: number;
  readonly enqueueDepth: number;
  readonly implicitRelease: boolean;
  readonly independentEnqueue: boolean;
  /** How many names its events have: see eventdev/event-name.ts. */
  readonly names: number;
  /** The thread that makes the passes of an inline device: its own ports are near. */
  readonly schedulerThread?: number | undefined;
}

export interface DomainView {
  readonly words: Int32Array;
  readonly layout: DomainLayout;
}

/**
 * Checks that the memory is what the attachment says and maps it.
 * @throws DlbError ERR_DLB_ATTACHMENT_INVALID: not an attachment, or of another build.
 */
export function viewDomain(attachment: PortAttachment): DomainView {
  const { kind, memory, shape, portId } = attachment ?? {};
  if (
    kind !== 'softdlb.port' ||
    !isShared(memory) ||
    !isShared(attachment.bell) ||
    !isShape(shape)
  ) {
    throw invalid('not a port attachment', { field: 'attachment', kind });
  }
  const layout = domainLayout(shape);
  if (memory.byteLength !== layout.bytes) {
    throw invalid('domain memory has the wrong size', {
      field: 'memory',
      bytes: memory.byteLength,
      expected: layout.bytes,
    });
  }
  const words = new Int32Array(memory);
  check(words, HEADER.MAGIC, MAGIC, 'magic');
  check(words, HEADER.VERSION, LAYOUT_VERSION, 'version');
  check(words, HEADER.SHAPE, shapeHash(shape), 'shape');
  if (layout.ports[portId] === undefined) {
    throw invalid('the domain has no such port', { field: 'portId', portId });
  }
  return { words, layout };
}

/** Control's half of the check: writes what `viewDomain` compares. */
export function writeHeader(words: Int32Array, shape: DomainShape, domainId: number): void {
  words[HEADER.MAGIC] = MAGIC;
  words[HEADER.VERSION] = LAYOUT_VERSION;
  words[HEADER.SHAPE] = shapeHash(shape);
  words[HEADER.DOMAIN] = domainId;
}

function check(words: Int32Array, at: number, expected: number, field: string): void {
  const found = observe(words, at);
  if (found !== expected) throw invalid('domain memory does not match', { field, found, expected });
}

function isShape(shape: unknown): boolean {
  return typeof shape === 'object' && shape !== null && 'cqDepths' in shape;
}

/** By tag, not by `instanceof`: the buffer may come from another realm. */
function isShared(value: unknown): value is SharedArrayBuffer {
  return Object.prototype.toString.call(value) === '[object SharedArrayBuffer]';
}

function invalid(what: string, details: Record<string, unknown>): DlbError {
  return new DlbError('ERR_DLB_ATTACHMENT_INVALID', what, details);
}
