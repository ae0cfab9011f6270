/** From a document to running domains: all of them, or none. */
import { DlbError } from '../../eventdev/errors.js';
import type { Domain } from '../domain.js';
import { checkDocument } from './document.js';
import type { DomainPlan } from './document.js';
import type { TreeDevice } from './subject.js';

/**
 * Creates what the document describes, in its order, then starts what is to be started.
 * @throws DlbError that names the path in the document; nothing is left behind
 */
export async function applyDocument(device: TreeDevice, document: unknown): Promise<Domain[]> {
  const plans = checkDocument(document, () => device.rules());
  const made: Domain[] = [];
  try {
    for (const plan of plans) made.push(await create(device, plan));
    for (const [i, { at, start }] of plans.entries()) {
      if (start) await made[i]!.start().catch((error) => located(error, at));
    }
    return made;
  } catch (error) {
    await Promise.allSettled(made.map((domain) => domain.close()));
    throw error;
  }
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
