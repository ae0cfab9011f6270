/** Builds a scheduling domain: check the spec, take the resources, lay out memory, tell the
 *  scheduler. Nothing is allocated afterwards, and nothing is taken if any step fails. */
import type { DomainPlan } from '../eventdev/commands.js';
import type { DomainSpec } from '../eventdev/spec.js';
import { allocateDomain } from './domain-memory.js';
import { Domain } from './domain.js';
import type { Demand, Resources } from './resources.js';
import type { SchedulerSeat } from './seat.js';
import { checkSpec } from './spec-check.js';

export async function createDomain(
  spec: DomainSpec,
  id: number,
  seat: SchedulerSeat,
  resources: Resources,
  onClose: (domain: Domain) => void,
): Promise<Domain> {
  const checked = checkSpec(spec);
  const demand: Demand = {
    domains: 1,
    queues: checked.queues.length,
    ports: checked.ports.length,
    credits: checked.eventsLimit,
  };
  resources.take(demand);
  try {
    const memory = allocateDomain(checked, id);
    const { eventsLimit, capacity, queues, ports, links, buffers, turnEvery } = checked;
    const plan: DomainPlan = {
      domain: id,
      memory: memory.memory,
      schedulerMemory: memory.schedulerMemory,
      eventsLimit,
      capacity,
      ringDepth: memory.shape.ringDepth,
      queues,
      ports,
      links,
      turnEvery,
      buffers,
    };
    await seat.apply({ type: 'open', plan });
    const domain: Domain = new Domain(id, seat, checked, memory, plan, () => {
      resources.giveBack(demand);
      onClose(domain);
    });
    return domain;
  } catch (error) {
    resources.giveBack(demand);
    throw error;
  }
}
