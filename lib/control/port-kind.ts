/** What a port of a DLB is: one of two kinds, which share nothing. */
import type { Checked, CheckedPort } from './spec-check.js';

/** What the specification makes of a port; null: it is linked to nothing, and the specification does not say. */
export function kindOf({ ports, queues, links }: Checked, id: number): CheckedPort['kind'] {
  const first = links.find((link) => link.port === id);
  const { kind } = ports[id]!;
  if (kind !== null || first === undefined) return kind;
  return queues[first.queue]!.type === 'directed' ? 'directed' : 'loadBalanced';
}
