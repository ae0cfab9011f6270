/**
 * A domain as control makes it, shared by the threads of a scenario, and real ports and a real
 * scheduler in it. Control itself takes no part.
 */
import type { DomainPlan } from '../../lib/eventdev/commands.js';
import type { DomainSpec } from '../../lib/eventdev/spec.js';
import { allocateDomain, planMemory } from '../../lib/control/domain-memory.js';
import { checkSpec } from '../../lib/control/spec-check.js';
import { shared } from '../../lib/explore/index.js';
import type { Hint } from '../../lib/explore/index.js';
import type { PortAttachment } from '../../lib/memory/attachment.js';
import type { DomainLayout } from '../../lib/memory/layout.js';
import type { Machine } from '../../lib/scheduler/machine.js';
import { Scheduler } from '../../lib/scheduler/scheduler.js';
import { domainLabels, putLabels } from './labels.js';

/** Words that are accessed plainly on purpose: lib/ring/README.md, "Plain reads that decide
 *  nothing". Owner words and bitmap: lib/mempool/README.md. */
const HINTS: Readonly<Record<string, Hint>> = {
  CTL: 'read',
  LEASE: 'read',
  CREDIT: 'read',
  DETACHED: 'read',
  YIELD: 'read',
  NEWS: 'read',
  // The port clears it plainly.
  WISH: 'any',
  bitmap: 'read',
  owner: 'read',
};

export interface Rig {
  readonly words: Int32Array;
  readonly bell: Int32Array;
  readonly layout: DomainLayout;
  /** A plan with scheduler memory of its own: each scheduler that is made begins anew. */
  plan(this: void): DomainPlan;
  attachment(this: void, portId: number): PortAttachment;
}

/** To be called in the `memory` of a scenario. `hints` are by field name. */
export function domain(spec: DomainSpec, hints: Readonly<Record<string, Hint>> = {}): Rig {
  const checked = checkSpec(spec);
  const { memory, schedulerMemory, shape, layout } = allocateDomain(planMemory(checked), 0);
  const bell = new SharedArrayBuffer(4);
  const labels = domainLabels(layout);
  putLabels(memory, labels);
  putLabels(bell, ['BELL']);
  const tolerated = labels.map((label) => {
    const field = label.replace(/^.*\./, '');
    const name = field.replace(/\[.*$/, '');
    return hints[field] ?? hints[name] ?? HINTS[name] ?? 'none';
  });
  return {
    words: shared(memory, { label: (at) => labels[at]!, hint: (at) => tolerated[at]! }),
    bell: shared(bell, { label: () => 'BELL' }),
    layout,
    plan: () => ({
      ...checked,
      domain: 0,
      memory,
      schedulerMemory: new SharedArrayBuffer(schedulerMemory.byteLength),
      ringDepth: shape.ringDepth,
      strictLinks: false,
    }),
    attachment: (portId) => ({
      ...checked.ports[portId]!,
      independentEnqueue: checked.ports[portId]!.independent,
      names: checked.ports[portId]!.names,
      kind: 'softdlb.port',
      portId,
      memory,
      bell,
      shape,
    }),
  };
}

/** A scheduler with this domain, started unless told otherwise. For the setup of its thread. */
export function schedulerOf(rig: Rig, start = true): { scheduler: Scheduler; machine: Machine } {
  const scheduler = new Scheduler(true, (_, why) => {
    throw new Error(why);
  });
  scheduler.apply({ type: 'open', plan: rig.plan() }, () => {});
  if (start) scheduler.apply({ type: 'start', domain: 0 }, () => {});
  return { scheduler, machine: scheduler.domains[0]!.machine };
}

/** A port as the scheduler sees it. */
export function seatOf(
  rig: Rig,
  portId: number,
): { machine: Machine; seat: Machine['ports'][number] } {
  const { machine } = schedulerOf(rig);
  return { machine, seat: machine.ports[portId]! };
}
