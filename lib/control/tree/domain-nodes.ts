/** `domains/N`: what a domain is, what was counted in it, its queues and ports. */
import type { DomainStats } from '../../eventdev/spec.js';
import type { Domain } from '../domain.js';
import type { DomainAttributes } from '../visible-domain.js';
import { branch, count, flag, leaf, leaves, level, number, text } from './node.js';
import type { Branch, Field, Numbers, TreeNode } from './node.js';
import { portNode } from './port-nodes.js';
import { queueNode } from './queue-nodes.js';
import type { Reading } from './reading.js';
import { choice, closing, resets } from './writers.js';
import { xstatsNode } from './xstat-nodes.js';

const SETTINGS = {
  name: text('Name that the domain was created with'),
  eventsLimit: number('events', 'Credits: events that may be in the domain at once'),
  capacity: number('events', 'Most events inside at once, pieces beyond eventsLimit included'),
  starvationAvoidance: number(
    'share',
    'Share of deliveries that goes to less urgent events while any wait; 0: strict priority',
  ),
  watchdogMs: number('ms', 'A CQ that is not looked at for so long raises an alert; 0: never'),
  faultLimit: number('faults', 'A port with more faults in a second is disabled; 0: never'),
  directedCredits: number(
    'credits',
    'DLB models: credits for directed queues; null: a host device',
  ),
  cosStrict: flag('DLB models: no other class lends its ports; null: a host device'),
} satisfies Record<Exclude<keyof DomainAttributes, 'buffers'>, Field>;

const BUFFERS = {
  count: number('buffers', 'Payload buffers in domain memory; 0: the domain has none'),
  bytes: number('bytes', 'Size of one buffer'),
  reserve: number('buffers', 'Buffers that a port with nothing outstanding cannot take'),
} satisfies Record<keyof NonNullable<DomainAttributes['buffers']>, Field>;

const ID = number('-', 'Id of the domain');
const RECOVERIES = number('recoveries', 'Schedulers that died and were replaced');
const STATE = text('State: configured, started or stopped');
const ALERTS_LOST = number('alerts', 'Alerts that found no room because nobody read them');

const STATS = {
  rx: count('events', 'rx', 'Events taken in'),
  tx: count('events', 'tx', 'Events given to ports, each delivery'),
  dropped: count('events', 'drop', 'Events dropped that no port or queue answers for'),
  passes: count('passes', 'sched_calls', 'Passes of the scheduler'),
  inflight: level('events', 'Events accepted and not yet completed or dropped'),
  creditsFree: level('credits', 'Credits with the scheduler'),
} satisfies Record<Numbers<DomainStats>, Field>;

export function domainNode(domain: Domain, reading: Reading): Branch {
  return branch(`A domain with its queues and ports`, () => {
    const settings = domain.domainAttributes();
    const buffers = settings.buffers ?? { count: 0, bytes: 0, reserve: 0 };
    return new Map<string, TreeNode>([
      ['id', leaf(ID, () => domain.id)],
      ...leaves(SETTINGS, (name) => settings[name] ?? null),
      ['recoveries', leaf(RECOVERIES, () => domain.recoveries)],
      ['state', leaf(STATE, () => domain.state, stateWriter(domain))],
      ['alertsLost', leaf(ALERTS_LOST, () => domain.alertsLost)],
      [
        'buffers',
        branch('Payload buffers', () => new Map(leaves(BUFFERS, (name) => buffers[name] ?? null))),
      ],
      ['stats', branch('Counts and levels of the whole domain', () => statsNodes(domain, reading))],
      ['queues', queuesNode(domain, reading)],
      ['ports', portsNode(domain, reading)],
      ['xstats', xstatsNode(domain, reading)],
    ]);
  });
}

function statsNodes(domain: Domain, reading: Reading): Map<string, TreeNode> {
  const writers = resets(STATS, domain, 'dev');
  return new Map(leaves(STATS, (name) => reading.stats(domain)[name], writers));
}

/** Writing the state that the domain has changes nothing. */
function stateWriter(domain: Domain): ReturnType<typeof choice> {
  return choice({
    started: async () => {
      if (domain.state !== 'started') await domain.start();
    },
    stopped: async () => (domain.state === 'stopped' ? { dropped: 0 } : domain.discard()),
    closed: () => closing([domain], () => domain.close()),
  });
}

function queuesNode(domain: Domain, reading: Reading): Branch {
  const ids = reading.stats(domain).queues.map((_, id) => id);
  return branch(
    'The queues by id; a name will do as well',
    () => new Map(ids.map((id) => [String(id), queueNode(domain, id, reading)])),
    () => ids.map((id) => [domain.queueAttributes(id).name, String(id)] as const),
  );
}

function portsNode(domain: Domain, reading: Reading): Branch {
  const ids = reading.stats(domain).ports.map((_, id) => id);
  return branch(
    'The ports by id; a name will do as well',
    () => new Map(ids.map((id) => [String(id), portNode(domain, id, reading)])),
    () => ids.map((id) => [domain.portAttributes(id).name, String(id)] as const),
  );
}
