/**
 * A document: one or more whole domains as JSON. Checked whole before anything is made, and each
 * refusal names the path in the document.
 */
import type { LinkCommand } from '../../eventdev/commands.js';
import { DlbError } from '../../eventdev/errors.js';
import { PROFILES_MAX, VDEVS_MAX } from '../../eventdev/limits.js';
import type { DomainSpec, PortSpec, TenantLimits, VirtualDeviceSpec } from '../../eventdev/spec.js';
import type { PlannedDomain } from '../create-domain.js';
import * as field from '../fields.js';
import { checkLinks } from '../spec-check.js';
import { checkLimits } from '../virtual/tenant-limits.js';
import type { TreeDevice } from './subject.js';

/** What is applied to a device, and what a snapshot of it is. */
export interface DeviceDocument {
  /** For editors: where the schema is. */
  $schema?: string;
  version: 1;
  /** Shares for tenants, made before the domains. */
  virtualDevices?: VirtualDeviceSpec[];
  domains: DomainDocument[];
}

export interface DomainDocument extends Omit<DomainSpec, 'ports'> {
  ports: PortDocument[];
  /** Default false: true starts the domain when all domains of the document are made. */
  start?: boolean;
}

/** A queue by its place in the list of queues, or by its name. */
export type LinkDocument = number | string | { queue: number | string; priority?: number };

export interface PortDocument extends Omit<PortSpec, 'links'> {
  links?: LinkDocument[];
  /** Default true: false disables the port before the domain is started. */
  enabled?: boolean;
  /** Links of the profiles '1' to '7'; those of profile 0 are `links`. */
  profiles?: Record<string, LinkDocument[]>;
}

/** A checked domain: what to create and what to do then. */
export interface DomainPlan {
  /** Its path in the document; '' if it is the document. */
  readonly at: string;
  readonly spec: DomainSpec;
  readonly links: readonly LinkCommand[];
  readonly disabled: readonly number[];
  readonly start: boolean;
}

const DOMAINS_MAX = 256;

/** A checked document. */
export interface DocumentPlan {
  readonly virtualDevices: readonly VirtualDeviceSpec[];
  readonly domains: readonly DomainPlan[];
}

/** What a device takes. */
export type DocumentDevice = Pick<TreeDevice, 'planDomain' | 'resources'>;

/** @throws DlbError that names the first field that is wrong, by its path in the document. */
export function checkDocument(document: unknown, device: DocumentDevice): DocumentPlan {
  if (!isObject(document)) throw field.invalid('document', document, 'an object');
  if (!('domains' in document) && !('version' in document)) {
    return { virtualDevices: [], domains: [checkDomain(document, '', device)] };
  }
  field.checkObject(document, 'document', ['$schema', 'version', 'virtualDevices', 'domains']);
  const { $schema, version, virtualDevices = [], domains } = document;
  if ($schema !== undefined) field.text($schema, '$schema', '');
  if (version !== 1) throw field.invalid('version', version, '1');
  field.checkList(virtualDevices, 'virtualDevices', 0, VDEVS_MAX);
  field.checkList(domains, 'domains', 0, DOMAINS_MAX);
  return {
    virtualDevices: (virtualDevices as unknown[]).map((each, i) =>
      checkVirtualDevice(each, `virtualDevices[${i}]`, device),
    ),
    domains: (domains as unknown[]).map((each, i) => checkDomain(each, `domains[${i}]`, device)),
  };
}

function checkVirtualDevice(value: unknown, at: string, device: DocumentDevice): VirtualDeviceSpec {
  field.checkObject(value, at, ['name', 'quota', 'limits', 'onDeath']);
  const { name, quota, limits, onDeath } = value as Record<string, unknown>;
  checkLimits(limits as TenantLimits | undefined, `${at}.limits`);
  if (name !== undefined) field.text(name, `${at}.name`, '');
  field.oneOf(onDeath, `${at}.onDeath`, ['return', 'keep'], 'return');
  field.checkObject(quota, `${at}.quota`, [...Object.keys(device.resources()), 'memory']);
  for (const [resource, count] of Object.entries(quota as object)) {
    field.wholeNumber(count, `${at}.quota.${resource}`, { min: 0, max: Number.MAX_SAFE_INTEGER });
  }
  return value as VirtualDeviceSpec;
}

function checkDomain(domain: unknown, at: string, device: DocumentDevice): DomainPlan {
  try {
    if (!isObject(domain)) throw field.invalid('spec', domain, 'an object');
    const { start, ...rest } = domain;
    const { ports, enabled, profiles } = splitPorts(rest['ports']);
    const spec = { ...rest, ports } as unknown as DomainSpec;
    return {
      at,
      spec,
      links: checkProfiles(profiles, device.planDomain(spec)),
      disabled: enabled.flatMap((each, id) =>
        field.flag(each, `spec.ports[${id}].enabled`, true) ? [] : [id],
      ),
      start: field.flag(start, 'spec.start', false),
    };
  } catch (error) {
    throw error instanceof DlbError ? error.restated((text) => rooted(text, at)) : error;
  }
}

/** What checks call `spec` is here `at`, or the document. */
export function rooted(text: string, at: string): string {
  const root = at === '' ? '' : `${at}.`;
  return text.replace(/^spec(?:\.|$|(?= ))/, (found) =>
    found === 'spec.' ? root : at || 'document',
  );
}

/** A specification knows nothing of what a document says besides. */
function splitPorts(ports: unknown): {
  ports: unknown;
  enabled: unknown[];
  profiles: unknown[];
} {
  if (!Array.isArray(ports)) return { ports, enabled: [], profiles: [] };
  const specs: unknown[] = [];
  const enabled: unknown[] = [];
  const profiles: unknown[] = [];
  for (const port of ports as unknown[]) {
    const { enabled: isEnabled, profiles: its, ...spec } = isObject(port) ? port : {};
    specs.push(isObject(port) ? spec : port);
    enabled.push(isEnabled);
    profiles.push(its);
  }
  return { ports: specs, enabled, profiles };
}

function checkProfiles(profiles: readonly unknown[], planned: PlannedDomain): LinkCommand[] {
  const numbers = Array.from({ length: PROFILES_MAX - 1 }, (_, i) => String(i + 1));
  return profiles.flatMap((its, port) => {
    if (its === undefined) return [];
    const at = `spec.ports[${port}].profiles`;
    field.checkObject(its, at, numbers);
    return Object.entries(its as object).flatMap(([profile, list]) =>
      checkLinks(list, port, planned.checked.queues, `${at}.${profile}`).map((link) =>
        addLink(planned, { ...link, profile: Number(profile) }, `${at}.${profile}`),
      ),
    );
  });
}

/** The table of links knows what is refused: a second port of a directed queue, more links than slots. */
function addLink({ links }: PlannedDomain, link: LinkCommand, at: string): LinkCommand {
  try {
    return links.add(link.port, link.queue, link.priority, link.profile);
  } catch (error) {
    if (!(error instanceof DlbError)) throw error;
    throw error.restated((text) => (text === 'queueId' ? at : text));
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
