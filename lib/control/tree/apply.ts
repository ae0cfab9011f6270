/** From a document to running domains: all of them, or none. */
import { DlbError } from '../../eventdev/errors.js';
import type { Domain } from '../domain.js';
import { checkDocument } from './document.js';
import type { DocumentPlan, DomainPlan } from './document.js';
import type { VirtualDevice } from '../virtual/virtual-device.js';
import * as field from '../fields.js';
import { ownDomains } from './subject.js';
import type { TreeDevice } from './subject.js';

/** What was made. */
export interface Applied {
  readonly domains: Domain[];
  readonly virtualDevices: VirtualDevice[];
}

/** The last document of a device that is being applied, or was. */
const underWay = new WeakMap<TreeDevice, Promise<unknown>>();

/**
 * Creates what the document describes, in its order, then starts what is to be started. One document after the
 * other: each finds the names taken that those before it have given.
 * @throws DlbError that names the path in the document; nothing is left behind
 */
export function applyDocument(device: TreeDevice, document: unknown): Promise<Applied> {
  const before = underWay.get(device) ?? Promise.resolve();
  const applied = before.then(() => apply(device, document));
  underWay.set(
    device,
    applied.catch(() => {}),
  );
  return applied;
}

async function apply(device: TreeDevice, document: unknown): Promise<Applied> {
  const plan = checkDocument(document, device);
  checkNames(plan, device);
  const domains: Domain[] = [];
  const virtualDevices: VirtualDevice[] = [];
  try {
    for (const [i, spec] of plan.virtualDevices.entries()) {
      const at = `virtualDevices[${i}]`;
      const made = device.createVirtualDevice(spec).catch((error) => located(error, at));
      virtualDevices.push(await made);
    }
    for (const each of plan.domains) domains.push(await create(device, each));
    for (const [i, { at, start }] of plan.domains.entries()) {
      if (start) await domains[i]!.start().catch((error) => located(error, at));
    }
    return { domains, virtualDevices };
  } catch (error) {
    await Promise.allSettled([...domains, ...virtualDevices].map((each) => each.close()));
    throw error;
  }
}

/** A domain or tenant goes by its name from then on: no other may have it. */
function checkNames({ domains, virtualDevices }: DocumentPlan, device: TreeDevice): void {
  const own = new Set(ownDomains(device).map(({ name }) => name));
  const tenants = new Set(device.virtualDevices().map(({ name }) => name));
  for (const { at, spec } of domains) takeName(spec.name, own, at === '' ? 'name' : `${at}.name`);
  for (const [i, { name }] of virtualDevices.entries()) {
    takeName(name, tenants, `virtualDevices[${i}].name`);
  }
}

function takeName(name: string | undefined, taken: Set<string>, at: string): void {
  if (name === undefined) return;
  if (taken.has(name)) throw field.invalid(at, name, 'a name that is not in use');
  taken.add(name);
}

async function create(
  device: TreeDevice,
  { at, spec, links, disabled }: DomainPlan,
): Promise<Domain> {
  let domain: Domain;
  try {
    domain = await device.createDomain(spec);
  } catch (error) {
    return located(error, at);
  }
  try {
    for (const { port, profile, queue, priority } of links) {
      domain.linkProfile(port, profile, queue, priority);
    }
    for (const port of disabled) await domain.disablePort(port);
    return domain;
  } catch (error) {
    await domain.close();
    return located(error, at);
  }
}

/** Which of several domains it was. */
function located(error: unknown, at: string): never {
  if (!(error instanceof DlbError) || at === '') throw error;
  throw error.restated((text) => text, { at });
}
