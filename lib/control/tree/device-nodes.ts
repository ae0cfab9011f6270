/** The top of the tree: `device` and `domains`. */
import { dlbNodes } from './dlb-nodes.js';
import { domainNode } from './domain-nodes.js';
import { branch, leaf, leaves, level, list, number, text } from './node.js';
import type { Branch, Field, TreeNode } from './node.js';
import type { Reading } from './reading.js';
import { ownDomains } from './subject.js';
import type { TreeDevice } from './subject.js';
import { virtualNode } from './virtual-nodes.js';

const DEVICE = {
  name: text('Name that the device was opened with'),
  scheduling: text('Who makes the passes: worker, a thread of its own; inline, the program itself'),
  schedulers: number('schedulers', 'Schedulers that domains are spread over'),
  model: text('Model that the resources are sized after'),
  capabilities: list('-', "What the device can do, in the words of eventdev's event_dev_cap"),
} satisfies Record<string, Field>;

const LIMITS: Readonly<Record<string, Field>> = {
  queues: number('queues', 'Most queues of one domain'),
  ports: number('ports', 'Most ports of one domain'),
  eventsLimit: number('events', 'Largest eventsLimit of one domain'),
  flows: number('slots', 'Largest flow table of one queue'),
  sequences: number('places', 'Widest window of one ordered queue'),
  dequeueDepth: number('events', 'Deepest CQ of one port'),
  enqueueDepth: number('events', 'Most events that one enqueueBurst may take'),
  priorityLevels: number('levels', 'Priority levels inside a queue'),
  profiles: number('profiles', 'Link profiles of a port'),
  buffers: number('buffers', 'Most payload buffers of one domain'),
  bufferBytes: number('bytes', 'Largest payload buffer'),
};

/** Everything there is. */
export function rootNode(device: TreeDevice, reading: Reading): Branch {
  return branch('Everything that can be seen and set', () => {
    const domains = device.domains();
    return new Map<string, TreeNode>([
      ['device', deviceNode(device)],
      [
        'domains',
        branch(
          'The open domains by id; a name will do as well',
          () => new Map(domains.map((each) => [String(each.id), domainNode(each, reading)])),
          () => namesOf(device),
        ),
      ],
      ['virtual', virtualNodes(device)],
    ]);
  });
}

/** What a tenant calls its domains takes no name from those of the device. */
function namesOf(device: TreeDevice): (readonly [name: string, id: string])[] {
  const own = ownDomains(device);
  const taken = new Set(own.map(({ name }) => name));
  const others = device.domains().filter(({ name }) => !taken.has(name));
  return [...own, ...others].map(({ name, id }) => [name, String(id)] as const);
}

function virtualNodes(device: TreeDevice): Branch {
  const all = device.virtualDevices();
  return branch(
    'The open virtual devices by id; a name will do as well',
    () => new Map(all.map((each) => [String(each.id), virtualNode(each)])),
    () => all.map((each) => [each.name, String(each.id)] as const),
  );
}

function deviceNode(device: TreeDevice): Branch {
  const { info } = device;
  return branch(
    'The device itself',
    () =>
      new Map<string, TreeNode>([
        ...leaves(DEVICE, (name) => info[name]),
        ['limits', branch('Largest values of one domain', () => limitNodes(info.limits))],
        ['resources', branch('What the device may hand out', () => resourceNodes(device))],
        ...dlbNodes(device),
      ]),
  );
}

function limitNodes(limits: TreeDevice['info']['limits']): Map<string, TreeNode> {
  return new Map(
    Object.entries(limits).map(([name, value]) => [
      name,
      leaf(LIMITS[name] ?? number('-', `Largest ${name} of one domain`), () => value),
    ]),
  );
}

/** Whatever the report names. */
function resourceNodes(device: TreeDevice): Map<string, TreeNode> {
  return new Map(
    Object.entries(device.resources()).map(([name, { total, available, longest }]) => {
      const nodes = new Map<string, TreeNode>([
        ['total', leaf(number(name, `All ${name} of the device, taken or not`), () => total)],
        ['available', leaf(level(name, `Those ${name} that no domain has taken`), () => available)],
      ]);
      if (longest !== undefined) {
        const help = `Most ${name} that can be had at once`;
        nodes.set(
          'longest',
          leaf(level(name, help), () => longest),
        );
      }
      return [name, branch(`How many ${name} there are`, () => nodes)];
    }),
  );
}
