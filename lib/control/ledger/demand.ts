/** What a domain takes of its owner. */
import type { ModelName } from '../../eventdev/limits.js';
import { kindOf } from '../port-kind.js';
import type { Checked } from '../spec-check.js';
import { CLASSES } from './names.js';
import type { Demand, Owner } from './owner.js';

/** @param memory in bytes
 *  @throws DlbError ERR_DLB_INVALID_SPEC when a directed port of a DLB is linked to another queue */
export function demandOf(checked: Checked, memory: number, model: ModelName, owner: Owner): Demand {
  const { queues, ports, links, eventsLimit, capacity, directedCredits } = checked;
  const common = { domains: 1, isStrict: checked.cosStrict, memory };
  if (model === 'host') {
    return {
      ...common,
      queues: queues.length,
      ports: ports.length,
      classPorts: [0],
      directedPorts: 0,
      credits: eventsLimit,
      directedCredits: 0,
      atomicInflights: 0,
      historyEntries: ports.reduce((sum, port) => sum + (port.historyDepth || capacity), 0),
      sequenceSlots: [],
    };
  }
  const directedQueues = queues.filter((queue) => queue.type === 'directed').length;
  const kinds = ports.map((_, id) => kindOf(checked, id));
  const classPorts = Array.from({ length: CLASSES }, () => 0);
  let any = 0;
  ports.forEach(({ cos }, id) => {
    if (kinds[id] !== 'loadBalanced') return;
    if (cos === null) any++;
    else classPorts[cos]!++;
  });
  // A directed queue and its port are a pair; a directed port without a queue is one as well.
  const lone = ports.filter(
    (_, id) =>
      kinds[id] === 'directed' &&
      !links.some(({ port, queue }) => port === id && queues[queue]!.type === 'directed'),
  ).length;
  // What is linked to nothing may be either: a producer.
  const open = kinds.filter((kind) => kind === null).length;
  const left = owner.freePorts - any - classPorts.reduce((sum, count) => sum + count, 0);
  const asBalanced = Math.max(0, Math.min(open, left));
  let balancedLeft = asBalanced;
  const isBalanced = (id: number): boolean =>
    kinds[id] === null ? balancedLeft-- > 0 : kinds[id] === 'loadBalanced';
  const split = model === 'dlb2.0' ? directedCredits : 0;
  return {
    ...common,
    queues: queues.length - directedQueues,
    ports: any + asBalanced,
    classPorts,
    directedPorts: directedQueues + lone + open - asBalanced,
    credits: eventsLimit - split,
    directedCredits: split,
    atomicInflights: queues.reduce((sum, queue) => sum + queue.atomicInflights, 0),
    // Directed events need no completion, and their ports no history.
    historyEntries: ports.reduce(
      (sum, port, id) => (isBalanced(id) ? sum + port.historyDepth : sum),
      0,
    ),
    sequenceSlots: checked.sequenceSlots,
  };
}
