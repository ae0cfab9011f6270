/** Builds a scheduling domain: check the spec, take the resources, lay out memory, tell the
 *  scheduler. Nothing is allocated afterwards, and nothing is taken if any step fails. */
import type { DomainPlan } from '../eventdev/commands.js';
import { DlbError } from '../eventdev/errors.js';
import type { DomainSpec } from '../eventdev/spec.js';
import { allocateDomain, planMemory } from './domain-memory.js';
import { Domain } from './domain.js';
import { demandOf } from './ledger/demand.js';
import type { Ledger } from './ledger/models.js';
import { countsOf } from './ledger/owner.js';
import type { Owner } from './ledger/owner.js';
import { rulesOf } from './ledger/slot-picker.js';
import { LinkTable } from './link-table.js';
import type { SchedulerSeat } from './seat.js';
import { checkSpec } from './spec-check.js';
import type { Checked } from './spec-check.js';

/** A specification that a device would take, if it has what it needs. */
export interface PlannedDomain {
  readonly checked: Checked;
  readonly links: LinkTable;
}

/** Takes nothing. @throws DlbError that names the field */
export function planDomain(spec: DomainSpec, ledger: Ledger, owner: Owner): PlannedDomain {
  const checked = checkSpec(spec, rulesOf(ledger, owner));
  return { checked, links: new LinkTable(checked, ledger.model !== 'host') };
}

export async function createDomain(
  spec: DomainSpec,
  id: number,
  seat: SchedulerSeat,
  ledger: Ledger,
  owner: Owner,
  onClose: (domain: Domain) => void,
): Promise<Domain> {
  const { model } = ledger;
  if (owner.resetFailed) throw resetFailed();
  const { checked, links: linkTable } = planDomain(spec, ledger, owner);
  const strictLinks = model !== 'host';
  const planned = planMemory(checked);
  const claim = owner.take(demandOf(checked, planned.bytes, model, owner));
  try {
    const memory = allocateDomain(planned, id);
    const { eventsLimit, capacity, queues, ports, links, buffers } = checked;
    const { turnEvery, watchdogMs, faultLimit } = checked;
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
      strictLinks,
      watchdogMs,
      faultLimit,
      buffers,
    };
    await seat.apply({ type: 'open', plan });
    const domain: Domain = new Domain(id, seat, checked, memory, linkTable, plan, (failed) => {
      if (failed) owner.keepFailed(claim);
      else owner.give(claim);
      onClose(domain);
      return failed ? null : countsOf(claim);
    });
    return domain;
  } catch (error) {
    owner.give(claim);
    throw error;
  }
}

function resetFailed(): DlbError {
  const why = 'the reset of a domain has failed, so no other is created before device.reset()';
  return new DlbError('ERR_DLB_DOMAIN_RESET_FAILED', why, { field: 'device' });
}
