/** What the words of a domain are called: in reports, and to name the edge to take away. */
import type { DomainLayout, RingLayout } from '../../lib/memory/layout.js';
import { HEADER, PORT } from '../../lib/memory/layout.js';

const labels = new WeakMap<ArrayBufferLike, readonly string[]>();

/** The name of a word of a buffer that was labelled. */
export function labelOf(words: Int32Array, at: number): string | undefined {
  return labels.get(words.buffer)?.[at];
}

export function putLabels(buffer: ArrayBufferLike, names: readonly string[]): void {
  labels.set(buffer, names);
}

/** `header.CTL`, `port0.CQ_TAIL`, `port0.cq[1].0`, `pool.owner[0]`, … by word. */
export function domainLabels(layout: DomainLayout): string[] {
  const names = Array.from({ length: Math.floor(layout.bytes / 4) }, (_, at) => `word[${at}]`);
  for (const [name, at] of Object.entries(HEADER)) names[at] = `header.${name}`;
  layout.ports.forEach((port, id) => {
    for (const [name, at] of Object.entries(PORT)) names[port.at + at] = `port${id}.${name}`;
    labelRing(names, port.enqueue, `port${id}.enqueue`);
    labelRing(names, port.cq, `port${id}.cq`);
  });
  const { pool } = layout;
  if (pool === null) return names;
  for (let w = 0; w < pool.bitmapWords; w++) names[pool.bitmap + w] = `pool.bitmap[${w}]`;
  for (let i = 0; i < pool.count; i++) {
    names[pool.owners + i] = `pool.owner[${i}]`;
    names[(pool.dataBytes + i * pool.strideBytes) / 4] = `pool.data[${i}]`;
  }
  return names;
}

function labelRing(names: string[], ring: RingLayout, name: string): void {
  for (let word = 0; word < ring.depth * 4; word++) {
    names[ring.slots + word] = `${name}[${word >>> 2}].${word & 3}`;
  }
}
