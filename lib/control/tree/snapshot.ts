/** What runs, as a document: applied to a fresh device it makes the same domains. */
import type { Domain } from '../domain.js';
import type { DeviceDocument, DomainDocument, PortDocument } from './document.js';
import { isUsual } from '../virtual/tenant-limits.js';
import { profilesOf } from './links.js';
import { ownDomains } from './subject.js';
import type { TreeDevice } from './subject.js';

export function snapshotOf(device: TreeDevice): DeviceDocument {
  const tenants = device.virtualDevices();
  // What a tenant made of its share is for it to make again.
  const document: DeviceDocument = { version: 1, domains: ownDomains(device).map(domainOf) };
  if (tenants.length === 0) return document;
  const virtualDevices = tenants.map(({ name, quota, limits, onDeath }) => ({
    name,
    quota: { ...quota } as Record<string, number>,
    ...(isUsual(limits) ? {} : { limits }),
    onDeath,
  }));
  return { version: 1, virtualDevices, domains: document.domains };
}

function domainOf(domain: Domain): DomainDocument {
  const { queues, ports } = domain.stats();
  return withoutUndefined({
    ...domain.domainAttributes(),
    queues: queues.map((_, id) => withoutUndefined(domain.queueAttributes(id))),
    ports: ports.map((_, id) => portOf(domain, id)),
    start: domain.state === 'started',
  });
}

function portOf(domain: Domain, id: number): PortDocument {
  const others = profilesOf(domain, id).filter(({ profile }) => profile > 0);
  const profiles = Object.fromEntries(others.map(({ profile, links }) => [profile, [...links]]));
  return withoutUndefined({
    ...domain.portAttributes(id),
    links: domain.links(id),
    profiles: others.length > 0 ? profiles : undefined,
    enabled: domain.portEnabled(id),
  });
}

type Given<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** What is left to the device is left out of the document. */
function withoutUndefined<T extends object>(value: T): Given<T> {
  const given = Object.entries(value).filter(([, each]) => each !== undefined);
  return Object.fromEntries(given) as Given<T>;
}
