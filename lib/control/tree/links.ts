/** The links of a port as one list: what is written is what there is afterwards, or nothing changes. */
import type { LinkCommand } from '../../eventdev/commands.js';
import { DlbError } from '../../eventdev/errors.js';
import { PROFILES_MAX } from '../../eventdev/limits.js';
import type { Domain } from '../domain.js';
import * as field from '../fields.js';
import type { Link } from '../link-table.js';
import { checkLinks as checkList, directedLinked } from '../spec-check.js';
import type { Writer } from './node.js';

const ALLOWED = 'a list of queues by id or name, or of {"queue", "priority"}';

export function linksWriter(domain: Domain, port: number, profile: number): Writer {
  return {
    allowed: ALLOWED,
    write(value, path) {
      const wanted = checkLinks(domain, port, value, path);
      const now = domain.links(port, profile);
      // Removed first: a list that moves a link never needs room for both.
      for (const { queue } of now) {
        if (!wanted.some((link) => link.queue === queue))
          domain.unlinkProfile(port, profile, queue);
      }
      for (const { queue, priority } of wanted) {
        const is = now.find((link) => link.queue === queue);
        if (is?.priority !== priority) domain.linkProfile(port, profile, queue, priority);
      }
    },
  };
}

/** Everything that `linkProfile` would refuse is refused here, before the first link is changed. */
function checkLinks(domain: Domain, port: number, value: unknown, path: string): LinkCommand[] {
  const { queues, ports } = domain.stats();
  const named = queues.map((_, id) => domain.queueAttributes(id));
  const links = checkList(value, port, named, path);
  for (const link of links) {
    if (domain.queueAttributes(link.queue).type !== 'directed') continue;
    const other = ports.findIndex((_, id) => id !== port && isLinked(domain, id, link.queue));
    if (other >= 0) throw directedLinked(link, other, path);
  }
  const slots = domain.slots(port).length;
  const balanced = links.filter(({ queue }) => domain.queueAttributes(queue).type !== 'directed');
  if (slots > 0 && balanced.length > slots) {
    const details = { field: path, value: balanced.length, slots };
    throw new DlbError('ERR_DLB_NO_QID_SLOTS_AVAILABLE', 'a port has not as many slots', details);
  }
  for (const [i, { queue }] of links.entries()) {
    if (links.findIndex((link) => link.queue === queue) < i) {
      throw field.invalid(`${path}[${i}].queue`, queue, 'named once', 'ERR_DLB_INVALID_ARGUMENT');
    }
  }
  return links;
}

/** In any profile. */
function isLinked(domain: Domain, port: number, queue: number): boolean {
  return profilesOf(domain, port).some(({ links }) => links.some((link) => link.queue === queue));
}

/** The profiles of a port that have links. */
export function profilesOf(
  domain: Domain,
  port: number,
): { readonly profile: number; readonly links: readonly Link[] }[] {
  return Array.from({ length: PROFILES_MAX }, (_, profile) => ({
    profile,
    links: domain.links(port, profile),
  })).filter(({ links }) => links.length > 0);
}
