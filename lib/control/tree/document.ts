/**
 * A document: one or more whole domains as JSON. Checked whole before anything is made, and each
 * refusal names the path in the document.
 */
import type { LinkCommand } from '../../eventdev/commands.js';
import { DlbError } from '../../eventdev/errors.js';
import { PROFILES_MAX } from '../../eventdev/limits.js';
import type { DomainSpec, LinkSpec, PortSpec } from '../../eventdev/spec.js';
import * as field from '../fields.js';
import type { Rules } from '../model-rules.js';
import { checkLinks, checkSpec, directedLinked, otherPort } from '../spec-check.js';
import type { Checked } from '../spec-check.js';

/** What is applied to a device, and what a snapshot of it is. */
export interface DeviceDocument {
  /** For editors: where the schema is. */
  $schema?: string;
  version: 1;
  domains: DomainDocument[];
}

export interface DomainDocument extends Omit<DomainSpec, 'ports'> {
  ports: PortDocument[];
  /** Default false: true starts the domain when all domains of the document are made. */
  start?: boolean;
}

export interface PortDocument extends PortSpec {
  /** Default true: false disables the port before the domain is started. */
  enabled?: boolean;
  /** Links of the profiles '1' to '7'; those of profile 0 are `links`. */
  profiles?: Record<string, (number | LinkSpec)[]>;
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

/** @param rulesOf what a specification may say on this device, asked anew for each
 *  @throws DlbError that names the first field that is wrong, by its path in the document. */
export function checkDocument(document: unknown, rulesOf: () => Rules = () => null): DomainPlan[] {
  if (!isObject(document)) throw field.invalid('document', document, 'an object');
  if (!('domains' in document) && !('version' in document))
    return [checkDomain(document, '', rulesOf())];
  field.checkObject(document, 'document', ['$schema', 'version', 'domains']);
  const { $schema, version, domains } = document;
  if ($schema !== undefined) field.text($schema, '$schema', '');
  if (version !== 1) throw field.invalid('version', version, '1');
  field.checkList(domains, 'domains', 0, DOMAINS_MAX);
  return (domains as unknown[]).map((domain, i) => checkDomain(domain, `domains[${i}]`, rulesOf()));
}

function checkDomain(domain: unknown, at: string, rules: Rules): DomainPlan {
  try {
    if (!isObject(domain)) throw field.invalid('spec', domain, 'an object');
    const { start, ...rest } = domain;
    const { ports, enabled, profiles } = splitPorts(rest['ports']);
    const spec = { ...rest, ports } as unknown as DomainSpec;
    const checked = checkSpec(spec, rules);
    return {
      at,
      spec,
      links: checkProfiles(profiles, checked),
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

function checkProfiles(profiles: readonly unknown[], checked: Checked): LinkCommand[] {
  const numbers = Array.from({ length: PROFILES_MAX - 1 }, (_, i) => String(i + 1));
  const all = [...checked.links];
  for (const [port, its] of profiles.entries()) {
    if (its === undefined) continue;
    const at = `spec.ports[${port}].profiles`;
    field.checkObject(its, at, numbers);
    for (const [profile, links] of Object.entries(its as object)) {
      for (const link of checkLinks(links, port, checked.queues, `${at}.${profile}`)) {
        const wanted = { ...link, profile: Number(profile) };
        const other = otherPort(checked.queues, all, wanted);
        if (other >= 0) throw directedLinked(wanted, other, `${at}.${profile}`);
        all.push(wanted);
      }
    }
  }
  return all.slice(checked.links.length);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
