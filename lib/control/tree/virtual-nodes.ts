/** `virtual/N`: a share of the device, and what its tenant made of it. */
import type { VirtualDevice } from '../virtual/virtual-device.js';
import { branch, flag, leaf, leaves, level, list, number, text } from './node.js';
import type { Branch, Field, TreeNode } from './node.js';
import type { Outcome } from './node.js';
import { choice, closing, wholeNumber } from './writers.js';

const ABOUT = {
  id: number('-', 'Id of the virtual device'),
  name: text('Name that it was created with'),
  isLocked: flag('Whether a tenant has attached: then the quota is what it is'),
  onDeath: text('When its tenant dies: return, all goes back to the device; or keep'),
} satisfies Record<string, Field>;

const LIMITS = {
  faultLimit: number('faults', 'Largest faultLimit of its domains; 0: as they like'),
  watchdogMs: number('ms', 'Largest watchdogMs of its domains; 0: as they like'),
} satisfies Record<keyof VirtualDevice['limits'], Field>;
const CUT_OFF = text('Why its tenant was cut off; empty: it was not');
const STATE = text('State: unlocked, locked by its tenant, or cut-off');
const DOMAINS = list('-', 'Domains of its tenant: their ids there, and here');
/** What a quota can be written as, whatever there is: the ledger says whether there is so much. */
const COUNTS = { min: 0, max: Number.MAX_SAFE_INTEGER };

export function virtualNode(virtual: VirtualDevice): Branch {
  return branch('A virtual device: its quota, and what is taken of it', () => {
    const domains = (): { id: number; domain: number }[] =>
      virtual.domains().map(([id, domain]) => ({ id, domain: domain.id }));
    return new Map<string, TreeNode>([
      ...leaves(ABOUT, (name) => virtual[name]),
      ['state', leaf(STATE, () => virtual.state, choice({ closed: () => closeAll(virtual) }))],
      ['cutOff', leaf(CUT_OFF, () => virtual.cutOff?.message ?? '')],
      ['domains', leaf(DOMAINS, domains)],
      ['limits', branch('What its domains may ask for', () => limits(virtual))],
      ['quota', branch('What it has; to be changed until a tenant attaches', () => quota(virtual))],
      ['available', branch('What no domain of it has taken', () => available(virtual))],
    ]);
  });
}

function closeAll(virtual: VirtualDevice): Promise<Outcome> {
  const domains = virtual.domains().map(([, domain]) => domain);
  return closing(domains, () => virtual.close());
}

function limits(virtual: VirtualDevice): Map<string, TreeNode> {
  return new Map(leaves(LIMITS, (name) => virtual.limits[name]));
}

function quota(virtual: VirtualDevice): Map<string, TreeNode> {
  return new Map(
    Object.keys(virtual.resources()).map((name) => {
      const writer = wholeNumber(COUNTS, (count) => virtual.setQuota({ [name]: count }));
      const field = number(name, `Those ${name} that it was given`);
      const read = (): number => virtual.resources()[name]!.total;
      return [name, leaf(field, read, writer)];
    }),
  );
}

function available(virtual: VirtualDevice): Map<string, TreeNode> {
  return new Map(
    Object.entries(virtual.resources()).map(([name, { available: free }]) => [
      name,
      leaf(level(name, `Those ${name} of the quota that no domain has taken`), () => free),
    ]),
  );
}
